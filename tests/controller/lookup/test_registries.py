"""Answers that are kept, shared, refused and forgotten."""

from collections.abc import AsyncIterator
from datetime import timedelta

import anyio
import pytest

from forepost.controller.db.engine import Database
from forepost.controller.lookup.registries import AT_ONCE, WAITING, Registries
from forepost.controller.lookup.store import Answers, RegistryText
from forepost.kit.errors import TooMany, Unavailable
from forepost.wire.rest.lookup import Registration
from tests.fakes.clock import START, FakeClock, settle

pytestmark = pytest.mark.anyio

HOUR = 3_600.0


class Registry:
    """Answers at once, or when it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.down = False
        self.known = True
        self.held: anyio.Event | None = None
        self.most_at_once = self._now = 0

    async def ask(self, query: str) -> RegistryText:
        self.asked.append(query)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            if self.held is not None:
                await self.held.wait()
        finally:
            self._now -= 1
        if self.down:
            raise Unavailable("WHOIS: down")
        number = str(len(self.asked))
        return RegistryText(f"raw {number}", Registration(netname=number if self.known else ""))


@pytest.fixture
async def rows(metadata_url: str) -> AsyncIterator[Answers]:
    db = Database.at(metadata_url)
    yield Answers(db)
    await db.close()


class Stage:
    def __init__(self, rows: Answers, per_minute: int = 1_000) -> None:
        self.registry, self.clock, self.rows = Registry(), FakeClock(), rows
        self.registries = Registries(
            self.registry.ask, rows, self.clock, ttl_hours=24, per_minute=per_minute
        )

    async def names(self, query: str = "8.8.8.8", who: int = 1) -> tuple[object, object]:
        found = await self.registries.look_up(query, who)
        return found.parsed.netname, found.cached


@pytest.fixture
def stage(rows: Answers) -> Stage:
    return Stage(rows)


async def test_an_answer_is_kept(stage: Stage) -> None:
    from msgspec import UNSET

    first = await stage.registries.look_up("8.8.8.8", 1)
    assert (first.cached, first.cache_time, first.raw_output) == (UNSET, UNSET, "raw 1")
    await stage.clock.advance(23 * HOUR)
    second = await stage.registries.look_up("8.8.8.8", 1)
    assert (second.cached, second.cache_time, second.raw_output) == (True, START, "raw 1")
    assert second.parsed == first.parsed
    await stage.clock.advance(HOUR)
    assert (await stage.names())[0] == "2"
    assert (await stage.names())[1] is True


async def test_an_unknown_one_is_asked_for_again_sooner(stage: Stage) -> None:
    async def ask(query: str) -> RegistryText:
        stage.registry.asked.append(query)
        return RegistryText("no match", Registration())

    registries = Registries(ask, stage.rows, stage.clock, ttl_hours=24, per_minute=10)
    await registries.look_up("8.8.8.8", 1)
    assert (await registries.look_up("8.8.8.8", 1)).cached is True
    await stage.clock.advance(HOUR)
    await registries.look_up("8.8.8.8", 1)
    assert len(stage.registry.asked) == 2


async def test_an_old_answer_is_better_than_none(stage: Stage) -> None:
    await stage.names()
    await stage.clock.advance(1_000 * HOUR)
    stage.registry.down = True
    found = await stage.registries.look_up("8.8.8.8", 1)
    assert (found.cached, found.cache_time) == (True, START)
    with pytest.raises(Unavailable, match="down"):
        await stage.registries.look_up("1.1.1.1", 1)


async def waiting(stage: Stage, count: int) -> None:
    """Until the registry is asked, and so many wait for its answer besides."""
    flights = stage.registries._flights

    def all_there() -> bool:
        return any(one.landed.statistics().tasks_waiting == count for one in flights.values())

    while not (stage.registry.asked and all_there()):  # noqa: ASYNC110 - a database
        await anyio.sleep(0.02)


async def test_who_wants_the_same_shares_it(stage: Stage) -> None:
    stage.registry.held = anyio.Event()
    found: list[object] = []

    async def look() -> None:
        found.append((await stage.names())[0])

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(look)
        await waiting(stage, 9)
        stage.registry.held.set()
    assert found == ["1"] * 10
    assert len(stage.registry.asked) == 1


async def test_they_share_the_refusal_too(stage: Stage) -> None:
    stage.registry.held, stage.registry.down = anyio.Event(), True
    refused: list[str] = []

    async def look() -> None:
        try:
            await stage.names()
        except Unavailable as reason:
            refused.append(str(reason))

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(look)
        await waiting(stage, 4)
        stage.registry.held.set()
    assert refused == ["WHOIS: down"] * 5
    assert len(stage.registry.asked) == 1


async def test_who_waits_asks_itself_when_the_first_goes_away(stage: Stage) -> None:
    stage.registry.held = anyio.Event()
    found: list[object] = []

    async def look() -> None:
        found.append((await stage.names())[0])

    async with anyio.create_task_group() as tasks:
        async with anyio.create_task_group() as first:
            first.start_soon(look)
            await waiting(stage, 0)
            tasks.start_soon(look)
            await waiting(stage, 1)
            first.cancel_scope.cancel()
        while len(stage.registry.asked) < 2:  # noqa: ASYNC110 - a database
            await anyio.sleep(0.02)
        stage.registry.held.set()
    assert found == ["2"]


async def test_few_at_once_and_not_many_waiting(stage: Stage) -> None:
    stage.registry.held = anyio.Event()
    refused: list[str] = []

    async def look(query: str) -> None:
        try:
            await stage.names(query)
        except Unavailable as reason:
            refused.append(str(reason))

    async with anyio.create_task_group() as tasks:
        for n in range(AT_ONCE + WAITING):
            tasks.start_soon(look, f"10.0.0.{n}")
        while len(stage.registries._flights) < AT_ONCE + WAITING:  # noqa: ASYNC110 - a database
            await anyio.sleep(0.02)
        await look("10.0.1.0")
        assert refused == ["WHOIS: too many lookups at once, try again"]
        stage.registry.held.set()
    assert stage.registry.most_at_once == AT_ONCE
    assert len(stage.registry.asked) == AT_ONCE + WAITING


async def test_an_account_may_not_ask_without_an_end(rows: Answers) -> None:
    stage = Stage(rows, per_minute=2)
    await stage.names("1.1.1.1")
    await stage.names("1.1.1.2")
    with pytest.raises(TooMany):
        await stage.names("1.1.1.3")
    assert (await stage.names("1.1.1.1"))[1] is True
    assert (await stage.names("1.1.1.3", who=2))[0] == "3"


async def test_switched_off(rows: Answers) -> None:
    off = Registries(None, rows, FakeClock(), ttl_hours=1, per_minute=1)
    with pytest.raises(Unavailable, match=r"switched off \(lookups\.whois\)"):
        await off.look_up("8.8.8.8", 1)


async def test_the_oldest_are_forgotten(rows: Answers) -> None:
    for n in range(6):
        said = RegistryText("x" * 100, Registration())
        await rows.keep(f"10.0.0.{n}", said, START + timedelta(seconds=n))

    async def kept() -> list[int]:
        return [n for n in range(6) if await rows.get(f"10.0.0.{n}")]

    await rows.prune()
    assert await kept() == [0, 1, 2, 3, 4, 5]
    await rows.prune(most_rows=4)
    assert await kept() == [2, 3, 4, 5]
    await rows.prune(most_bytes=250)
    assert await kept() == [4, 5]


async def test_a_new_answer_takes_the_place_of_the_old_one(rows: Answers) -> None:
    for n in range(2):
        await rows.keep("a.example", RegistryText(f"Zürich {n}", Registration()), START)
    kept = await rows.get("a.example")
    assert kept is not None
    assert kept.said.raw == "Zürich 1"
    await settle()
