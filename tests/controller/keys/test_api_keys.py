"""API keys of a running controller: what they open, and what never."""

import re
from typing import Any

import httpx
import pytest

from tests.running import ControllerProcess, Person

PASSWORD = "a good password"


def with_key(
    person: Person, secret: str, method: str, path: str, *, plain: bool = False, **more: Any
) -> httpx.Response:
    headers = {"X-API-Key": secret} if plain else {"Authorization": f"Bearer {secret}"}
    return httpx.request(
        method, person.controller.url + path, headers=headers, verify=False, **more
    )


def make(person: Person, workspace: int, **body: Any) -> tuple[int, str]:
    path = f"/workspaces/{workspace}/api-keys"
    made = person.call("POST", path, {"name": "a key", **body}, status=201)
    return made["api_key"]["id"], made["secret"]


@pytest.fixture
def workspace(person: Person) -> int:
    return person.workspace("w")


def test_a_key_is_shown_once_and_opens_its_workspace(person: Person, workspace: int) -> None:
    path = f"/workspaces/{workspace}/api-keys"
    made = person.call("POST", path, {"name": "ci", "role": "USER"}, status=201)
    key, secret = made["api_key"], made["secret"]
    assert re.fullmatch(rf"fpk_{key['id']}_[\w-]{{43}}", secret)
    assert (key["role"], key["scopes"], key["created_by"]) == ("USER", [], person.user_id)
    assert (key["expires_at"], key["last_used_at"], key["last_address"]) == (None, None, "")
    agents = f"/workspaces/{workspace}/agents"
    for plain in (False, True):
        assert with_key(person, secret, "GET", agents, plain=plain).status_code == 200
    made_by_key = with_key(person, secret, "POST", agents, json={"name": "by a key"})
    assert made_by_key.status_code == 201
    listed = person.call("GET", path)
    assert (listed["total"], [k["id"] for k in listed["data"]]) == (1, [key["id"]])
    assert secret not in str(listed)
    assert person.call("GET", f"{path}/{key['id']}")["name"] == "ci"


def test_a_key_has_its_own_role_and_no_more(person: Person, workspace: int) -> None:
    _, secret = make(person, workspace, role="VIEWER")
    answer = with_key(person, secret, "POST", f"/workspaces/{workspace}/agents", json={"name": "x"})
    assert (answer.status_code, answer.json()) == (
        403,
        {"error": "insufficient permissions", "required_role": "USER"},
    )
    _, admin = make(person, workspace, role="ADMIN")
    assert with_key(person, admin, "DELETE", f"/workspaces/{workspace}").status_code == 403
    owner = {"name": "x", "role": "OWNER"}
    refused = person.call("POST", f"/workspaces/{workspace}/api-keys", owner, status=400)
    assert refused["error"].startswith("role: ")


def test_a_key_is_nobody_elsewhere(
    controller: ControllerProcess, person: Person, workspace: int
) -> None:
    """In another workspace, also of its maker, it is a stranger."""
    _, secret = make(person, workspace, role="ADMIN")
    elsewhere = person.workspace("elsewhere")
    for other in (elsewhere, 999_999):
        answer = with_key(person, secret, "GET", f"/workspaces/{other}/agents")
        assert (answer.status_code, answer.json()) == (404, {"error": "workspace not found"})


def test_a_key_is_not_a_person(person: Person, workspace: int) -> None:
    _, secret = make(person, workspace, role="ADMIN")
    text = {"error": "an API key is not enough for this: log in as a person"}
    for method, path in (
        ("GET", "/workspaces"),
        ("POST", "/workspaces"),
        ("GET", "/auth/me"),
        ("GET", "/auth/sessions"),
        ("POST", "/auth/logout"),
        ("PUT", "/auth/me/password"),
        ("GET", f"/workspaces/{workspace}/api-keys"),
        ("POST", f"/workspaces/{workspace}/api-keys"),
    ):
        answer = with_key(person, secret, method, path, json={})
        assert (answer.status_code, answer.json()) == (403, text), path


