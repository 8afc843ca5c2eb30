from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.probes import ping
from forepost.agent.probes.measurements import Key, measurements
from forepost.agent.probes.schedule import (
    Scheduler,
    phase,
)
from forepost.wire.probes.dns import DnsOptions
from forepost.wire.probes.effective import options_of
from forepost.wire.probes.ping import PingOptions
from forepost.wire.probes.probe import Probe, ProbeTarget
from forepost.wire.uplink.messages import ProbePost
from tests.fakes.clock import START, FakeClock
from tests.fakes.net import FakeNet, fake_edges

pytestmark = pytest.mark.anyio


KEYS: st.SearchStrategy[Key] = st.tuples(
    st.integers(0, 3), st.sampled_from(["PING", "SYSINFO"]), st.sampled_from(["", "a"])
)


def probe(probe_id: int = 1, kind: str = "PING", *targets: str, **more: object) -> Probe:
    asked: dict[str, Any] = {"interval_sec": 10, "timeout_sec": 1, "count": 1, **more}
    return Probe(
        id=probe_id,
        created_at=START,
        updated_at=START,
        workspace_id=1,
        agent_id=1,
        type=kind,
        targets=[
            ProbeTarget(id=i, created_at=START, updated_at=START, probe_id=probe_id, target=target)
            for i, target in enumerate(targets)
        ],
        **asked,
    )


class Site:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.net = FakeNet(self.clock)
        self.posts: list[tuple[float, ProbePost]] = []
        self.deaf = False
        self.scheduler: Scheduler

    async def deliver(self, post: ProbePost) -> None:
        if self.deaf:
            raise OSError("disk full")
        self.posts.append((self.clock.monotonic(), post))

    def times(self, target: str) -> list[float]:
        return [at for at, post in self.posts if post.target == target]


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    made = Site()
    async with anyio.create_task_group() as tasks:
        made.scheduler = Scheduler(tasks, made.clock, fake_edges(made.net), made.deliver)
        yield made
        tasks.cancel_scope.cancel()


async def test_every_target_is_measured_on_its_own_steady_cadence() -> None:
    async with site() as here:
        assert here.scheduler.want([probe(7, "PING", "198.18.0.2", "198.18.0.3")]) == []
        await here.clock.advance(100)
        for target in ("198.18.0.2", "198.18.0.3"):
            first = 1000 + phase((7, "PING", target), "", 10)
            expected = [first + 10 * k + 0.001 for k in range(10)]
            assert here.times(target) == pytest.approx(expected)
        assert len({here.posts[0][0], here.posts[1][0]}) == 2


async def test_a_lost_round_does_not_hold_up_the_next() -> None:
    async with site() as here:
        here.net.silent.add("198.18.0.2")
        here.scheduler.want([probe(1, "PING", "198.18.0.2", interval_sec=1, timeout_sec=3)])
        await here.clock.advance(20)
        times = here.times("198.18.0.2")
        assert len(times) >= 16
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert gaps == pytest.approx([1.0] * len(gaps))


async def test_turns_that_were_missed_are_left_out() -> None:
    async with site() as here:
        here.scheduler.want([probe(1, "PING", "198.18.0.2")])
        await here.clock.advance(20)
        before = here.times("198.18.0.2")
        await here.clock.suspend(3605)
        await here.clock.advance(20)
        after = here.times("198.18.0.2")[len(before) :]
        assert len(after) == 3
        assert after[1] - before[0] == pytest.approx(round((after[1] - before[0]) / 10) * 10)


async def test_wanting_the_same_again_changes_nothing() -> None:
    async with site() as here:
        here.scheduler.want([probe(1, "PING", "198.18.0.2")])
        await here.clock.advance(15)
        edited = probe(1, "PING", "198.18.0.2", labels={"a": 1}, metadata={"b": 2})
        here.scheduler.want([edited])
        await here.clock.advance(15)
        times = here.times("198.18.0.2")
        assert times[1:] == pytest.approx([times[0] + 10 * k for k in range(1, len(times))])


