"""What a new PSK ends, how long a PIN is good for, and the operator's button."""

import json
import socket
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect

from forepost.controller.access.guard import Caller
from forepost.controller.access.limits import Limiter
from forepost.controller.access.tokens import Passwords, psk_sha256
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.access import sessions
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.fleet import agents as agents_table
from forepost.controller.db.tables.fleet import pins
from forepost.controller.db.tables.workspaces import members
from forepost.controller.fleet.enrol import PIN_SEC, Enrolment
from forepost.controller.fleet.pins import NewPin
from forepost.controller.fleet.roster import AgentCredentials, Roster, Stranger
from forepost.controller.fleet.store import Agents, Enrolled
from forepost.controller.sharing.access import ShareAccess
from forepost.controller.sharing.store import ShareLinks
from forepost.kit.errors import Unauthenticated
from forepost.wire.rest.bodies import NewAgent as AgentBody
from forepost.wire.rest.share_links import NewShareLink
from tests.fakes.clock import START, FakeClock
from tests.metadata import sqlite_url
from tests.rows import home
from tests.running import ControllerProcess, NewAgent, Person, until


@contextmanager
def spoken(controller: ControllerProcess, agent: NewAgent) -> Iterator[ClientConnection]:
    """A conversation that has begun."""
    with connect(controller.ws + "/ws", additional_headers=agent.headers, proxy=None) as talk:
        talk.send("M")
        assert str(talk.recv(5)).startswith("A")
        talk.send("$1;agent;;_OnNamespaceConnect;0;0;")
        assert talk.recv(5) == "$1;;;;;;"
        yield talk


def posted(probe: int, number: int) -> str:
    body = {
        "probe_id": probe,
        "created_at": f"2026-01-01T00:00:{number:02}Z",
        "type": "PING",
        "payload": {"packets_sent": 1, "packets_recv": 1},
        "target": "198.18.0.1",
    }
    return f";agent;;probe_post;0;0;{json.dumps(body)}"


def is_closed(talk: ClientConnection) -> bool:
    try:
        while True:
            talk.recv(1)
    except ConnectionClosed:
        return True
    except TimeoutError:
        return False


def greeting(controller: ControllerProcess, agent: NewAgent) -> str:
    with connect(controller.ws + "/ws", additional_headers=agent.headers, proxy=None) as talk:
        talk.send("M")
        return str(talk.recv(5))


@pytest.fixture
def agent(person: Person) -> NewAgent:
    return person.agent(person.workspace("w"))


def one(agent: NewAgent) -> str:
    return f"/workspaces/{agent.workspace}/agents/{agent.id}"


@pytest.mark.parametrize("how", ["enrolled", "regenerated", "deleted", "workspace deleted"])
def test_the_connection_of_a_psk_that_ended_is_closed_and_not_heard(
    controller: ControllerProcess, person: Person, agent: NewAgent, how: str
) -> None:
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    ids = {"workspace_id": agent.workspace, "agent_id": agent.id}
    with spoken(controller, agent) as talk:
        talk.send(posted(probe, 1))
        until(lambda: len(person.results(agent, probe)) == 1, 5)
        if how == "enrolled":
            pin = person.call("POST", one(agent) + "/issue-pin", {})["pin"]
            person.call("POST", "/agent", {**ids, "pin": pin})
        elif how == "regenerated":
            person.call("POST", one(agent) + "/regenerate")
        elif how == "deleted":
            person.call("DELETE", one(agent))
        else:
            person.call("DELETE", f"/workspaces/{agent.workspace}")
        try:
            for number in range(2, 40):
                talk.send(posted(probe, number))
        except ConnectionClosed:
            pass
        assert is_closed(talk)
    said = greeting(controller, agent)
    removed = "deleted" in how
    assert said == (
        "Hagent_deleted: agent has been removed from workspace"
        if removed
        else "Hunauthorized: invalid psk"
    )
    refused = person.call(
        "POST", "/agent", {**ids, "psk": agent.psk}, status=410 if removed else 401
    )
    assert refused["error"] == ("agent_deleted" if removed else "invalid_psk")
    if how in ("enrolled", "regenerated"):
        assert len(person.results(agent, probe)) == 1