def test_a_key_reaches_what_is_in_its_scopes(person: Person, workspace: int) -> None:
    agent = person.agent(workspace)
    _, secret = make(person, workspace, role="USER", scopes=["probes", "results"])
    base = f"/workspaces/{workspace}"
    assert with_key(person, secret, "GET", f"{base}/agents/{agent.id}/probes").status_code == 200
    assert with_key(person, secret, "GET", f"{base}/probe-data/find").status_code == 200
    refused = with_key(person, secret, "GET", f"{base}/agents")
    assert (refused.status_code, refused.json()) == (
        403,
        {"error": "this API key needs the scope agents"},
    )
    path = f"{base}/api-keys"
    unknown = person.call("POST", path, {"name": "x", "scopes": ["nonsense"]}, status=400)
    assert unknown["error"].startswith("scopes: 'nonsense' is none of: agents, ")
    # What a key can never reach is no scope either.
    for subject in ("accounts", "api-keys", "health"):
        person.call("POST", path, {"name": "x", "scopes": [subject]}, status=400)


def test_a_rotated_key_has_another_secret_at_once(person: Person, workspace: int) -> None:
    key, secret = make(person, workspace)
    agents = f"/workspaces/{workspace}/agents"
    assert with_key(person, secret, "GET", agents).status_code == 200
    rotated = person.call("POST", f"/workspaces/{workspace}/api-keys/{key}/rotate")
    assert rotated["api_key"]["id"] == key
    refused = with_key(person, secret, "GET", agents)
    assert (refused.status_code, refused.json()) == (401, {"error": "invalid API key"})
    assert with_key(person, rotated["secret"], "GET", agents).status_code == 200


def test_a_deleted_or_expired_key_opens_nothing(person: Person, workspace: int) -> None:
    key, secret = make(person, workspace)
    agents = f"/workspaces/{workspace}/agents"
    one = f"/workspaces/{workspace}/api-keys/{key}"
    assert with_key(person, secret, "GET", agents).status_code == 200
    past = person.call("PATCH", one, {"expires_at": "2020-01-01T00:00:00Z"}, status=400)
    assert past == {"error": "expires_at: is in the past"}
    naive = person.call("PATCH", one, {"expires_at": "2999-01-01T00:00:00"}, status=400)
    assert naive["error"].startswith("expires_at: ")
    changed = person.call("PATCH", one, {"name": "new", "expiresAt": "2999-01-01T00:00:00Z"})
    assert (changed["name"], changed["expires_at"]) == ("new", "2999-01-01T00:00:00Z")
    assert person.call("PATCH", one, {"expires_at": None})["expires_at"] is None
    assert with_key(person, secret, "GET", agents).status_code == 200
    person.call("DELETE", one)
    assert with_key(person, secret, "GET", agents).status_code == 401
    person.call("GET", one, status=404)


def test_a_key_ends_when_its_time_has_come(person: Person, workspace: int) -> None:
    import time
    from datetime import UTC, datetime, timedelta

    soon = datetime.now(UTC) + timedelta(seconds=1)
    _, secret = make(person, workspace, expires_at=soon.isoformat())
    agents = f"/workspaces/{workspace}/agents"
    assert with_key(person, secret, "GET", agents).status_code == 200
    time.sleep(1.1)
    answer = with_key(person, secret, "GET", agents)
    assert (answer.status_code, answer.json()) == (401, {"error": "the API key has expired"})


def test_a_deleted_workspace_takes_its_keys_along(person: Person) -> None:
    workspace = person.workspace("short-lived")
    _, secret = make(person, workspace)
    agents = f"/workspaces/{workspace}/agents"
    assert with_key(person, secret, "GET", agents).status_code == 200
    person.call("DELETE", f"/workspaces/{workspace}")
    assert with_key(person, secret, "GET", agents).status_code == 401


@pytest.mark.parametrize(
    "secret", ["fpk_", "fpk_x_y", "fpk_1", "fpk_999999999_x", "fpk_-1_x", "fpk_²_x", "fpk_1_é"]
)
def test_what_is_no_key_is_refused(person: Person, workspace: int, secret: str) -> None:
    headers = [(b"X-API-Key", secret.encode())]
    answer = httpx.get(
        f"{person.controller.url}/workspaces/{workspace}/agents", headers=headers, verify=False
    )
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid API key"})


def test_another_scheme_or_header_is_not_taken_for_a_key(person: Person, workspace: int) -> None:
    url = f"{person.controller.url}/workspaces/{workspace}/agents"
    for headers in ({"Authorization": f"Basic {person.token}"}, {"X-API-Key": person.token}):
        assert httpx.get(url, headers=headers, verify=False).status_code == 401
