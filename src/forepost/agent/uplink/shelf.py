"""The files of a spool: written to, read also behind damage, and removed when they are done."""

import logging
from collections import deque
from typing import Final

from forepost.agent.edges.files.spool_folder import NO_DAMAGE, Disk
from forepost.agent.uplink.record import Record, RecordAt, decode, encode
from forepost.agent.uplink.segment import SEGMENT_BYTES, Segment, name_of, salvaged, take_up
from forepost.kit.health import Health

TIDY_BYTES: Final = 64 << 10
"""A file that is still written to is removed early when all of this is acknowledged."""
MOST_NAMES: Final = 100
"""Names that are tried for a new file, where others are taken."""
SUBJECT: Final = "spool"
FILES: Final = "spool files"

_log = logging.getLogger(__name__)


class Shelf:
    """Keeps results in files of a folder, in the order of their coming, within a number of bytes.

    Only `Spool` uses it. What does not fit pushes out the oldest, which count as lost.
    """

    def __init__(self, disk: Disk, health: Health, *, max_bytes: int, keeps_empty: bool) -> None:
        """`keeps_empty`: a file in which all is acknowledged is soon written to again."""
        self._disk, self._health = disk, health
        self._max_bytes, self._keeps_empty = max_bytes, keeps_empty
        self._current: Segment | None = None
        self._boot = self._place = 0
        self._is_synced = True
        left = take_up(disk)
        self._index = left.index
        self.segments = deque(left.segments)
        """In the order of their making."""
        self.lost, self._damaged = left.missing, left.damaged
        self._unread = left.unread
        self.look_aside()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(segment.size for segment in self.segments)

    @property
    def damaged(self) -> int:
        """Files that were found damaged since the start."""
        return self._damaged + sum(segment.damaged for segment in self.segments)

    def put(self, record: Record, boot: int, outage: int, came_sec: float) -> Segment:
        """Write a result down; `boot`: of its outage. Raises OSError."""
        if boot != self._boot:
            self._boot, self._place, self._current = boot, 0, None
        data = encode(record, boot, self._place)
        segment = self._appended(data, boot)
        self._is_synced = False
        if not segment.size:
            self.segments.append(segment)
        segment.outage = outage
        segment.size += len(data)
        segment.records += 1
        segment.newest_sec = came_sec
        self._place += 1
        return segment

    def leave(self) -> None:
        """Write no more to the present file: another one may do better."""
        self._current = None

    def waiting_bytes(self, outage: int) -> int:
        """Bytes of one outage that are not acknowledged."""
        return sum(one.waiting_bytes for one in self.segments if one.outage == outage)

    def read(self, segment: Segment, count: int, size: int) -> list[RecordAt]:
        """What follows whole and without a gap; nothing where damage follows.

        Raises OSError where a file cannot be read now and may be another time.
        """
        start, left = segment.acked_bytes, segment.waiting_bytes
        try:
            found = _whole(segment, self._disk.read(segment.name, start, min(size, left)), count)
            # One at least, however large it is.
            return found or _whole(segment, self._disk.read(segment.name, start, left), 1)
        except OSError as error:
            if error.errno in NO_DAMAGE:
                raise
        return _whole(segment, salvaged(self._disk, segment)[start : segment.size], 1)

    def acked(self, segment: Segment, end: int, count: int) -> None:
        """So many results, up to `end`, have arrived."""
        if segment not in self.segments:
            self.lost -= count  # it gave way to others while these were on their way
            return
        segment.acked_bytes = end
        segment.acked_records += count
        is_needed = segment is self._current and self._keeps_empty and segment.size < TIDY_BYTES
        if not segment.waiting_bytes and not is_needed:
            self._remove(segment)

    def pass_damage(self, segment: Segment) -> None:
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
        self.lost += missing
        segment.records -= missing
        _log.warning("%s is damaged: %d results are missing", segment.name, missing)
        if good:
            segment.acked_bytes = good[0].at
        else:
            self._remove(segment)

    def make_room(self, oldest_sec: float) -> None:
        """The oldest go: what is too much, and what came before `oldest_sec`."""
        total = self.size
        while self.segments and (
            total > self._max_bytes or _is_before(self.segments[0], oldest_sec)
        ):
            segment = self.segments[0]
            total -= segment.size
            self.lost += segment.unsent
            self._remove(segment)

    def sync(self) -> None:
        """Make what was written survive a power cut. Slow where there is something to do."""
        if self._is_synced:
            return
        self._is_synced = True
        try:
            self._disk.sync()
        except BaseException:
            self._is_synced = False
            raise

    @property
    def is_synced(self) -> bool:
        return self._is_synced

    def look_aside(self) -> None:
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

    def _appended(self, data: bytes, boot: int) -> Segment:
        tries = MOST_NAMES
        while True:
            segment = self._writable(boot)
            try:
                self._disk.append(segment.name, segment.size, data)
            except FileExistsError:
                tries -= 1
                if not tries:
                    raise
                self._current = None
            else:
                return segment

    def _writable(self, boot: int) -> Segment:
        if self._current is None or self._current.size >= SEGMENT_BYTES:
            self._index += 1
            self._current = Segment(name_of(self._index, boot, self._place), boot)
        return self._current

    def _remove(self, segment: Segment) -> None:
        self.segments.remove(segment)
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
            self.look_aside()


def _is_before(segment: Segment, time_sec: float) -> bool:
    return segment.newest_sec is not None and segment.newest_sec < time_sec


def _whole(segment: Segment, buffer: bytes, count: int) -> list[RecordAt]:
    """Results from the start of `buffer` up to where there is damage; `count` at most."""
    found, end = list[RecordAt](), 0
    for one in decode(buffer, segment.boot, marked=segment.marked):
        if one.at != end or one.record is None or len(found) == count:
            break
        found.append(one)
        end = one.end
    return found
