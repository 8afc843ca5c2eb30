"""Results on disk until the controller has acknowledged them.

A result is known by (boot, seq): a random number for each start of the agent, and a count. Files
hold the results of one boot each, in order; a file goes when all in it is acknowledged. After a
crash the files that are left are sent again: the controller stores a number once.

A result that was put survives the end of the process at once, and a power cut after a second (`run`
syncs). When the disk cannot be written results wait in memory, are sent from there, and are written
when it can be. Full means: the oldest go, and are counted in `lost`. What the disk does not give
back is counted in `lost` too; what is good behind damage is sent.

Age is that of the clock that only grows, of results of this process: no other time is certain. What
an earlier process left goes by room alone.
"""

import errno
import logging
import secrets
from collections import deque
from typing import Final

import anyio
import anyio.to_thread
import msgspec

from forepost.agent.edges.disk import NO_DAMAGE, Disk
from forepost.agent.uplink.record import Found, Record, decode, encode
from forepost.agent.uplink.segment import SEGMENT_BYTES, Segment, name_of, salvaged, take_up
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.wire.status import SpoolStatus

TIDY_BYTES: Final = 64 << 10
"""A file that is still written to is removed early when all of this is acknowledged."""
IN_MEMORY: Final = 10_000
"""Results that wait in memory while the disk cannot be written."""
SYNC_SEC: Final = 1.0
MOST_NAMES: Final = 100
"""Names that are tried for a new file, where others are taken."""
SUBJECT: Final = "spool"
FILES: Final = "spool files"
FULL: Final = {errno.ENOSPC, errno.EDQUOT}

_log = logging.getLogger(__name__)


class Batch(msgspec.Struct, frozen=True):
    """What to send next; give it back to `ack`."""

    boot: int
    records: list[Record]
    segment: Segment | None
    """None: from memory."""
    end: int = 0
    """Where it ends in its file."""


class _Waiting(msgspec.Struct, frozen=True):
    """A result in memory, and when it came."""

    record: Record
    came_sec: float


