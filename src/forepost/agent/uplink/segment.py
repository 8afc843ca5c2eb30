"""One file of a spool, and what an earlier process left of all of them."""

import logging
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from forepost.agent.edges.files.spool_folder import ASIDE, NO_DAMAGE, Disk
from forepost.agent.uplink import record
from forepost.agent.uplink.record import RecordAt

SEGMENT_BYTES: Final = 256 << 10
"""A file that has grown to this is followed by a new one."""
LARGEST_FILE: Final = 2 * SEGMENT_BYTES + record.LONGEST
_NAME: Final = re.compile(
    r"(?P<index>\d{10})-(?P<boot>[0-9a-f]{16})(-(?P<first>[0-9a-f]{16}))?\.spool"
)

_log = logging.getLogger(__name__)


class Segment(msgspec.Struct):
    """One file, and how far it is acknowledged."""

    name: str
    boot: int
    marked: bool = True
    """False: it has the first form of records."""
    size: int = 0
    records: int = 0
    newest_sec: float | None = None
    """Of the clock that only grows, when the newest came; None: by an earlier process."""
    acked_bytes: int = 0
    acked_records: int = 0
    damaged: bool = False
    """Its file is for people when it is done."""
    outage: int = 0
    """Of those that have the same number each goes up in its order."""

    @property
    def unsent(self) -> int:
        return self.records - self.acked_records

    @property
    def waiting_bytes(self) -> int:
        return self.size - self.acked_bytes


class Leftover(msgspec.Struct):
    """What is in a spool at the start of a process."""

    segments: list[Segment] = []
    index: int = 0
    """The last that is taken."""
    missing: int = 0
    """Results that were written and are not there any more: by their places, no guess. Where only
    the end of a boot is damaged nothing says how many there were, and it is one at least.
    """
    damaged: int = 0
    """Files that were set aside."""
    unread: list[str] = []
    """Files that could not be read now, and why; they are left for another start."""


def name_of(index: int, boot: int, place: int) -> str:
    return f"{index:010d}-{boot:016x}-{place:016x}.spool"


def take_up(disk: Disk) -> Leftover:
    """Read all that is there; a damaged file is set aside, and what is good in it stays."""
    left, boots = Leftover(), dict[int, _Places]()
    for name in disk.names():
        parts = _NAME.fullmatch(name)
        if parts is None:
            if not name.endswith(ASIDE):
                _log.warning("%s is no file of a spool: left alone", name)
            continue
        left.index = max(left.index, int(parts["index"]))
        segment = Segment(name, int(parts["boot"], 16), marked=parts["first"] is not None)
        places = boots.setdefault(segment.boot, _Places())
        if parts["first"]:
            places.file_begins(int(parts["first"], 16))
        try:
            buffer = salvaged(disk, segment)
        except OSError as error:
            left.unread.append(f"{name}: {error.strerror}")
            places.unknown()
            continue
        left.damaged += _examined(disk, segment, buffer, places)
        if segment.records:
            segment.outage = _outage(left.segments, segment)
            left.segments.append(segment)
    left.missing = sum(places.missing + places.owed for places in boots.values())
    return left


def _outage(before: Sequence[Segment], segment: Segment) -> int:
    """Each has a boot of its own."""
    if not before:
        return 1
    last = before[-1]
    return last.outage if last.boot == segment.boot else last.outage + 1


def salvaged(disk: Disk, segment: Segment) -> bytes:
    """As much as can be read of a file. Raises OSError where it may be read another time."""
    try:
        buffer = disk.read(segment.name, 0, LARGEST_FILE + 1)
    except OSError as error:
        if error.errno in NO_DAMAGE:
            raise
        _log.warning("%s: %s", segment.name, error)
        segment.damaged = True
        try:
            buffer = disk.salvage(segment.name, LARGEST_FILE)
        except OSError:
            return b""
    segment.damaged |= len(buffer) > LARGEST_FILE
    return buffer


class _Places:
    """Which places of one boot were found, file after file."""

    def __init__(self) -> None:
        self._next: int | None = None
        self.missing = 0
        self.owed = 0
        """Results that were in what is damaged at the end, where nothing says how many."""

    def file_begins(self, place: int) -> None:
        if self._next is not None and place >= self._next:
            self.missing += place - self._next
            self.owed = 0
        self._next = place

    def found(self, one: RecordAt, *, after_damage: bool, marked: bool) -> None:
        # In the first form a number may be left out: it was sent from memory and never written.
        if self._next is None:
            self.missing += after_damage
        elif one.place > self._next and (marked or after_damage):
            self.missing += one.place - self._next
        self.owed = 0
        self.missing += one.record is None
        self._next = one.place + 1

    def end_damaged(self) -> None:
        self.owed = 1

    def unknown(self) -> None:
        self._next = None


def _examined(disk: Disk, segment: Segment, buffer: bytes, places: _Places) -> bool:
    """Whether it was damaged and is no more; how it is now is in `segment`."""
    end, torn, good = 0, False, list[RecordAt]()
    for one in record.decode(buffer, segment.boot, marked=segment.marked):
        segment.damaged |= torn or one.at > end
        places.found(one, after_damage=one.at > end, marked=segment.marked)
        end, torn = one.end, one.end > len(buffer)
        if one.record is not None:
            good.append(one)
        else:
            segment.damaged |= not torn
    if end < len(buffer) or (segment.damaged and not good):
        places.end_damaged()
        segment.damaged |= len(buffer) - end >= record.OVERHEAD
    segment.records = len(good)
    segment.size = good[-1].end if good else 0
    if segment.damaged:
        _put_right(disk, segment, b"".join(buffer[one.at : one.end] for one in good))
        return not segment.damaged
    if segment.size < len(buffer) or not buffer:
        _log.warning("%s: cut at byte %d, where a record is torn", segment.name, segment.size)
        _cut(disk, segment)
    return False


def _put_right(disk: Disk, segment: Segment, instead: bytes) -> None:
    try:
        disk.set_aside(segment.name, instead)
    except OSError as error:
        _log.warning("%s is damaged and cannot be set aside: %s", segment.name, error)
        return
    _log.warning(
        "%s is damaged: set aside; %d results in it are good", segment.name, segment.records
    )
    segment.size, segment.damaged = len(instead), False


def _cut(disk: Disk, segment: Segment) -> None:
    try:
        disk.cut(segment.name, segment.size)
    except OSError as error:
        _log.warning("%s cannot be cut: %s", segment.name, error)
