"""Results on disk until the controller has acknowledged them.

A result is known by (boot, seq): a random number for each start of the agent, and a count. Files
hold the results of one boot each, in order; a file goes when all in it is acknowledged. After a
crash the files that are left are sent again: the controller stores a number once.

A result that was put survives the end of the process at once, and a power cut after a second (`run`
syncs). When the disk cannot be written results wait in memory, are sent from there, and are written
when it can be. Full means: the oldest go, and are counted in `lost`.
"""

import logging
import secrets
from collections import deque
from typing import Final

import anyio
import anyio.to_thread
import msgspec

from forepost.agent.edges.disk import Disk
from forepost.agent.uplink.record import Record, decode, encode
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.wire.status import SpoolStatus

SEGMENT_BYTES: Final = 256 << 10
"""A file that has grown to this is followed by a new one."""
TIDY_BYTES: Final = 64 << 10
"""A file that is still written to is removed early when all of this is acknowledged."""
IN_MEMORY: Final = 10_000
"""Results that wait in memory while the disk cannot be written."""
SYNC_SEC: Final = 1.0
SUFFIX: Final = ".spool"
SUBJECT: Final = "spool"

_log = logging.getLogger(__name__)


class Segment(msgspec.Struct):
    """One file, and how far it is acknowledged."""

    name: str
    boot: int
    size: int = 0
    records: int = 0
    newest_ms: int = 0
    acked_bytes: int = 0
    acked_records: int = 0


class Batch(msgspec.Struct, frozen=True):
    """What to send next; give it back to `ack`."""

    boot: int
    records: list[Record]
    segment: Segment | None
    """None: from memory."""


class Spool:
    def __init__(
        self, disk: Disk, clock: Clock, health: Health, *, max_bytes: int, max_age_sec: int
    ) -> None:
        self._disk, self._clock, self._health = disk, clock, health
        self._max_bytes, self._max_age_ms = max_bytes, max_age_sec * 1000
        self._boot = secrets.randbits(62) + 1
        self._seq = 0
        self._index = 0
        self._segments: deque[Segment] = deque()
        self._current: Segment | None = None
        self._in_memory: deque[Record] = deque()
        self._sending_memory = False
        self._lost = self._refused = 0
        self._some = anyio.Event()
        self._recover()

    def put(self, data: bytes) -> None:
        """Keep one result. Never raises for want of space: it says so in `health`."""
        self._seq += 1
        self._in_memory.append(Record(self._seq, self._now_ms(), data))
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
        """The oldest results: `count` and about `size` bytes at most, one at least."""
        for segment in self._segments:
            unsent = segment.size - segment.acked_bytes
            if unsent:
                records = self._read(segment, count, min(size, unsent))
                return Batch(segment.boot, records, segment)
        if not self._in_memory:
            return None
        self._sending_memory = True
        return Batch(self._boot, [*self._in_memory][:count], None)

    def ack(self, batch: Batch) -> None:
        """The controller has these for good (or refuses them for good)."""
        segment = batch.segment
        if segment is None:
            self._sending_memory = False
            last = batch.records[-1].seq
            while self._in_memory and self._in_memory[0].seq <= last:
                self._in_memory.popleft()
            return
        segment.acked_bytes += sum(record.size for record in batch.records)
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
        waiting = sum(s.records - s.acked_records for s in self._segments)
        return SpoolStatus(
            pending=waiting + len(self._in_memory),
            bytes=sum(s.size for s in self._segments),
            lost=self._lost,
            refused=self._refused,
        )

    async def run(self) -> None:
        """Sync what was written, once a second."""
        while True:
            await self._clock.sleep(SYNC_SEC)
            await anyio.to_thread.run_sync(self._disk.sync)

    def close(self) -> None:
        """Make everything durable before the process ends."""
        self._write_down()
        self._disk.sync()

    def _write_down(self) -> None:
        try:
            while self._in_memory:
                record = self._in_memory[0]
                segment = self._writable()
                self._disk.append(segment.name, encode(record))
                segment.size += record.size
                segment.records += 1
                segment.newest_ms = record.time_ms
                self._in_memory.popleft()
        except OSError as error:
            self._health.ill(SUBJECT, f"cannot be written, results wait in memory: {error}")
        else:
            self._health.well(SUBJECT)

    def _writable(self) -> Segment:
        if self._current is None or self._current.size >= SEGMENT_BYTES:
            self._index += 1
            name = f"{self._index:010d}-{self._boot:016x}{SUFFIX}"
            self._current = Segment(name, self._boot)
            self._segments.append(self._current)
        return self._current

    def _make_room(self) -> None:
        total = sum(s.size for s in self._segments)
        oldest_ms = self._now_ms() - self._max_age_ms
        while self._segments and (
            total > self._max_bytes or 0 < self._segments[0].newest_ms < oldest_ms
        ):
            segment = self._segments[0]
            total -= segment.size
            self._lost += segment.records - segment.acked_records
            self._remove(segment)

    def _remove(self, segment: Segment) -> None:
        self._segments.remove(segment)
        if segment is self._current:
            self._current = None
        try:
            self._disk.cut(segment.name, 0)
        except OSError as error:
            self._health.ill(SUBJECT, f"{segment.name} cannot be removed: {error}")

    def _read(self, segment: Segment, count: int, size: int) -> list[Record]:
        buffer = self._disk.read(segment.name, segment.acked_bytes, size)
        records = [record for record, _ in zip(decode(buffer), range(count), strict=False)]
        if records:
            return records
        whole = self._disk.read(segment.name, segment.acked_bytes, segment.size)
        return [next(decode(whole))]

    def _recover(self) -> None:
        """Take up what an earlier process left; a record that was cut off is cut away."""
        for name in self._disk.names():
            index, dash, boot = name.removesuffix(SUFFIX).partition("-")
            if not (name.endswith(SUFFIX) and dash and index.isdigit()):
                continue
            self._index = max(self._index, int(index))
            segment = Segment(name, int(boot, 16))
            for record in decode(self._disk.read(name, 0, 2 * SEGMENT_BYTES + (16 << 20))):
                segment.size += record.size
                segment.records += 1
                segment.newest_ms = record.time_ms
            if self._disk.read(name, segment.size, 1):
                _log.warning("%s: cut at byte %d, where a record is damaged", name, segment.size)
            self._disk.cut(name, segment.size)
            if segment.size:
                self._segments.append(segment)

    def _now_ms(self) -> int:
        return round(self._clock.now().timestamp() * 1000)
