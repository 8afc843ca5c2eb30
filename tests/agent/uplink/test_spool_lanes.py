"""What is measured now goes before what waits, and waits in memory while all goes well."""

import logging
from collections import Counter
from pathlib import Path
from typing import Literal

import anyio
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from forepost.agent.edges.files.spool_folder import Disk, SpoolFolder
from forepost.agent.uplink.lanes import ONE_OF
from forepost.agent.uplink.segment import SEGMENT_BYTES
from forepost.agent.uplink.spool import BYTES_IN_MEMORY, SMALL_BYTES, SYNC_SEC, Batch, Spool
from forepost.kit.health import Health
from tests.agent.uplink.test_spool import drain
from tests.fakes.clock import FakeClock
from tests.fakes.disk import FakeDisk

SYNC = 5


def spool(
    disk: Disk,
    clock: FakeClock | None = None,
    *,
    sync_sec: int = SYNC,
    backlog: Literal["oldest", "newest"] = "oldest",
) -> Spool:
    health = Health(logging.getLogger("test"))
    return Spool(
        disk,
        clock or FakeClock(),
        health,
        max_bytes=1 << 30,
        max_age_sec=86_400,
        sync_sec=sync_sec,
        backlog=backlog,
    )


def fill(of: Spool, word: str, count: int, size: int = 1_000) -> list[bytes]:
    made = [f"{word} {n} ".encode() + b"." * size for n in range(count)]
    for data in made:
        of.put(data)
    return made


def words(batch: Batch | None) -> list[str]:
    assert batch is not None
    return [record.data.split(b" .")[0].decode() for record in batch.records]


def sent(of: Spool, size: int = 20_000) -> list[str]:
    """Everything, in the order of sending."""
    found = []
    while batch := of.batch(500, size):
        found += words(batch)
        of.ack(batch)
    return found


def test_live_results_go_before_the_backlog_and_it_is_never_starved() -> None:
    kept = spool(FakeDisk())
    fill(kept, "before", 400)
    kept.begin()
    lanes = []
    for _ in range(40):
        fill(kept, "live", 1)
        batch = kept.batch(500, 4_000)
        lanes.append(words(batch)[0].split()[0])
        assert batch is not None
        kept.ack(batch)
    assert lanes[0] == "live"
    assert Counter(lanes) == {"live": 30, "before": 10}
    for start in range(40 - ONE_OF + 1):
        assert "before" in lanes[start : start + ONE_OF]
    rest = sent(kept)
    before = [word for word in rest if word.startswith("before")]
    assert before == sorted(before, key=lambda word: int(word.split()[1]))


def test_without_live_results_the_line_is_the_backlogs() -> None:
    kept = spool(FakeDisk())
    fill(kept, "before", 100)
    kept.begin()
    assert {word.split()[0] for word in sent(kept)} == {"before"}


@pytest.mark.parametrize(
    ("order", "expected"),
    [("oldest", ["a", "b", "c"]), ("newest", ["c", "b", "a"])],
)
def test_outages_go_in_the_order_that_is_set_each_from_its_beginning(
    order: Literal["oldest", "newest"], expected: list[str]
) -> None:
    kept = spool(FakeDisk(), backlog=order)
    for word in ("a", "b", "c"):
        fill(kept, word, 700)
        kept.begin()
        kept.unsent()
    kept.begin()
    found = sent(kept)
    assert list(dict.fromkeys(word.split()[0] for word in found)) == expected
    for word in expected:
        assert [one for one in found if one.split()[0] == word] == [
            f"{word} {n}" for n in range(700)
        ]


def test_outages_are_known_again_after_a_crash() -> None:
    disk = FakeDisk()
    kept = spool(disk)
    for word in ("a", "b"):
        fill(kept, word, 700)
        kept.begin()
        kept.unsent()
    after = spool(disk, backlog="newest")
    fill(after, "c", 10)
    after.begin()
    found = sent(after)
    # the few of this start are sent as live ones are
    assert list(dict.fromkeys(word.split()[0] for word in found)) == ["c", "b", "a"]
    assert len(found) == 1_410


def test_what_arrived_before_older_results_is_not_missing_after_a_crash() -> None:
    disk = FakeDisk()
    kept = spool(disk, sync_sec=0)
    fill(kept, "before", 100)
    kept.begin()
    fill(kept, "live", 100)
    for _ in range(3):
        batch = kept.batch(500, 1 << 20)
        assert words(batch)[0].startswith("live")
        assert batch is not None
        kept.ack(batch)
        fill(kept, "live", 100)
    kept.unsent()
    after = spool(disk)
    assert (after.lost, after.status.pending) == (0, 200)


