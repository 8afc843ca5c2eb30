"""The same PIN with the same nonce is answered again, and with no other."""

import secrets
from typing import Any

import anyio
import pytest

from forepost.controller.access.guard import Caller
from forepost.controller.access.tokens import Passwords
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.fleet import agents as agents_table
from forepost.controller.db.tables.fleet import pins
from forepost.controller.db.tables.workspaces import members
from forepost.controller.fleet.enrol import Enrolment
from forepost.controller.fleet.roster import AgentCredentials, Roster
from forepost.controller.fleet.store import Agents
from forepost.wire.rest.bodies import AgentLogin
from tests.fakes.clock import FakeClock
from tests.rows import home
from tests.running import ControllerProcess, Person

SECRET = b"s" * 32
NONCE, OTHER = "a" * 64, "b" * 64


class House:
    """Workspace 1 with agent 1, and who asks for a PIN there."""

    def __init__(self, db: Database, secret: bytes = SECRET) -> None:
        self.db, self.clock = db, FakeClock()
        self.store = Agents(db)
        self.told: list[int] = []
        self.roster = Roster(self.store, self.clock)
        self.enrolment = Enrolment(
            self.store, self.roster, Passwords(), self.clock, self._changed, secret
        )

    async def _changed(self, agent_id: int) -> None:
        self.told.append(agent_id)

    async def pin(self, ttl_sec: int = 600) -> str:
        return await self.enrolment.issue_pin(1, 1, Caller(1, session_id=1), 9, ttl_sec)

    async def trade(self, pin: str, nonce: str = "") -> str:
        """The PSK, or nothing."""
        body = AgentLogin(workspace_id=1, agent_id=1, pin=pin, nonce=nonce)
        status, session = await self.enrolment.login(body)
        assert (status == 200) == bool(session.psk)
        assert status in (200, 401)
        return session.psk

    async def do(self, statement: Any) -> None:
        async with self.db.write() as connection:
            await connection.execute(statement)


@pytest.fixture
async def house(metadata_url: str) -> Any:
    db = Database.at(metadata_url)
    await home(db)
    yield House(db)
    await db.close()


@pytest.mark.anyio
async def test_a_lost_answer_is_given_again(house: House) -> None:
    pin = await house.pin()
    first = await house.trade(pin, NONCE)
    assert first
    house.told.clear()
    assert (await house.roster.admit(AgentCredentials("1", "1", first))).agent_id == 1
    assert await house.trade(pin, NONCE) == first
    assert house.told == []  # nothing changed: nobody's connection ends by it
    assert await house.trade(pin, OTHER) == ""
    assert await house.trade(pin) == ""
    assert await house.trade("0" * 9, NONCE) == ""
    assert await house.trade(pin, NONCE) == first


@pytest.mark.anyio
async def test_who_says_no_nonce_is_answered_once(house: House) -> None:
    """NetWatcher's agents, and ours of before."""
    pin = await house.pin()
    assert await house.trade(pin)
    assert await house.trade(pin) == ""
    assert await house.trade(pin, NONCE) == ""


@pytest.mark.anyio
@pytest.mark.parametrize(
    "ends", ["time", "new pin", "regenerated", "deleted", "maker", "another key"]
)
async def test_what_ends_a_pin_ends_its_answers(house: House, ends: str) -> None:
    pin = await house.pin(ttl_sec=600)
    assert await house.trade(pin, NONCE)
    match ends:
        case "time":
            await house.clock.advance(601)
        case "new pin":
            await house.pin()
        case "regenerated":
            await house.enrolment.regenerate(1, 1, Caller(1, session_id=1), 9, 600)
        case "deleted":
            await house.store.delete(1, 1, house.clock.now())
        case "maker":
            await house.do(members.delete())
        case "another key":
            await house.do(agents_table.update().values(psk_sha256="0" * 64))
    assert await house.trade(pin, NONCE) == ""


@pytest.mark.anyio
async def test_two_at_once_get_one_key(house: House) -> None:
    """Of one host the same, of two hosts one."""
    for nonces in ((NONCE, NONCE), (NONCE, OTHER), ("", NONCE)):
        pin = await house.pin()
        got: list[str] = []

        async def one(nonce: str, pin: str = pin, got: list[str] = got) -> None:
            got.append(await house.trade(pin, nonce))

        async with anyio.create_task_group() as tasks:
            for nonce in nonces:
                tasks.start_soon(one, nonce)
        keys = {psk for psk in got if psk}
        assert len(keys) == 1
        assert got.count("") == (0 if nonces[0] == nonces[1] else 1)
        await house.roster.admit(AgentCredentials("1", "1", keys.pop()))


@pytest.mark.anyio
async def test_a_controller_that_died_after_its_commit_answers_with_a_key_that_is_good(
    house: House,
) -> None:
    """What it had in RAM, the old key among it, is looked at again."""
    pin = await house.pin()
    old = await house.trade(pin)
    await house.roster.admit(AgentCredentials("1", "1", old))
    pin = await house.pin()
    other = House(house.db)  # commits, and never gets to tell the first's roster
    new = await other.trade(pin, NONCE)
    assert await house.trade(pin, NONCE) == new
    assert house.told == [1, 1]
    await house.roster.admit(AgentCredentials("1", "1", new))


@pytest.mark.anyio
async def test_neither_the_nonce_nor_the_key_is_kept(house: House) -> None:
    pin = await house.pin()
    psk = await house.trade(pin, NONCE)
    async with house.db.read() as connection:
        rows = [tuple(row) for row in await connection.execute(pins.select())]
        rows += [tuple(row) for row in await connection.execute(agents_table.select())]
    for secret in (NONCE, psk, pin):
        assert secret not in str(rows)
    assert await House(house.db, b"x" * 32).trade(pin, NONCE) == ""  # another jwt.key


def test_a_nonce_is_what_it_is_to_be(controller: ControllerProcess, person: Person) -> None:
    workspace = person.workspace("w")
    made = person.call("POST", f"/workspaces/{workspace}/agents", {"name": "e"}, status=201)
    body = {"workspace_id": workspace, "agent_id": made["agent"]["id"], "pin": made["pin"]}
    for wrong in ("short", "A" * 64, 7):
        refused = person.call("POST", "/agent", {**body, "nonce": wrong}, status=400)
        assert "nonce" in str(refused)
    nonce = secrets.token_hex(32)
    psk = person.call("POST", "/agent", {**body, "nonce": nonce})["psk"]
    assert person.call("POST", "/agent", {**body, "nonce": nonce})["psk"] == psk
    person.call("POST", "/agent", body, status=401)
