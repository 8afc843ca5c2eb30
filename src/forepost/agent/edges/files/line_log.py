"""A file of lines that begins anew when it has grown, and keeps a few of the old ones."""

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path


class LineLog:
    """`path`, `path.1` (the newest of the old ones), `path.2`, ..."""

    def __init__(self, path: Path, *, max_bytes: int, keep: int) -> None:
        self._path, self._max_bytes, self._keep = path, max_bytes, keep

    def write(self, lines: Sequence[bytes]) -> None:
        """All of them into one file, or none. Raises OSError; it blocks: call it from a thread."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(self._path, flags | os.O_CLOEXEC, 0o640)
        with os.fdopen(descriptor, "ab", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "is no regular file", str(self._path))
            before = file.seek(0, os.SEEK_END)
            text = memoryview(b"".join(line + b"\n" for line in lines))
            try:
                while text:
                    text = text[file.write(text) or 0 :]
            except OSError:
                file.truncate(before)  # no half a line, and nothing twice
                raise
            size = file.tell()
        if size >= self._max_bytes:
            self._turn()

    def _turn(self) -> None:
        for number in range(self._keep, 0, -1):
            older = self._named(number)
            newer = self._named(number - 1) if number > 1 else self._path
            if newer.exists():
                newer.replace(older)
        if not self._keep:
            self._path.unlink()

    def _named(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
