"""NetWatcher's agent loses a probe that is edited in place: it has to be gone for a while."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import anyio
import anyio.lowlevel
import msgspec
import pytest

from forepost.controller.fleet.netwatcher_list import GATHER_SEC, SETTLE_SEC, NetWatcherList
from forepost.controller.fleet.netwatcher_slots import MOST_OUT, most_out
from forepost.controller.fleet.store import Enrolled
from forepost.kit.errors import Unavailable
from forepost.wire.probes.probe import Probe, ProbeTarget
from tests.fakes.clock import FakeClock
from tests.fakes.netwatcher_agent import FakeNetWatcherAgent

pytestmark = pytest.mark.anyio

AGENT_1 = Enrolled(1, 1, "x", deleted=False, version="0.1.0", capabilities=frozenset())


def probe(probe_id: int, **more: Any) -> Probe:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Probe(
        id=probe_id,
        created_at=at,
        workspace_id=1,
        agent_id=1,
        type="PING",
        **{"interval_sec": 5, "labels": {}, "updated_at": at, **more},
        metadata={},
        targets=[ProbeTarget(id=1, created_at=at, updated_at=at, probe_id=probe_id, target="a")],
    )


class Line:
    """What was said to the agent: the ids of each list."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.probes = [probe(7)]
        self.list = NetWatcherList(self.read, AGENT_1, self.clock, anyio.lowlevel.checkpoint)
        self.ids: list[list[int]] = []
        self.fails: list[Exception] = []

    async def read(self, workspace_id: int, agent_id: int) -> Sequence[Probe]:
        if self.fails:
            raise self.fails.pop()
        return self.probes

    async def say(self, text: str) -> None:
        await anyio.lowlevel.checkpoint()
        body = text.removeprefix(";agent;;probe_get;0;0;")
        self.ids.append([one["id"] for one in msgspec.json.decode(body)])

    async def give(self) -> None:
        await self.list.give(self.say)


async def test_nothing_is_said_that_nobody_asked_for() -> None:
    line = Line()
    await line.give()
    assert line.ids == []


async def test_an_edited_probe_stays_away_until_the_agent_has_lost_it() -> None:
    """A list asked for in between would bring it back too early: who asks waits."""
    line = Line()
    line.list.changed()
    await line.give()
    line.probes = [probe(7, interval_sec=9)]
    line.list.changed()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.give)
        await line.clock.advance(GATHER_SEC * 0.9)
        assert line.ids == [[7]]
        await line.clock.advance(GATHER_SEC * 0.1)
        assert line.ids == [[7], []]
        line.probes = [probe(7, interval_sec=9), probe(8)]
        line.list.changed()
        await line.clock.advance(SETTLE_SEC * 0.9)
        assert line.ids == [[7], []]
        await line.clock.advance(SETTLE_SEC * 0.1)
    assert line.ids == [[7], [], [7], [7], [7, 8]]


@pytest.mark.parametrize("stop_sec", [0.0, 5.0])
async def test_a_probe_edited_while_the_agent_was_away_is_measured_when_it_is_back(
    stop_sec: float,
) -> None:
    """The agent runs on meanwhile, and the controller may be another process by then."""
    line = Line()
    agent = FakeNetWatcherAgent(line.clock, stop_sec)
    made = datetime(2025, 12, 1, tzinfo=UTC)
    seen = datetime(2025, 12, 31, tzinfo=UTC)
    before = [probe(7, updated_at=made), probe(8, updated_at=made)]
    now = [
        probe(7, interval_sec=9, updated_at=datetime(2026, 1, 1, tzinfo=UTC)),
        probe(8, updated_at=made),
        probe(9),
    ]
    async with anyio.create_task_group() as running:
        running.start_soon(agent.run)
        for probes in (before, now):
            line.probes = [
                msgspec.structs.replace(one, created_at=min(one.updated_at, made))
                if one.id != 9
                else one
                for one in probes
            ]
            known = msgspec.structs.replace(AGENT_1, last_seen_at=seen)
            line.list = NetWatcherList(line.read, known, line.clock, agent.read_out)
            line.list.changed()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(line.list.give, agent.say)
                await line.clock.advance(20)
        assert {worker[:1] + worker[4:5] for worker in agent.workers} == {(7, 9), (8, 5), (9, 5)}
        assert agent.lists == [{7, 8}, {8, 9}, {7, 8, 9}]
        assert agent.longest_gap(8, line.clock.monotonic()) <= 1.5
        running.cancel_scope.cancel()


async def test_a_probe_that_is_made_needs_no_list_without_it() -> None:
    line = Line()
    line.list.changed()
    await line.give()
    line.probes = [probe(7, timeout_sec=3, labels={"a": 1}), probe(8)]
    line.list.changed()
    await line.give()
    assert line.ids == [[7], [7, 8]]


@pytest.mark.parametrize("stop_sec", [0.0, 0.4, 5.0])
async def test_fifty_probes_made_edited_and_removed_at_once_keep_the_agent_measuring(
    stop_sec: float,
) -> None:
    """Each call of `changed` is one that the REST API tells."""
    line = Line()
    agent = FakeNetWatcherAgent(line.clock, stop_sec)
    line.list = NetWatcherList(line.read, AGENT_1, line.clock, agent.read_out)
    line.probes = [probe(1)]

    async def change(probes: list[Probe], seconds: float) -> None:
        line.probes = probes
        for _ in range(50):
            line.list.changed()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(line.list.give, agent.say)
            await line.clock.advance(seconds)

    all_day = 50 * (stop_sec + SETTLE_SEC) + 20
    async with anyio.create_task_group() as running:
        running.start_soon(agent.run)
        await change(line.probes, 5)
        await change([probe(number) for number in range(1, 51)], 5)
        assert agent.lists == [{1}, set(range(1, 51))]
        edited = [probe(number, interval_sec=9, count=3) for number in range(1, 51)]
        await change(edited, all_day)
        assert {worker[0] for worker in agent.workers} == set(range(1, 51))
        assert all(9 in worker for worker in agent.workers)
        both = [probe(number, interval_sec=7) for number in range(1, 51, 2)]
        await change(both, all_day)
        assert {worker[0] for worker in agent.workers} == set(range(1, 51, 2))
        until_sec = line.clock.monotonic()
        for number in range(1, 51, 2):
            assert agent.longest_gap(number, until_sec) <= 10, number
        running.cancel_scope.cancel()
    sizes = [len(ids) for ids in agent.lists]
    assert min(sizes[2:]) >= min(50 - MOST_OUT, 25 - MOST_OUT)


def test_how_many_are_out_follows_how_long_they_take() -> None:
    assert most_out(1, 0.0) == 2
    assert most_out(4, 0.1) == MOST_OUT
    assert most_out(2, 10.0) == 1
    assert most_out(6, 12.0) == 3


async def test_where_no_probe_was_edited_in_place_the_list_comes_at_once() -> None:
    line = Line()
    line.list.changed()
    await line.give()
    assert line.ids == [[7]]


async def test_who_asks_is_answered_before_anything_else_is_heard() -> None:
    """Or told nothing, where the database is away: results go on to be heard."""
    line = Line()
    line.list.changed()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.give)
        with anyio.fail_after(20):
            await line.list.answered()
        assert line.ids == [[7]]
    line.fails = [OSError(111, "Connection refused")]
    line.list.changed()
    with pytest.raises(Unavailable):
        await line.give()
    with anyio.fail_after(20):
        await line.list.answered()
    await line.give()
    assert line.ids == [[7], [7]]
