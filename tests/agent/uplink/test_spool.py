import logging
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from forepost.agent.edges.files.spool_folder import Disk, SpoolFolder
from forepost.agent.uplink.segment import SEGMENT_BYTES
from forepost.agent.uplink.spool import IN_MEMORY, MOST_IN_MEMORY, Batch, Spool
from forepost.kit.health import Health
from tests.fakes.clock import FakeClock
from tests.fakes.disk import FakeDisk

DAY_SEC = 86_400


def spool(disk: Disk, clock: FakeClock | None = None, *, max_bytes: int = 1 << 30) -> Spool:
    health = Health(logging.getLogger("test"))
    return Spool(disk, clock or FakeClock(), health, max_bytes=max_bytes, max_age_sec=DAY_SEC)


def drain(of: Spool, count: int = 100, size: int = 1 << 20) -> list[tuple[int, int, bytes]]:
    """Send and acknowledge everything; (boot, seq, data) in the order of sending."""
    sent = []
    while batch := of.batch(count, size):
        sent += [(batch.boot, record.seq, record.data) for record in batch.records]
        of.ack(batch)
    return sent


def test_results_come_out_in_order_once_and_their_files_go() -> None:
    disk = FakeDisk()
    kept = spool(disk)
    for n in range(5_000):
        kept.put(b"result %d" % n + b"." * 100)
    assert len(disk.files) > 1
    sent = drain(kept)
    assert [data.split(b".")[0] for *_, data in sent] == [b"result %d" % n for n in range(5_000)]
    assert [seq for _, seq, _ in sent] == list(range(1, 5_001))
    assert kept.status.pending == 0
    assert sum(map(len, disk.files.values())) < SEGMENT_BYTES


def test_what_was_not_acknowledged_is_sent_again() -> None:
    kept = spool(FakeDisk())
    kept.put(b"a")
    kept.put(b"b")
    first = kept.batch(1, 1000)
    kept.unsent()
    again = kept.batch(10, 1000)
    assert first is not None
    assert again is not None
    assert [r.data for r in first.records] == [b"a"]
    assert [r.data for r in again.records] == [b"a", b"b"]
    assert first.records[0] == again.records[0]


def test_a_new_process_sends_what_the_last_one_left_under_its_own_boot() -> None:
    disk = FakeDisk()
    first = spool(disk)
    first.put(b"before")
    second = spool(disk)
    second.put(b"after")
    (boot_a, seq_a, a), (boot_b, seq_b, b) = drain(second)
    assert (a, b) == (b"before", b"after")
    assert boot_a != boot_b
    assert (seq_a, seq_b) == (1, 1)


def test_a_record_that_was_cut_off_is_cut_away() -> None:
    disk = FakeDisk()
    kept = spool(disk)
    kept.put(b"whole")
    kept.put(b"torn")
    (name,) = disk.names()
    disk.files[name] = disk.files[name][:-2]
    assert [data for *_, data in drain(spool(disk))] == [b"whole"]


def test_a_full_disk_keeps_results_in_memory_and_sends_them_from_there() -> None:
    disk = FakeDisk()
    kept = spool(disk)
    kept.put(b"on disk")
    disk.space = 0
    kept.put(b"in memory")
    assert kept.status.pending == 2
    assert [data for *_, data in drain(kept)] == [b"on disk", b"in memory"]
    assert kept.lost == 0


def test_a_disk_with_space_again_takes_what_waited() -> None:
    disk = FakeDisk(space=0)
    kept = spool(disk)
    kept.put(b"a")
    disk.space = 1 << 20
    kept.put(b"b")
    del kept
    assert [data for *_, data in drain(spool(disk))] == [b"a", b"b"]


def test_a_batch_from_memory_has_no_more_bytes_than_one_from_disk() -> None:
    kept = spool(FakeDisk(space=0))
    for _ in range(10):
        kept.put(b"x" * 1_000)
    sizes = []
    while batch := kept.batch(500, 3_500):
        sizes.append(len(batch.records))
        kept.ack(batch)
    assert sizes == [3, 3, 3, 1]
    kept.put(b"x" * 9_000)
    assert len(drain(kept, size=3_500)) == 1  # one at least


def test_memory_is_bounded_and_what_goes_is_counted() -> None:
    kept = spool(FakeDisk(space=0))
    for n in range(IN_MEMORY + 7):
        kept.put(b"%d" % n)
    assert kept.lost == 7
    assert len(drain(kept, count=500)) == IN_MEMORY