async def test_an_edited_a_disabled_and_a_removed_probe() -> None:
    async with site() as here:
        here.scheduler.want([probe(1, "PING", "198.18.0.2"), probe(2, "PING", "198.18.0.3")])
        await here.clock.advance(20)
        edited = [
            probe(1, "PING", "198.18.0.2", count=3),
            probe(2, "PING", "198.18.0.3", enabled=False),
        ]
        here.scheduler.want(edited)
        here.net.asked.clear()
        await here.clock.advance(20)
        assert {(asked.address, asked.count) for asked in here.net.asked} == {("198.18.0.2", 3)}
        here.scheduler.want([])
        here.net.asked.clear()
        await here.clock.advance(60)
        assert here.net.asked == []
        assert here.clock.sleepers == 0


async def test_a_probe_that_is_stopped_in_a_round_forgets_it() -> None:
    async with site() as here:
        here.scheduler.want([probe(1, "PING", "198.18.0.2", count=5)])
        await here.clock.advance(phase((1, "PING", "198.18.0.2"), "", 10) + 2.5)
        here.scheduler.want([])
        await here.clock.advance(0)
        assert here.net.forgotten == 1
        assert here.clock.sleepers == 0


async def test_a_fault_is_said_once_and_never_the_end(caplog: pytest.LogCaptureFixture) -> None:
    async with site() as here:
        here.net.fails = RuntimeError("broken")
        here.scheduler.want([probe(1, "PING", "198.18.0.2"), probe(2, "SYSINFO")])
        await here.clock.advance(50)
        warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
        assert warnings == ["probe 1 PING 198.18.0.2: RuntimeError: broken"]
        here.net.fails = None
        here.deaf = True
        await here.clock.advance(20)
        here.deaf = False
        await here.clock.advance(20)
        assert here.times("198.18.0.2")


async def test_types_that_measure_the_host_run_once_an_interval() -> None:
    async with site() as here:
        here.scheduler.want([probe(0, "SYSINFO", interval_sec=60), probe(0, "NETINFO")])
        await here.clock.advance(59)
        kinds = [post.type for _, post in here.posts]
        assert kinds.count("SYSINFO") == 1
        assert kinds.count("NETINFO") in (5, 6)
        assert all(post.probe_id == 0 and post.target == "" for _, post in here.posts)


def test_what_cannot_be_run_is_named_and_costs_nothing_else() -> None:
    wanted, unsupported = measurements(
        [probe(7, "RPERF", "198.18.0.2"), probe(8, "PING"), probe(9, "PING", "198.18.0.2")]
    )
    assert unsupported == ["probe 7: type RPERF", "probe 8: PING without a target"]
    assert set(wanted) == {(9, "PING", "198.18.0.2")}


def test_the_metadata_is_read_and_what_is_wrong_in_it_is_named() -> None:
    wanted, unsupported = measurements(
        [
            probe(1, "DNS", "a.example", "b.example", metadata={"protocol": "tcp"}),
            probe(2, "DNS", "a.example", metadata={"protocol": "quic"}),
            probe(3, "HTTP", metadata={"url": "https://a.example/", "method": "HEAD"}),
            probe(4, "TLS", "a.example:443", metadata={"target": "b.example:443"}),
            probe(5, "SNMP", metadata={"version": "2c"}),
            probe(6, "TCP", "a.example:22", metadata=None),
        ]
    )
    assert set(wanted) == {
        (1, "DNS", "a.example"),
        (1, "DNS", "b.example"),
        (3, "HTTP", "https://a.example/"),
        (4, "TLS", "a.example:443"),
        (6, "TCP", "a.example:22"),
    }
    assert unsupported == [
        "probe 2: DNS: protocol: invalid enum value 'quic': not one of doh, dot, tcp, udp",
        "probe 5: SNMP without a target",
    ]
    assert wanted[1, "DNS", "a.example"].options == DnsOptions(
        interval_sec=10, timeout_sec=1, count=1, protocol="tcp"
    )


