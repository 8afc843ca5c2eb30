"""Loss of one probe makes another run once more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import anyio
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.probes.schedule import MOST_EXTRA, Scheduler
from forepost.agent.probes.triggers import COUNT, Key, Triggers
from forepost.wire.probes.mtr import MtrOptions
from forepost.wire.probes.options import Options
from forepost.wire.probes.ping import PingOptions, PingResult
from forepost.wire.probes.probe import Probe, ProbeTarget
from forepost.wire.uplink.messages import ProbePost
from tests.fakes.clock import START, FakeClock
from tests.fakes.net import FakeNet, fake_edges
from tests.fakes.trace import FakeTrace

pytestmark = pytest.mark.anyio

PING: Key = (1, "PING", "198.18.0.9")
MTR: Key = (2, "MTR", "198.18.0.9")
OTHER: Key = (3, "MTR", "198.18.0.8")
RUNNING: dict[Key, Options] = {PING: PingOptions(), MTR: MtrOptions(), OTHER: MtrOptions()}


def lost(pct: float, sent: int = 10) -> PingResult:
    return PingResult(
        start_timestamp=START,
        stop_timestamp=START,
        packets_recv=0,
        packets_sent=sent,
        packet_loss=pct,
        addr="198.18.0.9",
    )


def test_only_loss_above_the_limit_asks_and_only_of_the_same_target() -> None:
    triggers = Triggers()
    assert triggers.asked(PING, lost(5), RUNNING, 0) == {}
    assert triggers.asked(PING, lost(100, sent=0), RUNNING, 0) == {}
    reason = "PING of probe 1 lost 20 % towards 198.18.0.9"
    assert triggers.asked(PING, lost(20), RUNNING, 0) == {MTR: reason}
    never = RUNNING | {MTR: MtrOptions(trigger_loss_pct=100)}
    assert triggers.asked(PING, lost(100), never, 0) == {}


@given(st.lists(st.floats(0, 300), max_size=30))
def test_no_probe_runs_extra_twice_within_its_cooldown(pauses: list[float]) -> None:
    triggers, now, made = Triggers(), 0.0, list[float]()
    for pause in pauses:
        now += pause
        for key in triggers.asked(PING, lost(50), RUNNING, now):
            triggers.made(key, now)
            made.append(now)
    assert all(b - a >= 600 for a, b in pairwise(made))
    assert bool(made) == bool(pauses)


def probe(key: Key, interval_sec: int, **metadata: object) -> Probe:
    number, kind, target = key
    return Probe(
        id=number,
        created_at=START,
        updated_at=START,
        workspace_id=1,
        agent_id=1,
        type=kind,
        interval_sec=interval_sec,
        timeout_sec=1,
        metadata=metadata,
        targets=[
            ProbeTarget(id=1, created_at=START, updated_at=START, probe_id=number, target=target)
        ],
    )


class Site:
    def __init__(self, tasks: anyio.abc.TaskGroup, lasts_sec: float) -> None:
        self.clock = FakeClock()
        self.net, self.trace = FakeNet(self.clock), FakeTrace(self.clock, lasts_sec=lasts_sec)
        self.posts: list[ProbePost] = []
        edges = fake_edges(self.net, trace=self.trace)
        self.scheduler = Scheduler(tasks, self.clock, edges, self.deliver)

    async def deliver(self, post: ProbePost) -> None:
        self.posts.append(post)

    def triggered(self) -> list[ProbePost]:
        return [post for post in self.posts if post.triggered]


@asynccontextmanager
async def site(lasts_sec: float = 0.0) -> AsyncIterator[Site]:
    async with anyio.create_task_group() as tasks:
        yield Site(tasks, lasts_sec)
        tasks.cancel_scope.cancel()


async def test_a_ping_that_loses_makes_the_mtr_of_its_target_run_once_more() -> None:
    async with site() as here:
        here.scheduler.want([probe(PING, 10), probe(MTR, 3_600), probe(OTHER, 3_600)])
        await here.clock.advance(60)
        assert here.triggered() == []
        here.net.silent.add(PING[2])
        await here.clock.advance(60)
        (post,) = here.triggered()
        assert (post.probe_id, post.type, post.target) == MTR
        assert post.triggered_reason == "PING of probe 1 lost 100 % towards 198.18.0.9"
        payload: Any = msgspec.json.decode(post.payload)
        assert payload["report"]["hops"][0]["sent"] == COUNT
        await here.clock.advance(600)
        assert len(here.triggered()) == 2, "again after the cooldown"


async def test_extra_runs_at_once_have_a_bound() -> None:
    keys: list[Key] = [(number, "MTR", PING[2]) for number in range(10, 10 + 2 * MOST_EXTRA)]
    async with site(lasts_sec=5) as here:
        here.net.silent.add(PING[2])
        here.scheduler.want([probe(PING, 100), *(probe(key, 3_600) for key in keys)])
        await here.clock.advance(80)
        assert len(here.triggered()) == MOST_EXTRA


async def test_a_probe_that_is_taken_away_ends_its_extra_run() -> None:
    async with site(lasts_sec=50) as here:
        here.net.silent.add(PING[2])
        here.scheduler.want([probe(PING, 30), probe(MTR, 3_600)])
        await here.clock.advance(45)
        assert here.trace.plans[-1].count == COUNT
        here.scheduler.want([probe(PING, 30)])
        await here.clock.advance(100)
        assert here.triggered() == []
