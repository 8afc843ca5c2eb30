"""Two tasks may have an agent's list sent. What is sent last must be what was read last."""

from collections.abc import Sequence
from datetime import UTC, datetime

import anyio
import anyio.lowlevel
import msgspec
import pytest

from forepost.controller.fleet.given_probes import MOST_REPEATS, SETTLE_SEC, GivenProbes
from forepost.controller.fleet.store import Enrolled
from forepost.wire.probes.probe import Probe
from forepost.wire.uplink.messages import AGENT, FOREPOST
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


class SlowStore:
    """Lists that take their time: what is read is what was there when the reading began."""

    def __init__(self) -> None:
        self.revision, self.probes = "OLD", [probe(7)]
        self.turns = [20]

    async def probes_of(self, workspace_id: int, agent_id: int) -> tuple[str, list[Probe]]:
        found = self.revision, self.probes
        for _ in range(self.turns.pop(0) if self.turns else 1):
            await anyio.lowlevel.checkpoint()
        return found

    def keys_of(
        self, workspace_id: int, agent_id: int, probes: Sequence[Probe]
    ) -> dict[int, bytes]:
        return {}


class Line:
    """What was said to the agent."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def say(self, text: str) -> None:
        await anyio.lowlevel.checkpoint()
        self.said.append(text)

    @property
    def revisions(self) -> list[str]:
        start = ";forepost;;want;0;0;"
        return [msgspec.json.decode(text.removeprefix(start))["revision"] for text in self.said]

    @property
    def ids(self) -> list[list[int]]:
        start = ";agent;;probe_get;0;0;"
        return [
            [one["id"] for one in msgspec.json.decode(text.removeprefix(start))]
            for text in self.said
        ]


async def test_an_edit_while_the_greeting_is_answered_is_not_undone() -> None:
    store, line = SlowStore(), Line()
    given = GivenProbes(store, AGENT_1, line.say, FakeClock())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(given.give, FOREPOST)
        while store.turns:  # until the older list is being read
            await anyio.lowlevel.checkpoint()
        store.revision = "NEW"
        tasks.start_soon(given.give, FOREPOST)
    assert line.revisions == ["OLD", "NEW"]


async def test_an_edited_probe_stays_away_until_netwatchers_agent_has_lost_it() -> None:
    """A list asked for in between would bring it back too early: who asks waits."""
    store, line, clock = SlowStore(), Line(), FakeClock()
    given = GivenProbes(store, AGENT_1, line.say, clock)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(given.give_edited, {7})
        while not line.said:
            await anyio.lowlevel.checkpoint()
        store.probes = [probe(7), probe(8)]
        tasks.start_soon(given.give, AGENT)
        await clock.advance(SETTLE_SEC * 0.9)
        assert line.ids == [[]]
        await clock.advance(SETTLE_SEC * 0.1)
    assert line.ids == [[], [7, 8], [7, 8]]


async def test_where_no_probe_was_edited_in_place_the_list_comes_at_once() -> None:
    line = Line()
    given = GivenProbes(SlowStore(), AGENT_1, line.say, FakeClock())
    await given.give_edited(set())
    assert line.ids == [[7]]


async def test_an_agent_that_runs_another_list_is_given_its_own_again() -> None:
    store, line = SlowStore(), Line()
    given = GivenProbes(store, AGENT_1, line.say, FakeClock())
    await given.give(FOREPOST)
    store.revision = "NEW"
    await given.give(FOREPOST)
    assert not given.differs("OLD")  # the newer one is on its way
    assert not given.differs("NEW")
    assert given.differs("OLD")
    await given.give(FOREPOST)
    assert not given.differs("NEW")


async def test_an_agent_that_never_takes_its_list_is_not_sent_it_for_ever() -> None:
    given = GivenProbes(SlowStore(), AGENT_1, Line().say, FakeClock())
    await given.give(FOREPOST)
    repeated = 0
    for _ in range(100):
        if given.differs("mine"):
            repeated += 1
            await given.give(FOREPOST)
    assert repeated == MOST_REPEATS
