"""Sessions of a running controller: how they begin, and every way they end."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.running import ControllerProcess, Person, until

PASSWORD = "a good password"
ENDED = {"error": "the session has ended"}


def again(person: Person, password: str = PASSWORD) -> Person:
    """Another login of the same account, from another browser."""
    email = person.call("GET", "/auth/me")["email"]
    answer = httpx.post(
        person.controller.url + "/auth/login",
        json={"email": email, "password": password},
        headers={"User-Agent": "another browser"},
        verify=False,
    )
    assert answer.status_code == 200, answer.text
    return Person(person.controller, answer.json()["token"], person.user_id)


def panel(person: Person) -> Any:
    protocols: Any = ["bearer", person.token]
    return connect(f"{person.controller.ws}/ws/panel", subprotocols=protocols, proxy=None)


def test_what_a_panel_must_know_before_a_login(controller: ControllerProcess) -> None:
    answer = httpx.get(controller.url + "/auth/config", verify=False)
    assert answer.json() == {
        "registration_enabled": True,
        "email_verification_required": False,
        "password_reset_enabled": False,  # no mail server is set up
    }


def test_a_registration_and_a_login_have_the_answers_they_had(person: Person) -> None:
    email = person.call("GET", "/auth/me")["email"]
    answer = httpx.post(
        person.controller.url + "/auth/login",
        json={"email": email, "password": PASSWORD},
        verify=False,
    ).json()
    assert set(answer) == {"token", "data"}
    assert answer["token"].count(".") == 2
    assert answer["data"]["email"] == email


def test_a_logout_ends_this_session_and_no_other(person: Person) -> None:
    other = again(person)
    assert person.call("POST", "/auth/logout") == {"ok": True}
    for method, path in (("GET", "/auth/me"), ("GET", "/workspaces"), ("POST", "/auth/logout")):
        assert person.call(method, path, status=401) == ENDED
    assert other.call("GET", "/auth/me")["id"] == person.user_id


def test_sessions_are_listed_and_ended(person: Person) -> None:
    other = again(person)
    mine, first = other.call("GET", "/auth/sessions")["data"]
    assert (mine["current"], first["current"]) == (True, False)
    assert mine["address"] == "127.0.0.1"
    assert mine["user_agent"] == "another browser"
    assert set(mine) == {
        *("id", "created_at", "expires_at", "last_used_at"),
        *("address", "user_agent", "current"),
    }
    assert other.call("DELETE", f"/auth/sessions/{first['id']}") == {"ok": True}
    assert person.call("GET", "/auth/me", status=401) == ENDED
    other.call("DELETE", f"/auth/sessions/{first['id']}", status=404)
    assert [s["id"] for s in other.call("GET", "/auth/sessions")["data"]] == [mine["id"]]


def test_sessions_of_others_are_not_there(controller: ControllerProcess, person: Person) -> None:
    stranger = controller.person("sessions-stranger@example.com", PASSWORD)
    theirs = person.call("GET", "/auth/sessions")["data"][0]["id"]
    gone = stranger.call("DELETE", f"/auth/sessions/{theirs}", status=404)
    assert gone == {"error": "session not found"}
    assert person.call("GET", "/auth/me")["id"] == person.user_id


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_new_password_ends_every_session(controller: ControllerProcess, method: str) -> None:
    person = controller.person(f"new-password-{method}@example.com", PASSWORD)
    other = again(person)
    body = {"old_password": PASSWORD, "new_password": "a better password"}
    changed = person.call(method, "/auth/me/password", body)
    assert set(changed) == {"success", "token"}
    assert changed["success"] is True
    for ended in (person, other):
        assert ended.call("GET", "/auth/me", status=401) == ENDED
    fresh = Person(controller, changed["token"], person.user_id)
    assert [s["current"] for s in fresh.call("GET", "/auth/sessions")["data"]] == [True]
    again(fresh, "a better password")
    old = {"email": f"new-password-{method}@example.com", "password": PASSWORD}
    assert httpx.post(f"{controller.url}/auth/login", json=old, verify=False).status_code == 401


def test_a_password_is_changed_only_by_who_knows_it(person: Person) -> None:
    path = "/auth/me/password"
    wrong = {"old_password": "not this one", "new_password": "a better password"}
    assert person.call("PUT", path, wrong, status=401) == {"error": "incorrect current password"}
    short = {"oldPassword": PASSWORD, "newPassword": "short"}
    answer = person.call("PUT", path, short, status=400)
    assert answer["error"].startswith("new_password: ")
    assert person.call("GET", "/auth/me")["id"] == person.user_id
    again(person)


@pytest.mark.parametrize("how", ["logout", "delete", "password"])
def test_a_live_panel_is_closed_with_its_session(controller: ControllerProcess, how: str) -> None:
    person = controller.person(f"panel-{how}@example.com", PASSWORD)
    other = again(person)
    with panel(person) as closed, panel(other) as stays:
        workspace = other.workspace("w")
        for socket in (closed, stays):
            subscribe = {"type": "subscribe", "workspace_id": workspace, "probe_id": 0}
            socket.send(json.dumps(subscribe))
            assert json.loads(socket.recv(5))["type"] == "subscribe_ok"
        if how == "logout":
            person.call("POST", "/auth/logout")
        elif how == "delete":
            mine = person.call("GET", "/auth/sessions")["data"]
            current = next(s["id"] for s in mine if s["current"])
            other.call("DELETE", f"/auth/sessions/{current}")
        else:
            body = {"old_password": PASSWORD, "new_password": "a better password"}
            person.call("PUT", "/auth/me/password", body)
        over = {"type": "error", "error": "the session has ended"}
        while (frame := json.loads(closed.recv(5))) != over:
            assert frame["type"] in ("agent_update", "network_map_update"), frame
        with pytest.raises(ConnectionClosed) as refused:
            closed.recv(5)
        assert refused.value.rcvd is not None
        assert refused.value.rcvd.code == 4401
        if how != "password":
            stays.send('{"type":"ping"}')
            assert json.loads(stays.recv(5)) == {"type": "pong"}


def test_sessions_outlive_a_restart_and_ended_ones_stay_ended(tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path / "controller").start()
    try:
        person = process.person()
        ended = process.person()
        person.call("GET", "/workspaces")
        ended.call("POST", "/auth/logout")
        process.kill()
        process.start()
        assert person.call("GET", "/auth/me")["email"] == "admin@example.com"
        assert ended.call("GET", "/auth/me", status=401) == ENDED
    finally:
        process.end()


def test_the_last_use_is_kept_at_a_stop(tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path / "controller").start()
    try:
        person = process.person()
        time.sleep(0.05)
        person.call("GET", "/workspaces")
        process.stop()
        process.start()

        def used() -> bool:
            [session] = person.call("GET", "/auth/sessions")["data"]
            return bool(session["last_used_at"] > session["created_at"])

        until(used, 5)
    finally:
        process.end()
