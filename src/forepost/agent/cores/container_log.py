"""The log of a container, as an engine sends it: frames with pieces of lines. Pure.

    1 byte: 1 stdout, 2 stderr; 3 bytes nothing; 4 bytes length, big-endian; the bytes

Each line begins with its time. A container with a terminal has no frames.
"""

import struct
from datetime import UTC, datetime
from typing import Final, Literal

from forepost.agent.ports.containers import StampedLine
from forepost.wire.workloads.delivery import LONGEST_LOG_LINE, LogLine

_HEADER: Final = struct.Struct(">B3xI")
_MOST: Final = 1 << 20
"""Bytes of a frame: an engine sends 16 KiB and a time. What is longer is no frame."""
_CUT: Final = " [cut]"

_Name = Literal["stdout", "stderr"]


class WrongFrames(ValueError):
    """What the engine sends is no log."""


class LogFrames:
    """Takes bytes as they come, any cut of them, and returns whole lines."""

    def __init__(self, *, framed: bool) -> None:
        self._framed = framed
        self._bytes = bytearray()
        self._lines: dict[_Name, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}

    def feed(self, data: bytes) -> list[StampedLine]:
        """Raises WrongFrames."""
        if not self._framed:
            return self._text("stdout", data)
        found: list[StampedLine] = []
        self._bytes += data
        while len(self._bytes) >= _HEADER.size:
            number, size = _HEADER.unpack_from(self._bytes)
            if number not in (0, 1, 2) or size > _MOST:
                raise WrongFrames(f"a frame of stream {number} with {size} bytes")
            end = _HEADER.size + size
            if len(self._bytes) < end:
                break
            piece = bytes(self._bytes[_HEADER.size : end])
            del self._bytes[:end]
            found += self._text("stderr" if number == 2 else "stdout", piece)
        return found

    def end(self) -> list[StampedLine]:
        """Return what was written without an end of line."""
        rest = [(name, bytes(held)) for name, held in self._lines.items() if held]
        self._lines = {"stdout": bytearray(), "stderr": bytearray()}
        return [_line(name, held) for name, held in rest]

    def _text(self, name: _Name, data: bytes) -> list[StampedLine]:
        held = self._lines[name]
        found: list[StampedLine] = []
        *whole, rest = data.split(b"\n")
        for piece in whole:
            _hold(held, piece)
            found.append(_line(name, bytes(held)))
            held.clear()
        _hold(held, rest)
        return found


def _hold(held: bytearray, piece: bytes) -> None:
    """A longer line is kept as far as `_line` shows it, and a little more, so that it is told."""
    held += piece[: max(0, 4 * LONGEST_LOG_LINE + 100 - len(held))]


def _line(name: _Name, line: bytes) -> StampedLine:
    text = line.decode(errors="replace").removesuffix("\r")
    stamp, _, rest = text.partition(" ")
    at = log_time(stamp)
    if at is not None:
        text = rest
    if len(text) > LONGEST_LOG_LINE:
        text = text[:LONGEST_LOG_LINE] + _CUT
    return StampedLine("" if at is None else stamp, LogLine(at=at, stream=name, text=text))


def log_time(stamp: str) -> datetime | None:
    """The engine's times have nine digits behind the second, ours six."""
    whole, dot, fraction = stamp.removesuffix("Z").partition(".")
    try:
        at = datetime.fromisoformat(f"{whole}{dot}{fraction[:6].ljust(6, '0') if dot else ''}")
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