def test_a_line_that_breaks_all_the_time_leaves_no_file_each_time() -> None:
    disk = FakeDisk()
    kept = spool(disk)
    for _ in range(200):
        fill(kept, "some", 2, size=200)
        kept.begin()
        kept.batch(500, 8_000)
        kept.unsent()
    assert len(disk.files) <= 200 * 2 * 300 // SMALL_BYTES + 1


def test_while_all_is_acknowledged_nothing_is_written() -> None:
    disk = FakeDisk()
    kept = spool(disk)
    kept.begin()
    for _ in range(100):
        fill(kept, "live", 3)
        assert drain(kept)
    assert disk.files == {}
    assert kept.status.pending == 0


def test_with_zero_everything_is_written_at_once() -> None:
    disk = FakeDisk()
    kept = spool(disk, sync_sec=0)
    kept.begin()
    fill(kept, "live", 3)
    assert [word for *_, word in drain(spool(disk))]


def test_without_a_conversation_it_is_written_at_once() -> None:
    disk = FakeDisk()
    kept = spool(disk)
    fill(kept, "a", 1)
    kept.begin()
    fill(kept, "b", 1)
    kept.unsent()  # what waited in memory until now
    fill(kept, "c", 1)
    assert [data.split()[0] for *_, data in drain(spool(disk))] == [b"a", b"b", b"c"]


def test_memory_takes_no_more_than_is_good() -> None:
    disk = FakeDisk()
    kept = spool(disk)
    kept.begin()
    fill(kept, "live", 2 * BYTES_IN_MEMORY // 1_000)
    assert sum(map(len, disk.files.values())) > BYTES_IN_MEMORY
    assert kept.lost == 0


@pytest.mark.anyio
async def test_what_is_not_acknowledged_in_time_is_written_and_then_acknowledged_once() -> None:
    disk, clock = FakeDisk(), FakeClock()
    kept = spool(disk, clock)
    kept.begin()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kept.run)
        fill(kept, "late", 5)
        batch = kept.batch(3, 1 << 20)
        assert batch is not None
        await clock.advance(SYNC - SYNC_SEC - 0.5)
        assert disk.files == {}
        await clock.advance(SYNC_SEC)
        assert len(drain(spool(FakeDiskCopy(disk)))) == 5  # within sync_sec, not after it
        fill(kept, "young", 1)
        kept.ack(batch)
        assert kept.status.pending == 3
        assert sent(kept) == ["late 3", "late 4", "young 0"]
        assert kept.status.pending == 0
        assert disk.files == {}
        tasks.cancel_scope.cancel()
    assert kept.lost == 0


def test_at_the_end_what_waits_is_written() -> None:
    disk = FakeDisk()
    kept = spool(disk)
    kept.begin()
    fill(kept, "live", 3)
    kept.close()
    assert disk.synced == disk.files
    assert len(drain(spool(disk))) == 3


def test_a_disk_that_is_full_no_more_is_said_so_by_the_next_result() -> None:
    disk = FakeDisk(space=0)
    kept = spool(disk)
    fill(kept, "a", 1)
    assert kept._health.problems
    kept.begin()
    disk.space = 1 << 20
    fill(kept, "b", 1)
    assert not kept._health.problems
    assert sent(kept) == ["a 0", "b 0"]


@pytest.mark.anyio
async def test_the_backlog_is_counted_and_foretold() -> None:
    disk, clock = FakeDisk(), FakeClock()
    kept = spool(disk, clock)
    fill(kept, "before", 4_000)
    assert kept.status.backlog == 0  # of no conversation
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kept.run)
        kept.begin()
        assert kept.status.backlog == 4_000
        assert kept.status.backlog_left_sec is None
        for _ in range(60):
            fill(kept, "live", 1)
            await second(clock, disk)
            for _ in range(2):
                batch = kept.batch(20, 1 << 20)
                assert batch is not None
                kept.ack(batch)
        status = kept.status
        assert status.backlog_left_sec is not None
        per_sec = (4_000 - status.backlog) / 60
        assert status.backlog_left_sec == pytest.approx(status.backlog / per_sec, rel=0.2)
        assert not status.backlog_grows
        for _ in range(80):
            fill(kept, "live", 30)
            await second(clock, disk)
        assert kept.status.backlog_grows
        assert kept.status.backlog_left_sec is None
        tasks.cancel_scope.cancel()


