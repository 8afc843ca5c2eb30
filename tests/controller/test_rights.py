"""Who may do what: the table of all routes, and every route tried as everybody."""

import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute

from forepost.controller.access import NEEDS, RANK
from forepost.controller.main import build
from forepost.controller.settings import Data, Settings
from forepost.kit.clock import SystemClock
from tests.running import ControllerProcess, NewAgent, Person

TABLE = Path(__file__).with_name("rights.txt")


async def routes(folder: Path) -> list[tuple[str, str, str]]:
    """(method, path, what it needs) of every route of a built controller."""
    found = []
    async with build(Settings(data=Data(dir=str(folder))), SystemClock()) as controller:
        for route in controller.http.routes:
            if not isinstance(route, HTTPRoute):
                continue
            for handler in route.route_handlers:
                found += [
                    (method, route.path, handler.opt[NEEDS])
                    for method in handler.http_methods - {"OPTIONS", "HEAD"}
                ]
    return sorted(found, key=lambda row: (row[1], row[0]))


@pytest.mark.anyio
async def test_the_table_of_rights_is_as_it_was_read_and_agreed(tmp_path: Path) -> None:
    logging.getLogger("forepost").setLevel(logging.ERROR)
    table = "".join(f"{m:6} {p}  {n}\n" for m, p, n in await routes(tmp_path))
    if table != TABLE.read_text():
        TABLE.with_suffix(".new").write_text(table)
    assert table == TABLE.read_text(), (
        "look at rights.new; if it is right, it is the new rights.txt"
    )


class Cast:
    """One workspace with a member of each role, an agent and a probe; and a stranger."""

    def __init__(self, controller: ControllerProcess) -> None:
        self.owner = controller.person("cast-owner@example.com", "a good password")
        self.stranger = controller.person("cast-stranger@example.com", "a good password")
        self.stranger.workspace("elsewhere")
        self.workspace = self.owner.workspace("stage")
        self.members: dict[str, Person] = {"OWNER": self.owner}
        self.member_id = 0
        for role in ("VIEWER", "USER", "ADMIN"):
            person = controller.person(f"cast-{role}@example.com", "a good password")
            made = self.owner.call(
                "POST",
                f"/workspaces/{self.workspace}/members",
                {"userId": person.user_id, "role": role},
                status=201,
            )
            self.member_id = made["id"]
            self.members[role] = person
        self.agent: NewAgent = self.owner.agent(self.workspace)
        self.probe = self.owner.probe(self.agent, type="PING", targets=["198.18.0.1"])


@pytest.fixture(scope="module")
def cast(controller: ControllerProcess) -> Cast:
    return Cast(controller)


def rows() -> list[tuple[str, str, str]]:
    return [
        (method, path, need)
        for method, path, need in (line.split() for line in TABLE.read_text().splitlines())
        if "{workspace_id:int}" in path
    ]


def fill(template: str, cast: Cast) -> str:
    for name, value in (
        ("{workspace_id:int}", cast.workspace),
        ("{agent_id:int}", cast.agent.id),
        ("{probe_id:int}", cast.probe),
        ("{member_id:int}", cast.member_id),
    ):
        template = template.replace(name, str(value))
    return template


BODIES: dict[str, Any] = {"POST": {}, "PATCH": {}}


@pytest.mark.parametrize(("method", "path", "need"), rows())
def test_every_route_of_a_workspace_as_everybody(
    cast: Cast, method: str, path: str, need: str
) -> None:
    url = fill(path, cast)
    body = BODIES.get(method)
    more: dict[str, Any] = {"json": body} if body is not None else {}
    nobody = httpx.request(method, cast.owner.controller.url + url, verify=False, **more)
    assert nobody.status_code == 401, nobody.text
    stranger = cast.stranger.ask(method, url, **more)
    assert (stranger.status_code, stranger.json()) == (404, {"error": "workspace not found"})
    for role, person in cast.members.items():
        if RANK[role] < RANK[need]:
            answer = person.ask(method, url, **more)
            assert answer.status_code == 403, f"{role}: {answer.text}"
            assert answer.json()["required_role"] == need
        elif method == "GET":
            assert person.ask(method, url).status_code in (200, 400, 404)


@pytest.mark.parametrize(
    ("method", "path", "need"), [r for r in rows() if "agent_id" in r[1] or "probe_id" in r[1]]
)
def test_objects_of_another_workspace_are_not_there(
    cast: Cast, method: str, path: str, need: str
) -> None:
    """The stranger is the owner of a workspace of his own, and names the cast's objects in it."""
    own = cast.stranger.call("GET", "/workspaces")["data"][0]["id"]
    url = fill(path.replace("{workspace_id:int}", str(own)), cast)
    bodies: dict[str, Any] = {
        "/probes": {"type": "PING", "targets": ["198.18.0.1"]},
        "/issue-pin": {},
        "/heartbeat": None,
    }
    body: Any = next((b for end, b in bodies.items() if url.endswith(end)), {})
    more: dict[str, Any] = (
        {"json": body} if method in ("POST", "PATCH") and body is not None else {}
    )
    answer = cast.stranger.ask(method, url, **more)
    assert answer.status_code == 404, f"{method} {url}: {answer.status_code} {answer.text}"
    assert (
        cast.owner.ask(
            "GET", fill("/workspaces/{workspace_id:int}/agents/{agent_id:int}", cast)
        ).status_code
        == 200
    )


def test_tokens(controller: ControllerProcess, person: Person) -> None:
    for token in ("x", person.token[:-2] + "xx", person.token + "x"):
        answer = httpx.get(
            f"{controller.url}/workspaces",
            headers={"Authorization": f"Bearer {token}"},
            verify=False,
        )
        assert answer.status_code == 401
        assert set(answer.json()) == {"error"}
