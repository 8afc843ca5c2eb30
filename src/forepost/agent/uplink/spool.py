"""Results until the controller has acknowledged them: what is measured now goes first.

A result is known by (boot, seq): a random number for each outage, and a count. An outage is what
comes from one conversation to the next; its files go up, and go away, in order, so that what is
missing between two of them is seen. A file goes when all in it is acknowledged. After a crash the
files that are left are sent again: the controller stores a number once.

While a conversation goes well (`begin` to `unsent`) a result waits in memory for `sync_sec`, and
most are acknowledged by then: nothing is written. Else it survives the end of the process at once,
and a power cut after a second (`run` syncs). When the disk cannot be written results wait in
memory, are sent from there, and are written when it can be. Full means: the oldest go, and are
counted in `lost`. What the disk does not give back is counted in `lost` too; what is good behind
damage is sent.

Age is that of the clock that only grows, of results of this process: no other time is certain. What
an earlier process left goes by room alone.
"""

import errno
import secrets
from typing import Final

import anyio
import anyio.to_thread
import msgspec

from forepost.agent.edges.files.spool_folder import Disk
from forepost.agent.uplink.forecast import Forecast
from forepost.agent.uplink.lanes import Order, Turns, first_of_backlog
from forepost.agent.uplink.record import OVERHEAD, Record
from forepost.agent.uplink.segment import Segment
from forepost.agent.uplink.shelf import FILES, SUBJECT, Shelf
from forepost.agent.uplink.unwritten import Unwritten
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.wire.local.status import SpoolStatus

IN_MEMORY: Final = 10_000
"""Results that wait in memory while the disk cannot be written ..."""
MOST_IN_MEMORY: Final = 32 << 20
"""... and their bytes: a minute of flows may have a megabyte."""
BYTES_IN_MEMORY: Final = 256 << 10
"""So much waits there while it can, at most."""
SMALL_BYTES: Final = 16 << 10
"""So little from before a conversation goes with what comes in it: a line that breaks every other
second would leave a file each time."""
SYNC_SEC: Final = 1.0
FULL: Final = {errno.ENOSPC, errno.EDQUOT}


class Batch(msgspec.Struct, frozen=True):
    """What to send next; give it back to `ack`."""

    boot: int
    records: list[Record]
    segment: Segment | None
    """None: from memory."""
    end: int = 0
    """Where it ends in its file."""