def test_a_real_folder_does_the_same(tmp_path: Path) -> None:
    kept = spool(SpoolFolder(tmp_path / "spool"))
    fill(kept, "before", 1_000)
    kept.begin()
    fill(kept, "live", 10)
    batch = kept.batch(5, 1 << 20)
    assert words(batch) == [f"live {n}" for n in range(5)]
    fill(kept, "more", 2 * SEGMENT_BYTES // 1_000)  # does not fit into memory
    assert batch is not None
    kept.ack(batch)
    kept.close()
    again = drain(spool(SpoolFolder(tmp_path / "spool")))
    # of a file only the whole is acknowledged: the five come again
    assert len({data for *_, data in again}) == len(again) == 1_010 + 2 * SEGMENT_BYTES // 1_000


async def second(clock: FakeClock, disk: FakeDisk) -> None:
    """A second passes; what is synced in it is synced by another thread."""
    await clock.advance(1)
    with anyio.fail_after(20):
        while any(disk.synced.get(name) != data for name, data in disk.files.items()):  # noqa: ASYNC110 - another thread
            await anyio.sleep(0.001)
    await clock.advance(0)


class FakeDiskCopy(FakeDisk):
    """What a process finds that starts now."""

    def __init__(self, of: FakeDisk) -> None:
        super().__init__()
        self.files = dict(of.files)


class NothingIsLostInTwoLanes(RuleBasedStateMachine):
    """A result is pending until it is acknowledged, sent once in a conversation, and on disk where
    it was not measured within `sync_sec` of a conversation.
    """

    def __init__(self) -> None:
        super().__init__()
        self.disk = FakeDisk()
        self.n = 0
        self.owed: set[bytes] = set()
        self.batch: Batch | None = None
        self.talks = False
        self.acked: set[tuple[int, int]] = set()

    @initialize(sync_sec=st.sampled_from([0, SYNC]), order=st.sampled_from(["oldest", "newest"]))
    def start(self, sync_sec: int, order: Literal["oldest", "newest"]) -> None:
        self.sync_sec, self.order = sync_sec, order
        self.spool = spool(self.disk, sync_sec=sync_sec, backlog=order)

    @rule(size=st.sampled_from([1, 100, 70_000]))
    def put(self, size: int) -> None:
        self.n += 1
        data = b"%d." % self.n + b"x" * size
        self.spool.put(data)
        self.owed.add(data)

    @precondition(lambda self: not self.talks)
    @rule()
    def connect(self) -> None:
        self.spool.begin()
        self.talks = True

    @precondition(lambda self: self.talks)
    @rule(count=st.integers(1, 5), size=st.sampled_from([1, 1_000, 500_000]))
    def send(self, count: int, size: int) -> None:
        if self.batch is None:
            self.batch = self.spool.batch(count, size)

    @precondition(lambda self: self.batch is not None)
    @rule()
    def acknowledge(self) -> None:
        assert self.batch is not None
        self.spool.ack(self.batch)
        for record in self.batch.records:
            number = (self.batch.boot, record.seq)
            assert number not in self.acked
            self.acked.add(number)
            self.owed.remove(record.data)
        self.batch = None

    @precondition(lambda self: self.talks)
    @rule()
    def breaks(self) -> None:
        self.spool.unsent()
        self.talks, self.batch = False, None

    @rule()
    def acknowledgements_are_late(self) -> None:
        self.spool._write_down()

    @rule(full=st.booleans())
    def disk_fills_or_empties(self, full: bool) -> None:
        self.disk.space = 0 if full else 1 << 40

    @precondition(lambda self: self.disk.space > 0)
    @rule()
    def process_ends(self) -> None:
        self.spool.close()
        self.spool = spool(self.disk, sync_sec=self.sync_sec, backlog=self.order)
        self.talks, self.batch = False, None
        self.acked.clear()  # of a file only the whole is acknowledged: others come again
        self.owed |= {data for _, _, data in drain(spool(FakeDiskCopy(self.disk)))}

    @invariant()
    def everything_owed_is_still_there(self) -> None:
        assert self.spool.lost == 0
        assert self.spool.status.pending == len(self.owed)

    def teardown(self) -> None:
        self.spool.unsent()
        self.spool.begin()
        assert self.owed == {data for *_, data in drain(self.spool)}


NothingIsLostInTwoLanes.TestCase.settings = settings(
    max_examples=80, stateful_step_count=40, deadline=None
)
TestNothingIsLostInTwoLanes = NothingIsLostInTwoLanes.TestCase