class Spool:
    def __init__(
        self, disk: Disk, clock: Clock, health: Health, *, max_bytes: int, max_age_sec: int
    ) -> None:
        self._disk, self._clock, self._health = disk, clock, health
        self._max_bytes, self._max_age_sec = max_bytes, max_age_sec
        self.boot = secrets.randbits(62) + 1
        self._seq = self._place = 0
        self._current: Segment | None = None
        self._in_memory: deque[_Waiting] = deque()
        self._sending_memory = False
        self._refused = 0
        self._some = anyio.Event()
        left = take_up(disk)
        self._index = left.index
        self._segments = deque(left.segments)
        self._lost, self._damaged = left.missing, left.damaged
        self._unread = left.unread
        self._look_aside()

    def put(self, data: bytes) -> None:
        """Keep one result. Never raises for want of space: it says so in `health`."""
        self._seq += 1
        self._in_memory.append(_Waiting(Record(self._seq, data), self._clock.boottime()))
        if not self._sending_memory:
            self._write_down()
        if len(self._in_memory) > IN_MEMORY:
            self._in_memory.popleft()
            self._lost += 1
        self._make_room()
        self._some.set()

    async def wait(self) -> None:
        """Return when there is something to send."""
        while self.batch(1, 1) is None:
            self._some = anyio.Event()
            await self._some.wait()

    def batch(self, count: int, size: int) -> Batch | None:
        """The oldest results: `count` and about `size` bytes at most, one at least.

        Raises OSError where a file cannot be read now and may be another time.
        """
        while self._segments and (segment := self._unsent()) is not None:
            found = self._read(segment, count, size)
            if found:
                records = [one.record for one in found if one.record is not None]
                return Batch(segment.boot, records, segment, segment.acked_bytes + found[-1].end)
            self._pass_damage(segment)
        if not self._in_memory:
            return None
        self._sending_memory = True
        records, bytes_ = list[Record](), 0
        for one in self._in_memory:
            bytes_ += len(one.record.data)
            if records and (len(records) == count or bytes_ > size):
                break
            records.append(one.record)
        return Batch(self.boot, records, None)

    def ack(self, batch: Batch) -> None:
        """The controller has these for good (or refuses them for good)."""
        segment = batch.segment
        if segment is None:
            self._sending_memory = False
            last = batch.records[-1].seq
            while self._in_memory and self._in_memory[0].record.seq <= last:
                self._in_memory.popleft()
            return
        if segment not in self._segments:
            self._lost -= len(batch.records)  # it gave way to others while these were on their way
            return
        segment.acked_bytes = batch.end
        segment.acked_records += len(batch.records)
        done = segment.acked_bytes >= segment.size
        if done and (segment is not self._current or segment.size >= TIDY_BYTES):
            self._remove(segment)

    def unsent(self) -> None:
        """The link broke: what was on its way is to be sent again."""
        self._sending_memory = False

    def refused(self, count: int) -> None:
        self._refused += count

    @property
    def lost(self) -> int:
        return self._lost

    @property
    def status(self) -> SpoolStatus:
        waiting = sum(s.unsent for s in self._segments)
        return SpoolStatus(
            pending=waiting + len(self._in_memory),
            bytes=sum(s.size for s in self._segments),
            lost=self._lost,
            damaged=self._damaged + sum(s.damaged for s in self._segments),
            refused=self._refused,
        )

    async def run(self) -> None:
        """Sync what was written, once a second."""
        while True:
            await self._clock.sleep(SYNC_SEC)
            await anyio.to_thread.run_sync(self._disk.sync)
            if FILES in self._health.problems:
                self._look_aside()

    def close(self) -> None:
        """Make everything durable before the process ends."""
        self._write_down()
        self._disk.sync()

    def _write_down(self) -> None:
        try:
            while self._in_memory:
                one = self._in_memory[0]
                self._append(encode(one.record, self.boot, self._place), one.came_sec)
                self._in_memory.popleft()
        except OSError as error:
            if error.errno not in FULL:
                self._current = None  # another file may do better
            self._health.ill(SUBJECT, f"cannot be written, results wait in memory: {error}")
        else:
            self._health.well(SUBJECT)

    def _append(self, data: bytes, came_sec: float) -> None:
        segment = self._writable()
        tries = MOST_NAMES
        while True:
            try:
                self._disk.append(segment.name, segment.size, data)
                break
            except FileExistsError:
                tries -= 1
                if not tries:
                    raise
                self._current = None
                segment = self._writable()
        if not segment.size:
            self._segments.append(segment)
        segment.size += len(data)
        segment.records += 1
        segment.newest_sec = came_sec
        self._place += 1

    def _writable(self) -> Segment:
        if self._current is None or self._current.size >= SEGMENT_BYTES:
            self._index += 1
            self._current = Segment(name_of(self._index, self.boot, self._place), self.boot)
        return self._current

    def _make_room(self) -> None:
        total = sum(s.size for s in self._segments)
        oldest_sec = self._clock.boottime() - self._max_age_sec
        while self._segments and (
            total > self._max_bytes or self._is_before(self._segments[0], oldest_sec)
        ):
            segment = self._segments[0]
            total -= segment.size
            self._lost += segment.unsent
            self._remove(segment)

    def _is_before(self, segment: Segment, time_sec: float) -> bool:
        return segment.newest_sec is not None and segment.newest_sec < time_sec

    def _remove(self, segment: Segment) -> None:
        self._segments.remove(segment)
        if segment is self._current:
            self._current = None
        try:
            if segment.damaged:
                self._damaged += 1
                self._disk.set_aside(segment.name)
            else:
                self._disk.cut(segment.name, 0)
        except FileNotFoundError:
            _log.warning("%s: somebody else removed it", segment.name)
        except OSError as error:
            self._health.ill(SUBJECT, f"{segment.name} cannot be removed: {error}")
        if segment.damaged:
            self._look_aside()

    def _unsent(self) -> Segment | None:
        return next((s for s in self._segments if s.size > s.acked_bytes), None)

    def _read(self, segment: Segment, count: int, size: int) -> list[Found]:
        """What follows whole and without a gap; nothing where damage follows."""
        start, left = segment.acked_bytes, segment.size - segment.acked_bytes
        try:
            found = _whole(segment, self._disk.read(segment.name, start, min(size, left)), count)
            # One at least, however large it is.
            return found or _whole(segment, self._disk.read(segment.name, start, left), 1)
        except OSError as error:
            if error.errno in NO_DAMAGE:
                raise
        return _whole(segment, salvaged(self._disk, segment)[start : segment.size], 1)

    def _pass_damage(self, segment: Segment) -> None:
        """Go on at the next good result of this file, or behind the file; count what is missing."""
        buffer = salvaged(self._disk, segment)
        segment.damaged = True
        if segment is self._current:
            self._current = None
        good = [
            one
            for one in decode(buffer[: segment.size], segment.boot, marked=segment.marked)
            if one.at >= segment.acked_bytes and one.record is not None
        ]
        missing = segment.unsent - len(good)
        self._lost += missing
        segment.records -= missing
        _log.warning("%s is damaged: %d results are missing", segment.name, missing)
        if good:
            segment.acked_bytes = good[0].at
        else:
            self._remove(segment)

    def _look_aside(self) -> None:
        """Said for as long as there is something to look at."""
        try:
            aside = self._disk.aside()
        except OSError as error:
            self._health.ill(FILES, str(error), minor=True)
            return
        if not (aside or self._unread):
            self._health.well(FILES)
            return
        said = [f"{aside} damaged ones are set aside (*.damaged): look at them, and remove them"]
        if self._unread:
            said = [*said[: bool(aside)], "cannot be read: " + ", ".join(self._unread[:3])]
        self._health.ill(FILES, "; ".join(said), minor=True)


def _whole(segment: Segment, buffer: bytes, count: int) -> list[Found]:
    """Results from the start of `buffer` up to where there is damage; `count` at most."""
    found, end = list[Found](), 0
    for one in decode(buffer, segment.boot, marked=segment.marked):
        if one.at != end or one.record is None or len(found) == count:
            break
        found.append(one)
        end = one.end
    return found
