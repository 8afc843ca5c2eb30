"""Who may do what: the table of all routes, and every route tried as everybody."""

import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute

from forepost.controller.access.guard import NEEDS, RANK
from forepost.controller.main import build
from forepost.controller.settings import DataSection, Settings
from forepost.kit.clock import SystemClock
from tests.controller.alerts.alert_stage import speaking
from tests.running import ControllerProcess, NewAgent, Person, until

TABLE = Path(__file__).with_name("rights.txt")


async def routes(folder: Path) -> list[tuple[str, str, str]]:
    """(method, path, what it needs) of every route of a built controller."""
    found = []
    async with build(Settings(data=DataSection(dir=str(folder))), SystemClock()) as controller:
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
async def test_the_table_of_rights_is_as_it_was_read_and_agreed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, logger="forepost")
    table = "".join(f"{m:6} {p}  {n}\n" for m, p, n in await routes(tmp_path))
    if table != TABLE.read_text():
        TABLE.with_suffix(".new").write_text(table)
    assert table == TABLE.read_text(), (
        "look at rights.new; if it is right, it is the new rights.txt"
    )


class Cast:
    """One workspace with a member of each role, an agent and a probe; and a stranger."""

    def __init__(self, controller: ControllerProcess) -> None:  # noqa: PLR0915 - one of each object
        self.owner = controller.person("cast-owner@example.com", "a good password")
        self.stranger = controller.person("cast-stranger@example.com", "a good password")
        self.stranger.workspace("elsewhere")
        self.workspace = self.owner.workspace("stage")
        self.members: dict[str, Person] = {"OWNER": self.owner}
        self.member_id = 0
        for role in ("VIEWER", "USER", "ADMIN"):
            person = controller.person(f"cast-{role}@example.com", "a good password")
            self.member_id = self.owner.admit(person, self.workspace, role)
            self.members[role] = person
        self.agent: NewAgent = self.owner.agent(self.workspace)
        self.probe = self.owner.probe(self.agent, type="PING", targets=["198.18.0.1"])
        keys = f"/workspaces/{self.workspace}/api-keys"
        self.key = self.owner.call("POST", keys, {"name": "k"}, status=201)["api_key"]["id"]
        alert_rules = f"/workspaces/{self.workspace}/alert-rules"
        rule = {"name": "r", "metric": "packet_loss", "operator": "gt", "threshold": 1}
        # Mail: without a server nothing leaves, and each delivery is in the log.
        made = self.owner.call("POST", alert_rules, rule | {"notify_email": True}, status=201)
        self.rule = made["id"]
        tried = self.owner.call("POST", f"{alert_rules}/{self.rule}/test", status=201)
        self.delivery = tried["data"][0]["id"]
        windows = f"/workspaces/{self.workspace}/maintenance-windows"
        times = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-01T01:00:00Z"}
        made = self.owner.call("POST", windows, {"name": "w", **times}, status=201)
        self.window = made["id"]
        depends = {"probe_id": self.probe, "parent_agent_id": self.agent.id}
        parents = f"/workspaces/{self.workspace}/alert-parents"
        self.parent = self.owner.call("POST", parents, depends, status=201)["id"]
        group = {"name": "g", "addresses": ["192.0.2.1"]}
        made = self.owner.call(
            "POST", f"/workspaces/{self.workspace}/address-groups", group, status=201
        )
        self.group = made["id"]
        base = f"/workspaces/{self.workspace}"
        made = self.owner.call("POST", f"{base}/microservices", {"name": "m"}, status=201)
        self.microservice = made["id"]
        channel = {"name": "c", "kind": "email", "addresses": ["ops@example.com"]}
        self.channel = self.owner.call("POST", f"{base}/channels", channel, status=201)["id"]
        template = {"name": "t", "text": "{{ message }}"}
        self.template = self.owner.call("POST", f"{base}/templates", template, status=201)["id"]
        self.route = self.owner.call("POST", f"{base}/routes", {"name": "r"}, status=201)["id"]
        registry = {"name": "r", "url": "hub.example"}
        self.registry = self.owner.call("POST", f"{base}/registries", registry, status=201)["id"]
        wanted = {"agent_id": self.agent.id, "path": "/srv"}
        job = {"name": "j", "type": "folder", "agents": [wanted]}
        self.job = self.owner.call("POST", f"{base}/jobs", job, status=201)["id"]
        self.run = self.owner.call("GET", f"{base}/runs")["data"][0]["id"]
        self.report = self.owner.call("POST", f"{base}/reports", {"name": "r"}, status=201)["id"]
        of_agent = f"/workspaces/{self.workspace}/agents/{self.agent.id}"
        made = self.owner.call("POST", f"{of_agent}/share-links", {}, status=201)
        self.link = made["share_link"]["id"]
        made = self.owner.call("POST", f"{of_agent}/speedtest-queue", {}, status=201)
        self.queue = made["id"]
        with speaking(self.owner, self.agent) as agent:
            agent.post("PING", {"packets_sent": 1, "packet_loss": 100}, probe=self.probe)
        path = f"/workspaces/{self.workspace}/alerts"
        (opened,) = until(lambda: self.owner.call("GET", path)["data"], 5)
        self.alert, self.incident = opened["id"], opened["incident_id"]


