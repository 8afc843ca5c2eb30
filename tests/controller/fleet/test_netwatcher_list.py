"""NetWatcher's agent loses a probe that is edited in place: it has to be gone for a while."""

from collections.abc import Sequence
from datetime import UTC, datetime

import anyio
import anyio.lowlevel
import msgspec
import pytest

from forepost.controller.fleet.netwatcher_list import SETTLE_SEC, NetWatcherList
from forepost.controller.fleet.store import Enrolled
from forepost.kit.errors import Unavailable
from forepost.wire.probes.probe import Probe
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio

AGENT_1 = Enrolled(1, 1, "x", deleted=False, version="0.1.0", capabilities=frozenset())


def probe(probe_id: int) -> Probe:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Probe(
        id=probe_id,
        created_at=at,
        updated_at=at,
        workspace_id=1,
        agent_id=1,
        type="PING",
        interval_sec=5,
        labels={},
        metadata={},
        targets=[],
    )


class Line:
    """What was said to the agent: the ids of each list."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.probes = [probe(7)]
        self.list = NetWatcherList(self.read, AGENT_1, self.clock)
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
    line.list.changed(7)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.give)
        while not line.ids:
            await anyio.lowlevel.checkpoint()
        line.probes = [probe(7), probe(8)]
        line.list.changed()
        await line.clock.advance(SETTLE_SEC * 0.9)
        assert line.ids == [[]]
        await line.clock.advance(SETTLE_SEC * 0.1)
    assert line.ids == [[], [7, 8], [7, 8]]


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
