"""Messages on disk: files of checksummed records, of which the oldest give way."""

import contextlib
import zlib
from collections import deque
from collections.abc import Iterator
from typing import Final

import msgspec

from forepost.agent.edges.files.spool_folder import Disk

MOST_BYTES: Final = 64 << 20
SEGMENT_BYTES: Final = 2 << 20
MOST_ENTRIES: Final = 100_000
SUFFIX: Final = ".messages"
_HEAD: Final = 8
"""Bytes of length and checksum, before each record."""


class MessageRecord(msgspec.Struct, frozen=True, array_like=True):
    number: int
    at_ms: int
    publisher: str
    receivers: tuple[str, ...]
    message: bytes
    """In its binary form."""


class MessageEntry(msgspec.Struct, frozen=True):
    """What is known in memory of one that is on disk."""

    number: int
    at_ms: int
    publisher: str
    receivers: tuple[str, ...]
    file: str
    offset: int
    size: int


class Journal:
    """`entries`: all that is kept, oldest first."""

    def __init__(
        self, disk: Disk, *, most_bytes: int = MOST_BYTES, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        """Read what is there; what is damaged is left out, with all behind it in its file, and
        counted. A file that cannot be read is set aside.
        """
        self._disk = disk
        self._most_bytes, self._segment_bytes = most_bytes, segment_bytes
        self._decoder = msgspec.msgpack.Decoder(MessageRecord)
        self.entries: deque[MessageEntry] = deque()
        self.damaged = 0
        """Files of which something could not be read."""
        self._sizes: dict[str, int] = {}
        self.last_number = 0
        """No new message has this number, or a lower one."""
        self._file, self._end = "", 0
        for name in disk.names():
            if name.endswith(SUFFIX):
                self._recall(name)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(self._sizes.values())

    def append(self, record: MessageRecord) -> tuple[MessageEntry, list[MessageEntry]]:
        """Keep a message; return it, and those that had to give way. Raises OSError, and then
        nothing is kept.
        """
        body = msgspec.msgpack.encode(record)
        data = len(body).to_bytes(4) + zlib.crc32(body).to_bytes(4) + body
        if not self._file or self._end + len(data) > self._segment_bytes:
            self._file, self._end = f"{record.number:016x}{SUFFIX}", 0
        try:
            if not self._end:
                self._disk.cut(self._file, 0)  # of a try that failed
            self._disk.append(self._file, self._end, data)
        except OSError:
            self._file = ""
            raise
        entry = _entry(record, self._file, self._end + _HEAD, len(body))
        self._end += len(data)
        self._sizes[self._file] = self._end
        self.entries.append(entry)
        return entry, list(self._give_way())

    def read(self, entry: MessageEntry) -> bytes | None:
        """The message; None: it cannot be read any more. Raises OSError."""
        body = self._disk.read(entry.file, entry.offset, entry.size)
        try:
            return self._decoder.decode(body).message
        except msgspec.MsgspecError:
            return None

    def sync(self) -> None:
        """Make all survive a power cut; slow. Raises OSError."""
        self._disk.sync()

    def _give_way(self) -> Iterator[MessageEntry]:
        while len(self._sizes) > 1 and (
            self.size > self._most_bytes or len(self.entries) > MOST_ENTRIES
        ):
            oldest = next(iter(self._sizes))
            del self._sizes[oldest]
            with contextlib.suppress(OSError):  # the next start sees it again, and tries again
                self._disk.cut(oldest, 0)
            while self.entries and self.entries[0].file == oldest:
                yield self.entries.popleft()

    def _recall(self, name: str) -> None:
        with contextlib.suppress(ValueError):
            self.last_number = max(self.last_number, int(name.removesuffix(SUFFIX), 16))
        try:
            data = self._disk.read(name, 0, self._segment_bytes + (4 << 20))
        except OSError:
            self.damaged += 1
            with contextlib.suppress(OSError):  # another start may read it
                self._disk.set_aside(name)
            return
        at = 0
        while at < len(data):
            size = int.from_bytes(data[at : at + 4])
            body = data[at + _HEAD : at + _HEAD + size]
            try:
                if len(body) < size or zlib.crc32(body).to_bytes(4) != data[at + 4 : at + _HEAD]:
                    raise msgspec.DecodeError
                record = self._decoder.decode(body)
            except msgspec.MsgspecError:
                self.damaged += 1
                break
            self.entries.append(_entry(record, name, at + _HEAD, size))
            self.last_number = max(self.last_number, record.number)
            at += _HEAD + size
        self._sizes[name] = len(data)


def _entry(record: MessageRecord, file: str, offset: int, size: int) -> MessageEntry:
    return MessageEntry(
        record.number, record.at_ms, record.publisher, record.receivers, file, offset, size
    )
