"""What is derived ends with what it is derived from: the whole table, on a running controller.

An ADMIN makes one of each; then something happens to him. Within a second each is what the table
says: it goes on, it goes on with less right (the role is named), or it has ended.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.running import ControllerProcess, Person, forepost, until

PASSWORD = "a good password"
SOON_SEC = 10.0
TABLE = """
               | untouched | to USER  | to VIEWER | removed  | password | kept     | locked
api-key        | ADMIN     | USER     | VIEWER    | ends     | ends     | ADMIN    | ends
api-key USER   | USER      | USER     | VIEWER    | ends     | ends     | USER     | ends
api-key VIEWER | VIEWER    | VIEWER   | VIEWER    | ends     | ends     | VIEWER   | ends
pin            | goes on   | goes on  | ends      | ends     | ends     | goes on  | ends
pin of a key   | goes on   | goes on  | ends      | ends     | ends     | goes on  | ends
share-link     | goes on   | goes on  | ends      | ends     | ends     | goes on  | ends
invitation     | goes on   | ends     | ends      | ends     | ends     | goes on  | ends
login          | goes on   | goes on  | goes on   | goes on  | ends     | ends     | ends
panel          | goes on   | goes on  | goes on   | shut out | ends     | ends     | ends
"""
"""`kept`: the password is changed with `keep_derived`. A login that goes on after a removal opens
nothing in the workspace; the panel is told so at once.
"""


@dataclass
class Made:
    """All that one ADMIN made, each by the name of its row."""

    controller: ControllerProcess
    owner: Person
    admin: Person
    member: int
    workspace: int
    keys: dict[str, str]
    pins: dict[str, dict[str, Any]]
    link: str
    invitation: str
    panel: ClientConnection


def table() -> dict[str, dict[str, str]]:
    """Event -> row -> what becomes of it."""
    lines = TABLE.strip("\n").split("\n")
    head, *rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return {event: {row[0]: row[n] for row in rows} for n, event in enumerate(head) if n}


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path_factory.mktemp("derived")).start()
    yield process
    process.end()


@pytest.fixture
def made(controller: ControllerProcess, request: pytest.FixtureRequest) -> Iterator[Made]:
    name = "".join(c if c.isalnum() else "-" for c in request.node.name).strip("-").lower()
    owner = controller.person(f"owner-{name}@example.com", PASSWORD)
    admin = controller.person(f"admin-{name}@example.com", PASSWORD)
    workspace = owner.workspace("w")
    member = owner.admit(admin, workspace, "ADMIN")
    base = f"/workspaces/{workspace}"
    keys = {}
    for role in ("ADMIN", "USER", "VIEWER"):
        body = {"name": role, "role": role}
        key = admin.call("POST", f"{base}/api-keys", body, status=201)["secret"]
        keys["api-key" if role == "ADMIN" else f"api-key {role}"] = key
    pins = {}
    for kind in ("pin", "pin of a key"):
        agent = owner.agent(workspace, kind)
        path = f"{base}/agents/{agent.id}/issue-pin"
        if kind == "pin":
            pin = admin.call("POST", path, {})["pin"]
        else:
            by_key = {"X-API-Key": keys["api-key"]}
            pin = httpx.post(controller.url + path, json={}, headers=by_key).json()["pin"]
        pins[kind] = {"workspace_id": workspace, "agent_id": agent.id, "pin": pin}
    links = f"{base}/agents/{owner.agent(workspace, 'shared').id}/share-links"
    link = admin.call("POST", links, {}, status=201)["token"]
    body = {"email": f"guest-{name}@example.com", "role": "USER"}
    invitation = admin.call("POST", f"{base}/members", body, status=201)["invite_token"]
    protocols: Any = ["bearer", admin.token]
    with connect(f"{controller.ws}/ws/panel", subprotocols=protocols, proxy=None) as panel:
        panel.send(json.dumps({"type": "subscribe", "workspace_id": workspace, "probe_id": 0}))
        assert json.loads(panel.recv(5))["type"] == "subscribe_ok"
        yield Made(controller, owner, admin, member, workspace, keys, pins, link, invitation, panel)


def test_the_table_says_it_all() -> None:
    assert set(table()) == set(HAPPENS)


@pytest.mark.parametrize("event", list(table()))
def test_what_is_derived_is_what_the_table_says(made: Made, event: str) -> None:
    expected = table()[event]
    said = HAPPENS[event](made)
    # What the answer says: each kind that ended, and no other.
    kinds = {name.split(" ")[0] for name, fate in expected.items() if fate == "ends"}
    assert said == kinds - {"login", "panel"}
    deadline = time.monotonic() + SOON_SEC
    asked: dict[str, Callable[[], str]] = {
        "login": lambda: fate_of_login(made),
        "panel": lambda: fate_of_panel(made),
        "share-link": lambda: fate(made, "GET", f"/share/{made.link}"),
        "invitation": lambda: fate(made, "GET", f"/invite/{made.invitation}"),
    }
    for name, secret in made.keys.items():
        asked[name] = lambda secret=secret: role_of_key(made, secret)  # type: ignore[misc]
    for name, ask in asked.items():
        found = ask()
        while found != expected[name] and time.monotonic() < deadline:
            time.sleep(0.02)
            found = ask()
        assert found == expected[name], name
    for name, login in made.pins.items():  # a PIN is used up by being tried
        assert fate(made, "POST", "/agent", json=login) == expected[name], name
    body = {"name": "guest", "password": PASSWORD}
    joined = fate(made, "POST", f"/invite/{made.invitation}/complete", json=body)
    assert joined == expected["invitation"]


def test_a_key_that_is_deleted_takes_along_what_it_made(made: Made) -> None:
    keys = f"/workspaces/{made.workspace}/api-keys"
    (key, *_) = made.owner.call("GET", keys)["data"]
    said = made.owner.call("DELETE", f"{keys}/{key['id']}")
    assert [one["kind"] for one in said["ended"]] == ["pin"]
    assert fate(made, "POST", "/agent", json=made.pins["pin of a key"]) == "ends"
    assert fate(made, "POST", "/agent", json=made.pins["pin"]) == "goes on"


def test_nothing_comes_back_with_the_member(made: Made) -> None:
    """Removed, invited again with the same role: what ended stays ended."""
    remove(made)
    made.owner.admit(made.admin, made.workspace, "ADMIN")
    assert role_of_key(made, made.keys["api-key"]) == "ends"
    assert fate(made, "GET", f"/share/{made.link}") == "ends"
    assert fate(made, "POST", "/agent", json=made.pins["pin"]) == "ends"
    assert fate(made, "GET", f"/invite/{made.invitation}") == "ends"


def test_an_account_that_is_unlocked_begins_anew(made: Made) -> None:
    lock(made)
    email = f"admin-{made.member}@nowhere.example"
    assert operator(made, "unlock", email, wrong=True)
    operator(
        made, "unlock", made.owner.call("GET", MEMBERS.format(made.workspace))["data"][1]["email"]
    )
    until(lambda: role_of_key(made, made.keys["api-key"]) == "ends", SOON_SEC)
    until(lambda: fate_of_login(made) == "ends", SOON_SEC)


def test_the_answer_of_a_removal_says_what_stays(made: Made) -> None:
    fate(made, "POST", "/agent", json=made.pins["pin"])
    said = made.owner.call("DELETE", f"{MEMBERS.format(made.workspace)}/{made.member}")
    assert [(one["kind"], one["name"]) for one in said["kept"]] == [
        ("account", made.admin.call("GET", "/auth/me")["email"]),
        ("agent", "pin"),
    ]


MEMBERS = "/workspaces/{}/members"


def kinds(answer: Any) -> set[str]:
    return {one["kind"] for one in answer.get("ended", [])}


def demote(role: str) -> Callable[[Made], set[str]]:
    def happens(made: Made) -> set[str]:
        path = f"{MEMBERS.format(made.workspace)}/{made.member}"
        return kinds(made.owner.call("PATCH", path, {"role": role}))

    return happens


def remove(made: Made) -> set[str]:
    return kinds(made.owner.call("DELETE", f"{MEMBERS.format(made.workspace)}/{made.member}"))


def new_password(*, keep: bool) -> Callable[[Made], set[str]]:
    def happens(made: Made) -> set[str]:
        body = {"old_password": PASSWORD, "new_password": "a better password"}
        more = {"keep_derived": True} if keep else {}
        return kinds(made.admin.call("PUT", "/auth/me/password", body | more))

    return happens


def operator(made: Made, verb: str, email: str, *, wrong: bool = False) -> str:
    env = {"FOREPOST_DATA__DIR": made.controller.env["FOREPOST_DATA__DIR"], "PATH": "/usr/bin"}
    done = forepost("user", verb, email, env=env)
    assert done.returncode == (1 if wrong else 0), done.stderr
    return done.stderr if wrong else done.stdout


def lock(made: Made) -> set[str]:
    said = operator(made, "lock", made.admin.call("GET", "/auth/me")["email"])
    return {line.split()[1] for line in said.splitlines() if line.startswith("ended: ")}


HAPPENS: dict[str, Callable[[Made], set[str]]] = {
    "untouched": lambda _: set(),
    "to USER": demote("USER"),
    "to VIEWER": demote("VIEWER"),
    "removed": remove,
    "password": new_password(keep=False),
    "kept": new_password(keep=True),
    "locked": lock,
}


def fate(made: Made, method: str, path: str, **more: Any) -> str:
    answer = httpx.request(method, made.controller.url + path, timeout=15, **more)
    if answer.status_code in (200, 201):
        return "goes on"
    assert answer.status_code in (401, 404, 410), answer.text
    return "ends"


def role_of_key(made: Made, secret: str) -> str:
    base = f"{made.controller.url}/workspaces/{made.workspace}"
    headers = {"X-API-Key": secret}
    if httpx.patch(base, json={"description": "x"}, headers=headers).status_code == 200:
        return "ADMIN"
    body = {"name": f"g{time.monotonic_ns()}", "addresses": []}
    if httpx.post(f"{base}/address-groups", json=body, headers=headers).status_code == 201:
        return "USER"
    answer = httpx.get(base, headers=headers)
    if answer.status_code == 401:
        assert answer.json() == {"error": "invalid API key"}
        return "ends"
    assert answer.status_code == 200, answer.text
    return "VIEWER"


def fate_of_login(made: Made) -> str:
    status = made.admin.ask("GET", "/auth/me").status_code
    assert status in (200, 401)
    return "goes on" if status == 200 else "ends"


def fate_of_panel(made: Made) -> str:
    try:
        made.panel.send('{"type":"ping"}')
        while (frame := json.loads(made.panel.recv(1)))["type"] != "pong":
            if frame.get("error") == "workspace not found":
                return "shut out"
    except (ConnectionClosed, TimeoutError):
        return "ends"
    return "goes on"