class Spool:
    """Keeps results from the moment they are measured until the controller has them for good.

    Measuring calls `put`; one conversation at a time calls `begin`, `wait`, `batch` and `ack`, and
    `unsent` at its end. In memory while the controller acknowledges in time, else in files.
    """

    def __init__(
        self,
        disk: Disk,
        clock: Clock,
        health: Health,
        *,
        max_bytes: int,
        max_age_sec: int,
        sync_sec: int = 0,
        backlog: Order = "oldest",
    ) -> None:
        """`sync_sec`: how long a result may be in memory only; 0: it is written at once."""
        self._clock, self._health = clock, health
        self._max_age_sec, self._sync_sec, self._order = max_age_sec, sync_sec, backlog
        self.boot = self._boot = secrets.randbits(62) + 1
        """Of this start, and of its first outage."""
        self._seq = self._given_up = self._refused = 0
        self._waiting = Unwritten()
        self._on_their_way: frozenset[int] = frozenset()
        """Numbers of a batch from memory ..."""
        self._written: dict[int, tuple[Segment, int]] = {}
        """... and where those of them are that were written meanwhile."""
        self._some = anyio.Event()
        self._shelf = Shelf(disk, health, max_bytes=max_bytes, keeps_empty=not sync_sec)
        left = self._shelf.segments
        self._outage = left[-1].outage + 1 if left else 1
        self._talks = False
        self._turns, self._forecast = Turns(), Forecast()

    def put(self, data: bytes) -> None:
        """Keep one result. Never raises for want of space: it says so in `health`."""
        self._seq += 1
        self._waiting.put(Record(self._seq, data), self._clock.boottime())
        if not self._may_wait():
            self._write_down()
        while len(self._waiting) > IN_MEMORY or self._waiting.bytes > MOST_IN_MEMORY:
            self._waiting.take()
            self._given_up += 1
        self._shelf.make_room(self._clock.boottime() - self._max_age_sec)
        self._some.set()

    async def wait(self) -> None:
        """Return when there is something to send."""
        while not (self._waiting or any(one.waiting_bytes for one in self._shelf.segments)):
            self._some = anyio.Event()
            await self._some.wait()

    def begin(self) -> None:
        """A conversation begins. What is here is the backlog; what comes from now on goes first."""
        self._write_down()
        # What the disk does not take now is of the outage that its files are of.
        if not self._waiting and self._shelf.waiting_bytes(self._outage) > SMALL_BYTES:
            self._outage += 1
            self._boot = secrets.randbits(62) + 1
        self._talks = True
        self._turns = Turns()
        self._forecast.begin()

    def batch(self, count: int, size: int) -> Batch | None:
        """What goes next: `count` results and about `size` bytes at most, one at least.

        Raises OSError where a file cannot be read now and may be another time.
        """
        self._forget_way()
        while (segment := self._next()) is not None:
            found = self._shelf.read(segment, count, size)
            if found:
                self._turns.took(live=self._is_live(segment))
                records = [one.record for one in found if one.record is not None]
                return Batch(segment.boot, records, segment, segment.acked_bytes + found[-1].end)
            self._shelf.pass_damage(segment)
        if not self._waiting:
            return None
        self._turns.took(live=True)
        batch = Batch(self._boot, self._waiting.some(count, size), None)
        self._on_their_way = frozenset(record.seq for record in batch.records)
        return batch

    def ack(self, batch: Batch) -> None:
        """The controller has these for good (or refuses them for good)."""
        if batch.segment is not None:
            self._shelf.acked(batch.segment, batch.end, len(batch.records))
            return
        for record in batch.records:
            if record.seq in self._written:
                segment, size = self._written[record.seq]
                self._shelf.acked(segment, segment.acked_bytes + size, 1)
            elif self._waiting and self._waiting.first.record.seq == record.seq:
                self._waiting.take()
            else:
                self._given_up -= 1  # it gave way to others while it was on its way
        self._forget_way()

    def unsent(self) -> None:
        """The link broke: what was on its way is to be sent again, and nothing waits in memory."""
        self._talks = False
        self._forget_way()
        self._write_down()

    def refused(self, count: int) -> None:
        """Count results that the controller refused for good; they are acknowledged, too."""
        self._refused += count

    @property
    def lost(self) -> int:
        """Results since the start that gave way to newer ones, or that no file gave back."""
        return self._shelf.lost + self._given_up

    @property
    def status(self) -> SpoolStatus:
        """What waits now; for the status socket, and for a controller that shows it."""
        shelf = self._shelf
        prospect = self._forecast.prospect()
        return SpoolStatus(
            pending=sum(one.unsent for one in shelf.segments) + len(self._waiting),
            bytes=shelf.size,
            lost=self.lost,
            damaged=shelf.damaged,
            refused=self._refused,
            backlog=sum(one.unsent for one in shelf.segments if not self._is_live(one))
            if self._talks
            else 0,
            backlog_left_sec=prospect.left_sec if self._talks else None,
            backlog_grows=prospect.grows and self._talks,
        )

    async def run(self) -> None:
        """Write down what has waited, and sync what was written, once a second."""
        while True:
            await self._clock.sleep(SYNC_SEC)
            if self._waiting and self._is_late(self._waiting.first.at_sec):
                self._write_down()
            if not self._shelf.is_synced:
                await anyio.to_thread.run_sync(self._shelf.sync)
            if FILES in self._health.problems:
                self._shelf.look_aside()
            if self._talks:
                self._look_ahead()

    def close(self) -> None:
        """Make everything durable before the process ends."""
        self._write_down()
        self._shelf.sync()

    def _may_wait(self) -> bool:
        if not (self._talks and self._sync_sec) or SUBJECT in self._health.problems:
            return False
        return self._waiting.bytes <= BYTES_IN_MEMORY

    def _is_late(self, came_sec: float) -> bool:
        """By the next look it would have waited for too long."""
        return self._clock.boottime() - came_sec >= self._sync_sec - SYNC_SEC

    def _look_ahead(self) -> None:
        live = backlog = 0
        for one in self._shelf.segments:
            if self._is_live(one):
                live += one.waiting_bytes
            else:
                backlog += one.waiting_bytes
        waiting = backlog + live + self._waiting.bytes
        self._forecast.look(self._clock.monotonic(), backlog, waiting)

    def _is_live(self, segment: Segment) -> bool:
        return self._talks and segment.outage == self._outage

    def _next(self) -> Segment | None:
        """The file whose turn it is; None: what is in memory."""
        before = self._outage + (not self._talks)
        segments = self._shelf.segments
        backlog = first_of_backlog(segments, before, self._order)
        if backlog is not None and (not self._talks or self._turns.is_backlogs):
            return backlog
        live = (one for one in segments if self._is_live(one) and one.waiting_bytes)
        segment = next(live, None)
        return segment if segment is not None or self._waiting else backlog

    def _forget_way(self) -> None:
        self._on_their_way, self._written = frozenset(), {}

    def _write_down(self) -> None:
        try:
            while self._waiting:
                record, came_sec = self._waiting.first
                segment = self._shelf.put(record, self._boot, self._outage, came_sec)
                self._waiting.take()
                if record.seq in self._on_their_way:
                    self._written[record.seq] = segment, OVERHEAD + len(record.data)
        except OSError as error:
            if error.errno not in FULL:
                self._shelf.leave()
            self._health.ill(SUBJECT, f"cannot be written, results wait in memory: {error}")
        else:
            self._health.well(SUBJECT)