def test_the_operators_button(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    earlier = person.call("POST", one(agent) + "/issue-pin", {})["pin"]
    user = controller.person("regenerate-user@example.com", "a good password")
    person.admit(user, agent.workspace, "USER")
    assert user.call("POST", one(agent) + "/regenerate", status=403)["required_role"] == "ADMIN"
    made = person.call("POST", one(agent) + "/regenerate", {"pinLength": 12})
    assert set(made) == {"agent", "pin"}
    assert (made["agent"]["id"], made["agent"]["initialized"]) == (agent.id, False)
    assert len(made["pin"]) == 12
    ids = {"workspace_id": agent.workspace, "agent_id": agent.id}
    person.call("POST", "/agent", {**ids, "pin": earlier}, status=401)
    psk = person.call("POST", "/agent", {**ids, "pin": made["pin"]})["psk"]
    assert greeting(controller, NewAgent(agent.workspace, agent.id, psk)).startswith("A")
    person.call("POST", f"/workspaces/{agent.workspace}/agents/999999/regenerate", status=404)


@pytest.mark.parametrize("body", [{}, {"ttlSeconds": 0}, None])
def test_a_pin_is_good_for_a_day_unless_it_is_said(
    controller: ControllerProcess, person: Person, agent: NewAgent, body: Any
) -> None:
    person.call("POST", one(agent) + "/issue-pin", body)
    person.call("POST", f"/workspaces/{agent.workspace}/agents", {"name": "b"}, status=201)
    path = Path(controller.env["FOREPOST_DATA__DIR"]) / "meta.sqlite"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        rows = db.execute(
            "SELECT created_at, expires_at FROM pins WHERE consumed_at IS NULL AND agent_id >= ?",
            (agent.id,),
        ).fetchall()
    db.close()
    assert len(rows) == 2
    for made, ends in rows:
        lasts = datetime.fromisoformat(ends) - datetime.fromisoformat(made)
        assert lasts == timedelta(seconds=PIN_SEC)


@pytest.mark.anyio
async def test_an_old_pin_never_shuts_out_an_agent_that_has_a_psk(tmp_path: Path) -> None:
    """Two PINs are open at once only where a version before kept them so."""
    db = Database.at(sqlite_url(tmp_path))
    await home(db)
    clock, store = FakeClock(), Agents(db)
    now = clock.now()
    agent = await store.add(1, AgentBody(name="edge"), now)
    new = NewPin(
        hashed="h",
        expires_at=now + timedelta(days=1),
        created_at=now,
        by=Caller(1, session_id=1),
    )
    await store.pins.add(1, agent.id, new)
    (first,) = await store.pins.open(1, agent.id, now)
    async with db.write() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO pins (agent_id, pin_hash, expires_at, created_at, created_by)"
            " SELECT agent_id, pin_hash, expires_at, created_at, created_by FROM pins"
        )
    (_, second) = await store.pins.open(1, agent.id, now)
    assert await store.pins.enrol(1, agent.id, second, "x" * 64, now) is not None
    assert await store.pins.open(1, agent.id, now) == {}
    assert await store.pins.enrol(1, agent.id, first, "y" * 64, now) is None
    await store.pins.add(1, agent.id, new)  # the operator asks for another
    (third,) = await store.pins.open(1, agent.id, now)
    assert await store.pins.enrol(1, agent.id, third, "z" * 64, now) is not None
    await db.close()