@pytest.fixture(scope="module")
def cast(controller: ControllerProcess) -> Cast:
    return Cast(controller)


def rows() -> list[tuple[str, str, str]]:
    return [
        (method, path, need)
        for method, path, need in (line.split() for line in TABLE.read_text().splitlines())
        if "{workspace_id:int}" in path and need in RANK
    ]


def test_only_an_invitation_needs_no_role_in_its_workspace() -> None:
    lines = [line.split() for line in TABLE.read_text().splitlines()]
    others = [
        path
        for _, path, need in lines
        if path.startswith("/workspaces/{workspace_id:int}") and need not in RANK
    ]
    assert others == ["/workspaces/{workspace_id:int}/accept-invite"]


def test_what_is_of_all_workspaces_needs_a_site_admin() -> None:
    lines = [line.split() for line in TABLE.read_text().splitlines()]
    needs = {need for _, path, need in lines if path.startswith("/admin/")}
    assert needs == {"site-admin"}


def fill(template: str, cast: Cast) -> str:
    for name, value in (
        ("{workspace_id:int}", cast.workspace),
        ("{agent_id:int}", cast.agent.id),
        ("{probe_id:int}", cast.probe),
        ("{rule_id:int}", cast.rule),
        ("{delivery_id:int}", cast.delivery),
        ("{window_id:int}", cast.window),
        ("{parent_id:int}", cast.parent),
        ("{alert_id:int}", cast.alert),
        ("{incident_id:int}", cast.incident),
        ("{member_id:int}", cast.member_id),
        ("{key_id:int}", cast.key),
        ("{group_id:int}", cast.group),
        ("{link_id:int}", cast.link),
        ("{queue_id:int}", cast.queue),
        ("{microservice_id:int}", cast.microservice),
        ("{registry_id:int}", cast.registry),
        ("{channel_id:int}", cast.channel),
        ("{route_id:int}", cast.route),
        ("{template_id:int}", cast.template),
        ("{job_id:int}", cast.job),
        ("{run_id:int}", cast.run),
        ("{report_id:int}", cast.report),
    ):
        template = template.replace(name, str(value))
    return template


OBJECTS = (
    "agent",
    "probe",
    "member",
    "key",
    "delivery",
    "rule",
    "window",
    "parent",
    "alert",
    "incident",
    "group",
    "link",
    "queue",
    "microservice",
    "registry",
    "report",
    "channel",
    "route",
    "template",
    "job",
    "run",
)
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
    ("method", "path", "need"),
    [r for r in rows() if any(f"{{{name}_id:int}}" in r[1] for name in OBJECTS)],
)
def test_objects_of_another_workspace_are_not_there(
    cast: Cast, method: str, path: str, need: str
) -> None:
    """The stranger is the owner of a workspace of his own, and names the cast's objects in it."""
    own = cast.stranger.call("GET", "/workspaces")["data"][0]["id"]
    url = fill(path.replace("{workspace_id:int}", str(own)), cast)
    bodies: dict[str, Any] = {
        "/probes": {"type": "PING", "targets": ["198.18.0.1"]},
        "/trials": {"type": "PING", "target": "198.18.0.1"},
        "/issue-pin": {},
        "/heartbeat": None,
        "/tags": {"tags": []},
        "/probes/copy": {"dest_agent_ids": [cast.agent.id]},
        f"/members/{cast.member_id}": {"role": "USER"},
        f"/alerts/{cast.alert}": {"status": "acknowledged"},
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
