import itertools
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
import msgspec
import pytest

from forepost.controller.pipeline import (
    GROUP,
    TOGETHER,
    TURN_SEC,
    Follower,
    Offer,
    Pipeline,
    each_in_turn,
    identity_of,
    report_of,
)
from forepost.controller.series.port import Row
from forepost.kit.health import Health
from forepost.wire.uplink.messages import ProbePost
from tests.fakes.clock import START, FakeClock
from tests.fakes.series import FakeSeries

pytestmark = pytest.mark.anyio


class Bench:
    """A pipeline on fakes, and what it said to whom, in order."""

    def __init__(self) -> None:
        self.series, self.clock = FakeSeries(), FakeClock()
        self.health = Health(logging.getLogger("test"))
        self.said: list[str] = []
        self.pipeline = Pipeline(self.series, self.publish, self.clock, self.health)  # type: ignore[arg-type]

    def publish(self, workspace_id: int, rows: Sequence[Row]) -> None:
        self.said.append(f"live {workspace_id}: {[row.identity for row in rows]}")

    def offer(self, *identities: int, workspace: int = 1) -> None:
        name = f"{workspace}: {list(identities)}"
        self.pipeline.offer(
            Offer(
                workspace,
                [row(identity) for identity in identities],
                lambda why_not: self.said.append(f"{why_not or 'kept'} {name}"),
            )
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.pipeline.run)
            yield
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()


class BusyClock(FakeClock):
    """Of a machine on which all takes long."""

    def monotonic(self) -> float:
        self._pass(2 * TURN_SEC)
        return super().monotonic()


def row(identity: int) -> Row:
    post = ProbePost(created_at=START, type="PING", payload=b"{}")  # type: ignore[arg-type]
    return report_of(
        post, identity=identity, agent_id=1, probe_agent_id=1, target_agent=0, received=START
    )


async def test_what_waits_is_committed_at_once_then_acknowledged_then_shown() -> None:
    bench = Bench()
    bench.offer(1)
    bench.offer(2, 3, workspace=2)
    async with bench.running():
        pass
    assert bench.series.commits == [3]
    assert bench.said == ["kept 1: [1]", "live 1: [1]", "kept 2: [2, 3]", "live 2: [2, 3]"]
    assert (bench.pipeline.stored, bench.pipeline.replayed) == (3, 0)


async def test_a_replay_is_acknowledged_and_counted() -> None:
    bench = Bench()
    async with bench.running():
        bench.offer(7)
        await anyio.wait_all_tasks_blocked()
        bench.offer(7)
    assert bench.said.count("kept 1: [7]") == 2
    assert (bench.pipeline.stored, bench.pipeline.replayed) == (1, 1)


async def test_while_the_disk_is_full_nobody_is_acknowledged_and_nothing_is_lost() -> None:
    bench = Bench()
    bench.series.full = True
    async with bench.running():
        bench.offer(1)
        await bench.clock.advance(10)
        bench.offer(2)
        await bench.clock.advance(10)
        assert bench.said == []
        assert bench.health.problems == {"series": "the disk is full"}
        bench.series.full = False
        await bench.clock.advance(40)
    assert [said for said in bench.said if said.startswith("kept")] == [
        "kept 1: [1]",
        "kept 1: [2]",
    ]
    assert bench.health.problems == {}


async def test_a_row_that_cannot_be_stored_costs_nobody_else() -> None:
    bench = Bench()
    bench.series.poison = {2}
    for identity in (1, 2, 3):
        bench.offer(identity)
    async with bench.running():
        pass
    assert [said for said in bench.said if not said.startswith("live")] == [
        "kept 1: [1]",
        "cannot be stored: too large 1: [2]",
        "kept 1: [3]",
    ]


async def test_one_who_cannot_be_told_does_not_keep_it_from_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench()

    def broken(why_not: str) -> None:
        raise OSError("gone")

    bench.pipeline.offer(Offer(1, [row(1)], broken))
    bench.offer(2)
    async with bench.running():
        pass
    assert bench.said == ["kept 1: [2]", "live 1: [2]"]
    assert "could not be told" in caplog.text


async def test_a_crowd_is_committed_in_groups() -> None:
    bench = Bench()
    for identity in range(GROUP + 1):
        bench.offer(identity)
    async with bench.running():
        pass
    assert bench.series.commits == [GROUP, 1]


def test_results_of_one_start_have_names_of_their_own() -> None:
    assert identity_of(0, 0) == 0
    names = {identity_of(2**62 + 5, seq) for seq in range(1_000)}
    assert len(names) == 1_000
    assert all(0 <= name < 2**63 for name in names)


def test_a_fault_of_one_follower_does_not_keep_rows_from_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    came: list[int] = []

    def broken(workspace_id: int, rows: Sequence[Row]) -> None:
        raise KeyError("x")

    followers = [Follower(broken), Follower(lambda workspace_id, _: came.append(workspace_id))]
    each_in_turn(followers)(7, [row(1)])
    assert came == [7]
    assert "not followed up" in caplog.text


def test_a_follower_sees_the_types_that_it_names() -> None:
    came: list[Sequence[Row]] = []
    followers: list[Follower] = []
    publish = each_in_turn(followers)
    followers.append(Follower(lambda _, rows: came.append(rows), frozenset({"NETINFO"})))
    ping = row(1)
    netinfo = msgspec.structs.replace(row(2), type="NETINFO")
    publish(7, [ping, netinfo])
    publish(7, [ping])
    assert came == [[netinfo]]


def test_what_a_url_hides_is_not_in_the_reason_of_a_trigger_either() -> None:
    post = ProbePost(
        created_at=START,
        type="HTTP",
        payload=b"{}",  # type: ignore[arg-type]
        target="https://u:s3cr3t-pw@h.example/?token=abcdef",
        triggered=True,
        triggered_reason="GET https://u:s3cr3t-pw@h.example/?token=abcdef: 503",
    )
    kept = report_of(post, identity=1, agent_id=1, probe_agent_id=1, target_agent=0, received=START)
    assert kept.triggered_reason == "GET https://***@h.example/?***: 503"


async def test_others_have_a_turn_while_much_follows_from_results() -> None:
    """500 rows, each judged by 150 rules, kept the loop for a second; there may be 5,000 rules."""
    bench = Bench()
    turns: list[int] = []

    def judged(_workspace_id: int, rows: Sequence[Row]) -> None:
        bench.said.extend(str(row.identity) for row in rows)

    async def other() -> None:
        while True:
            turns.append(len(bench.said))
            await anyio.lowlevel.checkpoint()

    pipeline = Pipeline(bench.series, judged, BusyClock(), bench.health)  # type: ignore[arg-type]
    pipeline.offer(Offer(1, [row(identity) for identity in range(50)], lambda _why_not: None))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(pipeline.run)
        tasks.start_soon(other)
        with anyio.fail_after(20):
            while len(bench.said) < 50:
                await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    assert bench.said == [str(identity) for identity in range(50)]
    assert max(after - before for before, after in itertools.pairwise(turns)) <= TOGETHER