def test_so_are_the_bytes_in_memory() -> None:
    kept = spool(FakeDisk(space=0))
    large = bytes(MOST_IN_MEMORY // 8)
    for _ in range(11):
        kept.put(large)
    assert kept.lost == 3
    assert len(drain(kept)) == 8


def test_bytes_are_bounded_and_the_oldest_go() -> None:
    disk = FakeDisk()
    kept = spool(disk, max_bytes=4 * SEGMENT_BYTES)
    for n in range(3_000):
        kept.put(b"%06d" % n + b"." * 1_000)
    assert sum(map(len, disk.files.values())) <= 4 * SEGMENT_BYTES
    sent = drain(kept)
    assert kept.lost + len(sent) == 3_000
    assert sent[-1][2].startswith(b"002999")


@pytest.mark.anyio
async def test_age_is_bounded() -> None:
    clock = FakeClock()
    kept = spool(FakeDisk(), clock)
    kept.put(b"old")
    await clock.advance(2 * DAY_SEC)
    kept.put(b"new")
    kept.put(b"newer")
    assert kept.lost <= 1
    assert [data for *_, data in drain(kept)][-2:] == [b"new", b"newer"]


@pytest.mark.anyio
async def test_no_result_goes_because_the_wall_clock_is_set() -> None:
    disk, clock = FakeDisk(), FakeClock(datetime(1970, 1, 1, tzinfo=UTC))
    before = spool(disk, clock)
    for n in range(1_500):
        before.put(b"%d" % n + b"." * 500)
    kept = spool(disk, clock)
    kept.put(b"of this start")
    clock.set_wall(datetime(2026, 1, 1, tzinfo=UTC))
    kept.put(b"after the clock was set")
    assert (kept.lost, kept.status.pending) == (0, 1_502)


@pytest.mark.anyio
async def test_wait_returns_when_there_is_something() -> None:
    kept = spool(FakeDisk())
    seen: list[str] = []

    async def waiter() -> None:
        await kept.wait()
        seen.append("something")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(waiter)
        await anyio.wait_all_tasks_blocked()
        assert seen == []
        kept.put(b"x")
    assert seen == ["something"]


@pytest.mark.anyio
async def test_what_was_written_is_synced_within_a_second() -> None:
    disk, clock = FakeDisk(), FakeClock()
    kept = spool(disk, clock)
    kept.put(b"x")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kept.run)
        await clock.advance(1.1)
        with anyio.fail_after(20):
            while not disk.synced:  # noqa: ASYNC110 - it is another thread that does it
                await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()
    assert disk.synced == disk.files


def test_a_real_folder_does_the_same(tmp_path: Path) -> None:
    kept = spool(SpoolFolder(tmp_path / "spool"))
    for n in range(2_000):
        kept.put(b"%d" % n + b"." * 500)
    assert (tmp_path / "spool").stat().st_mode & 0o777 == 0o700
    batch = kept.batch(1_500, 1 << 20)
    assert batch is not None
    kept.ack(batch)
    rest = drain(spool(SpoolFolder(tmp_path / "spool")))
    sent = {record.data for record in batch.records} | {data for *_, data in rest}
    assert len(sent) == 2_000


class NothingIsLost(RuleBasedStateMachine):
    """Whatever happens in whatever order: a result is pending until it is acknowledged."""

    def __init__(self) -> None:
        super().__init__()
        self.disk = FakeDisk()
        self.spool = spool(self.disk)
        self.n = 0
        self.owed: set[bytes] = set()
        self.batch: Batch | None = None

    @rule(size=st.sampled_from([1, 100, 70_000]))
    def put(self, size: int) -> None:
        self.n += 1
        data = b"%d." % self.n + b"x" * size
        self.spool.put(data)
        self.owed.add(data)

    @rule(count=st.integers(1, 5), size=st.sampled_from([1, 1_000, 500_000]))
    def send(self, count: int, size: int) -> None:
        self.batch = self.spool.batch(count, size)

    @precondition(lambda self: self.batch is not None)
    @rule()
    def acknowledge(self) -> None:
        assert self.batch is not None
        self.spool.ack(self.batch)
        self.owed -= {record.data for record in self.batch.records}
        self.batch = None

    @rule()
    def link_breaks(self) -> None:
        self.spool.unsent()
        self.batch = None

    @rule(full=st.booleans())
    def disk_fills_or_empties(self, full: bool) -> None:
        self.disk.space = 0 if full else 1 << 40

    @precondition(lambda self: self.disk.space > 0)
    @rule()
    def process_dies(self) -> None:
        self.spool.put(b"last")  # brings what waits in memory to disk, as the next result would
        self.owed.add(b"last")
        if self.spool.status.pending and not self.batch:
            self.spool = spool(self.disk)

    @invariant()
    def everything_owed_is_still_there(self) -> None:
        assert self.spool.lost == 0
        assert self.spool.status.pending >= len(self.owed)

    def teardown(self) -> None:
        self.spool.unsent()
        assert self.owed <= {data for *_, data in drain(self.spool)}


NothingIsLost.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestNothingIsLost = NothingIsLost.TestCase
