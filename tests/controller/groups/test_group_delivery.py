"""Who has the address groups: what agents said last, before and after a restart."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from forepost.controller.db.engine import Database
from forepost.controller.fleet.reports import DocumentReports
from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.store import Agents
from forepost.controller.groups.store import Groups
from forepost.controller.joins.groups import GroupsJoin
from forepost.wire.flows.groups import NewGroup
from forepost.wire.rest.bodies import NewAgent as Fields
from tests.agent_socket import agent_socket
from tests.fakes.clock import FakeClock
from tests.metadata import sqlite_url
from tests.rows import THEN, home
from tests.running import ControllerProcess, NewAgent, Person, until

OURS = "group ours: a local group has this name, and stays"


@contextmanager
def taking(controller: ControllerProcess, agent: NewAgent, *, takes: bool = True) -> Iterator[Any]:
    """An agent of ours; what is yielded says what it has, and returns the revision it is given."""
    with agent_socket(controller, agent) as ours:
        socket = ours._socket
        socket.send("$2;forepost;;_OnNamespaceConnect;0;0;")
        hello = {"version": "0.1.0", "capabilities": ["groups"] if takes else []}
        socket.send(f";forepost;;hello;0;0;{json.dumps(hello)}")

        def has(revision: str, *problems: str) -> None:
            said = {"revision": revision, "problems": problems}
            socket.send(f";forepost;;have_groups;0;0;{json.dumps(said)}")

        def given() -> str:
            while not (text := str(socket.recv(5))).startswith(";forepost;;want_groups;"):
                pass
            return str(json.loads(text.split(";", 6)[6])["revision"])

        yield has, given
        ours.say("ping", {})
        ours.next("pong")


def delivery(person: Person, agent: NewAgent) -> dict[int, Any]:
    path = f"/workspaces/{agent.workspace}/address-groups/delivery"
    return {row.pop("agent_id"): row for row in person.call("GET", path)["data"]}


def away(*problems: str, takes: bool, current: bool) -> Any:
    return {
        "connected": False,
        "takes_groups": takes,
        "current": current,
        "problems": [*problems],
    }


def test_an_agent_that_is_away_says_what_it_said_last_also_after_a_restart(
    tmp_path: Path,
) -> None:
    controller = ControllerProcess(tmp_path).start()
    try:
        person = controller.person()
        workspace = person.workspace("delivered")
        good, bad, late, never, plain = (
            person.agent(workspace, name) for name in ("good", "bad", "late", "never", "plain")
        )
        path = f"/workspaces/{workspace}/address-groups"
        person.call("POST", path, {"name": "ours", "addresses": ["192.0.2.1"]}, status=201)
        for agent, problems in ((good, []), (bad, [OURS]), (late, [])):
            with taking(controller, agent) as (has, given):
                has("")
                revision = given()
                if agent is not late:
                    has(revision, *problems)
        with taking(controller, plain, takes=False):
            pass
        expected = {
            good.id: away(takes=True, current=True),
            bad.id: away(OURS, takes=True, current=True),
            late.id: away(takes=True, current=False),
            never.id: away(takes=False, current=False),
            plain.id: away(takes=False, current=False),
        }
        until(lambda: delivery(person, good) == expected, 5, lambda: delivery(person, good))
        assert controller.stop() == 0
        controller.start()
        person = controller.person()
        assert delivery(person, good) == expected
        person.call("POST", path, {"name": "more"}, status=201)
        assert delivery(person, good)[good.id] == away(takes=True, current=False)
        assert delivery(person, good)[bad.id] == away(OURS, takes=True, current=False)

        person.call("DELETE", f"/workspaces/{workspace}/agents/{bad.id}")
        assert bad.id not in delivery(person, good)
    finally:
        controller.end()


def test_one_that_takes_none_any_more_has_none(
    controller: ControllerProcess, person: Person
) -> None:
    agent = person.agent(person.workspace("delivered"))
    with taking(controller, agent) as (has, given):
        has("", OURS)
        has(given(), OURS)
    had = away(OURS, takes=True, current=True)
    until(lambda: delivery(person, agent)[agent.id] == had, 5, lambda: delivery(person, agent))
    with taking(controller, agent, takes=False):
        pass
    none = away(takes=False, current=False)
    until(lambda: delivery(person, agent)[agent.id] == none, 5, lambda: delivery(person, agent))


@pytest.mark.anyio
async def test_more_agents_are_no_more_questions_to_the_database(tmp_path: Path) -> None:
    db = Database.at(sqlite_url(tmp_path))
    await home(db)
    agents, groups = Agents(db), Groups(db)
    grouping = GroupsJoin(
        groups, DocumentReports(db, FakeClock()), agents, Roster(agents, FakeClock())
    )
    await groups.add(1, NewGroup(name="all"), THEN)
    await groups.add(1, NewGroup(name="one", agent_ids=[1]), THEN)
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(db._engine.sync_engine, "before_cursor_execute", note)
    assert len(await grouping.delivery(1)) == 1
    few = [*asked]
    for n in range(30):
        await agents.add(1, Fields(name=f"site {n}"), THEN)
    asked.clear()
    assert len(await grouping.delivery(1)) == 31
    assert asked == few
    await db.close()