async def test_an_edit_of_what_is_asked_begins_anew_and_other_metadata_does_not() -> None:
    async with site() as here:
        here.scheduler.want([probe(1, "TCP", "198.18.0.2:80", metadata={"note": 1})])
        await here.clock.advance(12)
        assert [post.type for _, post in here.posts][:1] == ["TCP"]
        before = len(here.posts)
        here.scheduler.want([probe(1, "TCP", "198.18.0.2:80", metadata={"timeout_sec": 3})])
        await here.clock.advance(12)
        assert len(here.posts) > before
        assert b"connection refused" in bytes(here.posts[-1][1].payload)


def test_what_the_controller_leaves_open_is_filled_in() -> None:
    asked = probe(1, "PING", "198.18.0.2", interval_sec=0, timeout_sec=0, count=-1)
    wanted, _ = measurements([asked, probe(0, "NETINFO", interval_sec=0)])
    ping = wanted[1, "PING", "198.18.0.2"].options
    assert (ping.interval_sec, ping.timeout_sec, ping.count) == (60, 10, 0)
    assert wanted[0, "NETINFO", ""].options.interval_sec == 600


@given(KEYS, st.text(max_size=5), st.floats(0.1, 10))
def test_the_phase_is_stable_and_within_its_bound(key: Key, salt: str, within: float) -> None:
    assert 0 <= phase(key, salt, within) < within
    assert phase(key, salt, within) == phase(key, salt, within)


async def test_a_result_is_of_the_time_at_which_its_round_began() -> None:
    async with site() as here:
        here.net.rtt_ns = 800_000_000
        here.scheduler.want([probe(1, "PING", "198.18.0.2", interval_sec=5, timeout_sec=4)])
        await here.clock.advance(60)
        first = 1000 + phase((1, "PING", "198.18.0.2"), "", 5)
        began = [(post.created_at - START).total_seconds() + 1000 for _, post in here.posts]
        assert began == pytest.approx([first + 5 * k for k in range(len(began))])
        assert [at - 0.8 for at, _ in here.posts] == pytest.approx(began)


async def test_results_come_in_the_order_in_which_their_rounds_began() -> None:
    async with site() as here:
        asked = probe(1, "PING", "198.18.0.2", interval_sec=5, timeout_sec=10)
        here.scheduler.want([asked])
        for lost in (False, True, False, False, True, False, False, False):
            (here.net.silent.add if lost else here.net.silent.discard)("198.18.0.2")
            await here.clock.advance(5)
        await here.clock.advance(15)
        began = [post.created_at for _, post in here.posts]
        assert len(began) >= 8
        assert began == sorted(began)
        gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(began)]
        assert gaps == pytest.approx([5.0] * len(gaps))


async def test_a_clock_that_is_set_during_a_round_does_not_move_its_beginning() -> None:
    async with site() as here:
        here.net.rtt_ns = 900_000_000
        here.scheduler.want([probe(1, "PING", "198.18.0.2")])
        first = phase((1, "PING", "198.18.0.2"), "", 10)
        await here.clock.advance(first + 0.5)
        here.clock.set_wall(START + timedelta(days=1))
        await here.clock.advance(0.5)
        ((_, post),) = here.posts
        at = START + timedelta(days=1) - timedelta(seconds=0.5)
        assert abs((post.created_at - at).total_seconds()) < 0.001


@pytest.mark.parametrize(("interval", "timeout"), [(60, 10), (20, 10), (10, 5), (5, 2), (1, 1)])
def test_the_usual_timeout_never_exceeds_the_interval(interval: int, timeout: int) -> None:
    options = options_of(probe(interval_sec=interval, timeout_sec=0))
    assert options.timeout_sec == timeout


@given(st.integers(2, 100), st.integers(2, 100), st.integers(1, 99))
def test_where_there_is_room_a_round_ends_before_the_next_begins(
    count: int, interval: int, timeout: int
) -> None:
    asked = PingOptions(interval_sec=interval, timeout_sec=min(timeout, interval - 1), count=count)
    sent, gap_sec = ping.plan(asked)
    least = (sent - 1) * 0.02 + asked.timeout_sec
    assert (sent - 1) * gap_sec + asked.timeout_sec <= max(interval, least) + 1e-9
