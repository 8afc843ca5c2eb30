"""JSON objects out of a stream of bytes, whatever is between them and wherever it is cut. Pure."""

import re
from collections.abc import Iterator
from typing import Final

MOST_BYTES: Final = 16 << 20
MOST_PARTS: Final = 10_000
"""Objects, arrays and comments within one object: each costs a step here, and memory later."""
MOST_DEEP: Final = 100
LONGEST_PART: Final = 1 << 16
"""Of a string or a comment whose end has not come: it is read again with every piece."""

_PLAIN: Final = re.compile(rb'(?:[^"{}\[\]/]+|"[^"\\]*(?:\\.[^"\\]*)*")+', re.DOTALL)
"""Everything that neither opens nor closes, whole strings included."""
_COMMENT: Final = re.compile(rb"//[^\n]*\n|/\*.*?\*/", re.DOTALL)
_OPEN, _CLOSE = b"{[", b"}]"
_SPACE: Final = b" \t\r\n\0"


class Broken(ValueError):
    """What came is no JSON object, or too large: there is no way to find the next one."""


class JsonStream:
    """`//` and `/* */` comments are left out, wherever a blank may be."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._buffer = bytearray()
        self._at = 0
        self._depth = self._parts = 0
        self._comments: list[tuple[int, int]] = []

    @property
    def empty(self) -> bool:
        """Whether nothing of an object has come yet."""
        return not self._buffer.strip(_SPACE)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next bytes; give every object that is whole. Raises Broken."""
        self._buffer += data
        while (found := self._next()) is not None:
            yield found
        if len(self._buffer) > self._most:
            raise Broken(f"a request is {self._most >> 20} MiB at most")

    def _next(self) -> bytes | None:
        buffer = self._buffer
        while self._at < len(buffer):
            byte = buffer[self._at]
            if self._depth == 0 and byte not in b"{/" + _SPACE:
                raise Broken(f"parse error at position: {self._at}: an object begins with {{")
            if byte in _OPEN:
                self._depth += 1
                self._at += 1
                self._count()
            elif byte in _CLOSE:
                self._depth -= 1
                self._at += 1
                if self._depth == 0:
                    return self._cut()
            elif byte == ord("/"):
                if not self._skip_comment():
                    return None
            elif self._depth == 0:
                self._at += 1
            else:
                passed = _PLAIN.match(buffer, self._at)
                if passed is None:
                    self._check_part("a string")
                    return None
                self._at = passed.end()
        return None

    def _count(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise Broken(f"a request has {MOST_PARTS:,} objects, arrays and comments at most")
        if self._depth > MOST_DEEP:
            raise Broken(f"a request is nested {MOST_DEEP} deep at most")

    def _skip_comment(self) -> bool:
        """Go behind it; False where its end has not come."""
        found = _COMMENT.match(self._buffer, self._at)
        if found is None:
            start = bytes(self._buffer[self._at : self._at + 2])
            if len(start) == 2 and start not in (b"//", b"/*"):
                raise Broken(f"parse error at position: {self._at}: no comment")
            self._check_part("a comment")
            return False
        self._count()
        self._comments.append(found.span())
        self._at = found.end()
        return True

    def _check_part(self, what: str) -> None:
        if len(self._buffer) - self._at > LONGEST_PART:
            raise Broken(f"parse error at position: {self._at}: {what} is 64 KiB at most")

    def _cut(self) -> bytes:
        """Take the object out, blanks in the place of its comments."""
        for start, end in self._comments:
            self._buffer[start:end] = b" " * (end - start)
        found = bytes(self._buffer[: self._at]).lstrip(_SPACE)
        del self._buffer[: self._at]
        self._at = self._parts = 0
        self._comments.clear()
        return found
