"""What agents say of their microservices, the hostile ones too; and how one leaves."""

import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from websockets.exceptions import ConnectionClosed

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.workloads import agent_microservices
from forepost.controller.workloads.reports import MicroserviceReports
from forepost.wire.workloads.delivery import (
    EngineStatus,
    MicroservicesReport,
    MicroserviceStatus,
)
from forepost.wire.workloads.provisioning_key import provisioning_parts
from tests.agent_socket import agent_socket
from tests.controller.workloads.ours import standing, workloads_agent
from tests.fakes.clock import FakeClock
from tests.rows import home
from tests.running import ControllerProcess, NewAgent, Person, until

pytestmark = pytest.mark.timeout(240)


def with_one(person: Person) -> tuple[NewAgent, str]:
    workspace = person.workspace("w")
    agent = person.agent(workspace)
    path = f"/workspaces/{workspace}/microservices"
    made = person.call("POST", path, {"name": "a", "agents": [agent.id]}, status=201)
    return agent, f"{path}/{made['id']}"


def test_a_hostile_agent_changes_nothing_but_its_own(
    controller: ControllerProcess, person: Person
) -> None:
    agent, one = with_one(person)
    other = person.agent(agent.workspace, "other")
    person.call("PATCH", one, {"agents": [agent.id, other.id]})
    with workloads_agent(controller, agent) as ours:
        ours.takes()
        good = ours.status("a")
        engine: dict[str, Any] = {}
        for statuses, wrong in (
            ([good] * 401, "length <= 400"),
            ([good | {"problem": "x" * 501}], "length <= 500"),
            ([good | {"problem": "a\0b"}], "matching regex"),
            ([good | {"uuid": "../../etc"}], "matching regex"),
            ([good | {"state": "SPLENDID"}], "SPLENDID"),
            ([good | {"restarts": -1}], ">= 0"),
            ([good | {"memory_bytes": 2**70}], "expected"),
            (["a"], "expected"),
        ):
            body = {"engine": engine, "microservices": statuses}
            assert wrong in ours.refused("microservices", body), wrong
        for text in ("NaN", "1e999", "[" * 5_000, "{}", ""):
            refused = ours.refused("microservices", '{"engine":{},"microservices":' + text + "}")
            assert refused
        nan = json.dumps(good)[:-1] + ', "cpu_percent": NaN}'
        assert ours.refused("microservices", '{"engine":{},"microservices":[' + nan + "]}")
        assert standing(person, one, agent)[0] == "waiting"

        others = [good | {"uuid": f"u{n}", "problem": "y" * 500} for n in range(399)]
        ours.reports(good, *others)
        until(lambda: standing(person, one, agent) == ("current", ""), 40)
        assert standing(person, one, other) == ("waiting", "the agent is not connected")
        # What it answers to numbers that nobody asked by is heard by nobody.
        ours.say("microservice_restarted", {"request": 1, "problem": "mine"})
        assert "expected" in ours.refused("microservice_restarted", {"request": 0}).lower()
        ours.say("microservice_log_lines", {"request": 2**53, "lines": [{"text": "x"}]})
        assert ours.next("microservice_logs_enough") == {"request": 2**53}
        many = {"request": 1, "lines": [{"text": "x"}] * 201}
        assert "length <= 200" in ours.refused("microservice_log_lines", many)


def test_what_is_refused_unknown_or_stuck_is_said(
    controller: ControllerProcess, person: Person
) -> None:
    agent, one = with_one(person)
    with workloads_agent(controller, agent) as ours:
        ours.takes()
        uuid = ours.manifests["a"]["uuid"]
        ours.has(ours.revision, f"microservice {uuid}: privileged is not allowed here")
        refused = ("refused", "privileged is not allowed here")
        until(lambda: standing(person, one, agent) == refused, 40)
        ours.has(ours.revision, "no workloads here", state="failed")
        until(lambda: standing(person, one, agent) == ("refused", "no workloads here"), 40)
        ours.has(ours.revision)
        ours.reports(ours.status("a"), reachable=False, problem="no such socket")
        unknown = ("waiting", "the engine is not reachable: no such socket")
        until(lambda: standing(person, one, agent) == unknown, 40)
        stuck = ours.status("a", state="STUCK_IN_RESTART", problem="exit status 1")
        ours.reports(stuck)
        words = ("waiting", "stuck in restart: exit status 1")
        until(lambda: standing(person, one, agent) == words, 40)
        assert person.call("GET", one)["counts"]["failing"] == 1
        [row] = person.call("GET", one)["agents"]
        assert row["failing"]
        ours.reports(ours.status("a", health="unhealthy"))
        until(lambda: standing(person, one, agent) == ("waiting", "unhealthy"), 40)
        ours.reports(ours.status("a", wanted_by="folder"))
        until(lambda: standing(person, one, agent)[1].startswith("the agent has not said"), 40)


