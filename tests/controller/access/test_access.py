"""The whole way in over PostgreSQL: an account, a session, a key, and a row for each."""

from pathlib import Path

import httpx

from tests.postgres import Postgres
from tests.running import ControllerProcess


def test_sessions_keys_and_the_audit_log_on_postgresql(postgres: Postgres, tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path / "controller")
    process.env["FOREPOST_DATA__DATABASE_URL"] = postgres.database()
    process.start()
    try:
        person = process.person("a@example.com", "a good password")
        workspace = person.workspace("w")
        keys, agents = (f"/workspaces/{workspace}/{what}" for what in ("api-keys", "agents"))
        body = {
            "name": "k",
            "role": "USER",
            "scopes": ["agents"],
            "expires_at": "2999-01-01T00:00:00Z",
        }
        made = person.call("POST", keys, body, status=201)
        by_key = {"X-API-Key": made["secret"]}
        url = process.url + agents
        made_by_key = httpx.post(url, headers=by_key, json={"name": "x"}, verify=False)
        assert made_by_key.status_code == 201, made_by_key.text
        person.call("POST", f"{keys}/{made['api_key']['id']}/rotate")
        assert httpx.get(url, headers=by_key, verify=False).status_code == 401
        log = person.call("GET", f"/workspaces/{workspace}/audit?from=2000-01-01T00:00:00Z")
        assert [row["action"] for row in log["data"]] == [
            "api-keys.rotate",
            "agents.create",
            "api-keys.create",
            "workspaces.create",
        ]
        nul = {"email": "a@example.com\0", "password": "x"}
        refused = httpx.post(process.url + "/auth/login", json=nul, verify=False)
        assert (refused.status_code, refused.json()["error"][:6]) == (400, "body: ")
        process.stop()
        process.start()
        [session] = person.call("GET", "/auth/sessions")["data"]
        assert session["current"]
        person.call("POST", "/auth/logout")
        person.call("GET", "/auth/me", status=401)
        again = process.person("a@example.com", "a good password")
        listed = again.call("GET", keys)["data"]
        assert listed[0]["last_address"] == "127.0.0.1"
        events = again.call("GET", "/auth/audit")["data"]
        assert [row["action"] for row in events] == [
            "accounts.login",
            "accounts.logout",
            "accounts.register",
        ]
    finally:
        process.end()