class Overtaken(Passwords):
    """While it hashes a PIN, something else is done."""

    def __init__(self, meanwhile: Callable[[], Awaitable[object]]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    async def hash(self, password: str) -> str:
        found = await super().hash(password)
        await self._meanwhile()
        return found


@pytest.mark.anyio
@pytest.mark.parametrize("ends", ["session", "member", "lock"])
async def test_whoever_is_shut_out_while_his_pin_is_hashed_has_none(
    tmp_path: Path, ends: str
) -> None:
    """Else many requests at once would outlive a removal or a new password."""
    db = Database.at(sqlite_url(tmp_path))
    await home(db)
    statement = {
        "session": sessions.update().values(ended_at=START),
        "member": members.delete(),
        "lock": users.update().values(locked_at=START),
    }[ends]

    async def ended() -> None:
        async with db.write() as connection:
            await connection.execute(statement)

    async def nobody(_: int) -> None: ...

    store = Agents(db)
    roster = Roster(store, FakeClock())
    enrolment = Enrolment(store, roster, Overtaken(ended), FakeClock(), nobody, b"")
    by = Caller(1, session_id=1)
    for makes in (enrolment.issue_pin, enrolment.regenerate):
        with pytest.raises(Unauthenticated, match="has ended"):
            await makes(1, 1, by, 9, 0)
    link = ShareAccess(ShareLinks(db), Overtaken(ended), Limiter(3, FakeClock()), FakeClock())
    with pytest.raises(Unauthenticated, match="has ended"):
        await link.make(1, 1, NewShareLink(password="x"), by)
    async with db.read() as connection:
        assert (await connection.execute(select(pins.c.id))).all() == []
    await db.close()


class Slow(Agents):
    """Whose answer to "who is enrolled" is overtaken by what is done meanwhile."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.meanwhile: Any = None

    async def enrolled(self, agent_id: int) -> Enrolled | None:
        found = await super().enrolled(agent_id)
        if self.meanwhile is not None:
            does, self.meanwhile = self.meanwhile, None
            await does()
        return found


class Line:
    """A connection that only notes that it was hung up."""

    address = "198.18.0.1"

    def __init__(self) -> None:
        self.over = False

    def due(self, name: str, item: int = 0) -> None: ...

    def hung_up(self) -> None:
        self.over = True

    def deactivated(self, reason: str) -> None: ...


@pytest.mark.anyio
async def test_a_psk_that_ends_while_it_is_looked_up_lets_nobody_in(tmp_path: Path) -> None:
    db = Database.at(sqlite_url(tmp_path))
    await home(db)
    store = Slow(db)
    roster = Roster(store, FakeClock())
    async with db.write() as connection:
        await connection.execute(agents_table.update().values(psk_sha256=psk_sha256("old")))

    async def replaced() -> None:
        async with db.write() as connection:
            await connection.execute(agents_table.update().values(psk_sha256=psk_sha256("new")))
        roster.hang_up(1)

    admitted = await roster.admit(AgentCredentials("1", "1", "old"))
    early, late = Line(), Line()
    roster.connected(admitted, early)
    await replaced()
    assert early.over
    roster.connected(admitted, late)  # admitted before, connected after
    assert late.over
    assert roster.live == 1  # the first says goodbye by itself
    async with db.write() as connection:
        await connection.execute(agents_table.update().values(psk_sha256=psk_sha256("old")))
    roster.forget(1)
    store.meanwhile = replaced
    with pytest.raises(Stranger):
        await roster.admit(AgentCredentials("1", "1", "old"))
    assert (await roster.admit(AgentCredentials("1", "1", "new"))).agent_id == 1
    await db.close()


def masked(text: str) -> bytes:
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=True)


def test_an_agent_that_does_not_read_its_end_is_not_heard_either(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    """It reads neither the goodbye nor the end, and goes on sending."""
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    head = "".join(f"{name}: {value}\r\n" for name, value in agent.headers.items())
    upgrade = (
        f"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{head}"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: LgZlIL7JQRkws1o6ZifnCQ==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", controller.port)) as raw:
        raw.sendall(upgrade.encode())
        assert b" 101 " in raw.recv(4096)
        raw.sendall(masked("M") + masked("$1;agent;;_OnNamespaceConnect;0;0;"))
        raw.sendall(masked(posted(probe, 1)))
        until(lambda: len(person.results(agent, probe)) == 1, 5)
        person.call("POST", one(agent) + "/regenerate")
        for number in range(2, 60):
            raw.sendall(masked(posted(probe, number)))
            time.sleep(0.02)
    assert len(person.results(agent, probe)) == 1