def test_an_agent_without_an_engine_refuses(controller: ControllerProcess, person: Person) -> None:
    agent, one = with_one(person)
    with agent_socket(controller, agent) as netwatchers:
        netwatchers.say("version", {"version": "20260101"})
        until(lambda: standing(person, one, agent)[0] == "refused", 40)
        assert "runs no microservices" in standing(person, one, agent)[1]
    with workloads_agent(controller, agent) as ours:
        ours.takes()
        until(lambda: standing(person, one, agent)[0] == "waiting", 40)


def test_an_agent_that_leaves_is_let_in_no_more(
    controller: ControllerProcess, person: Person
) -> None:
    agent, one = with_one(person)
    with workloads_agent(controller, agent) as ours:
        ours.takes()
        ours.runs_all()
        until(lambda: standing(person, one, agent) == ("current", ""), 40)
        ours.say("deprovision", {})
        while ";" in (text := str(ours.socket.recv(40))):
            if ";;_OnNamespaceDisconnect;" in text:
                break
    psk = {"workspace_id": agent.workspace, "agent_id": agent.id, "psk": agent.psk}
    assert httpx.post(f"{controller.url}/agent", json=psk).status_code == 401
    found = person.call("GET", f"/workspaces/{agent.workspace}/agents/{agent.id}")
    assert found["initialized"] is False
    assert standing(person, one, agent) == ("waiting", "the agent is not connected")
    (row,) = person.call("GET", one)["agents"]
    assert row["status"] is None
    log = person.call("GET", f"/workspaces/{agent.workspace}/audit?action=agents.deprovision")
    (row,) = log["data"]
    assert (row["agent_id"], row["actor"], row["object_id"]) == (agent.id, "edge", agent.id)

    # A key makes another host this agent, once.
    keys = f"/workspaces/{agent.workspace}/agents/{agent.id}/provisioning-key"
    first = person.call("POST", keys)
    second = person.call("POST", keys, {"ttlSec": 60})
    assert first["expires_at"] > second["expires_at"]
    statuses = []
    for key in (first["key"], second["key"], second["key"]):
        parts = provisioning_parts(key)
        answer = httpx.post(f"{controller.url}/agent", json=parts._asdict())
        statuses.append(answer.status_code)
    assert statuses == [401, 200, 401]
    assert second["key"].split("-")[2] not in controller.output
    person.call("POST", keys, {"ttl_sec": -1}, status=400)
    person.call("POST", keys.replace(f"/{agent.id}/", "/999999/"), status=404)


def test_a_conversation_with_a_key_that_ended_ends_no_other(
    controller: ControllerProcess, person: Person
) -> None:
    """The agent was given to another host meanwhile."""
    agent, _ = with_one(person)
    base = f"/workspaces/{agent.workspace}/agents/{agent.id}"
    with workloads_agent(controller, agent) as ours:
        ours.takes()
        key = person.call("POST", f"{base}/provisioning-key")["key"]
        body = provisioning_parts(key)._asdict()
        session = httpx.post(f"{controller.url}/agent", json=body).json()
        with suppress(ConnectionClosed):
            ours.say("deprovision", {})
    new = {"workspace_id": agent.workspace, "agent_id": agent.id, "psk": session["psk"]}
    assert httpx.post(f"{controller.url}/agent", json=new).status_code == 200


def report(state: Any = "RUNNING", **more: Any) -> MicroservicesReport:
    status = MicroserviceStatus(uuid="u", state=state, **more)
    return MicroservicesReport(engine=EngineStatus(), microservices=[status])


@pytest.mark.anyio
async def test_reports_are_kept_for_those_that_are_there(metadata_url: str) -> None:
    db = Database.at(metadata_url)
    await home(db)
    reports = MicroserviceReports(db, FakeClock())
    reports.says(1, report(problem="naïve \x1f 😀", cpu_percent=1.5))
    reports.says(99, report())
    await reports.late.flush()
    again = MicroserviceReports(db, FakeClock())
    await again.load()
    assert again.agents() == [1]
    kept = again.by(1)
    assert kept is not None
    assert kept.report == report(problem="naïve \x1f 😀", cpu_percent=1.5)
    again.forget(1)
    await again.late.flush()
    async with db.read() as connection:
        assert (await connection.execute(select(agent_microservices))).all() == []
        assert (await connection.scalar(select(agents.c.id))) == 1
    await db.close()


@pytest.mark.anyio
async def test_figures_that_are_other_ones_each_minute_are_not_written(metadata_url: str) -> None:
    db = Database.at(metadata_url)
    await home(db)
    reports = MicroserviceReports(db, FakeClock())
    reports.says(1, report(cpu_percent=1.0, memory_bytes=1))
    await reports.late.flush()
    reports.says(1, report(cpu_percent=2.0, memory_bytes=2))
    assert reports.late.waiting == {}
    newest = reports.by(1)
    assert newest is not None
    assert newest.report.microservices[0].cpu_percent == 2.0
    reports.says(1, report("STOPPED"))
    assert list(reports.late.waiting) == [1]
    await db.close()
