"""A folder of append-only files."""

import os
from pathlib import Path
from typing import Protocol

from forepost.kit import files


class Disk(Protocol):
    def names(self) -> list[str]:
        """In order."""
        ...

    def append(self, name: str, data: bytes) -> None:
        """All of `data` or nothing of it, in the kernel's hands at return. Raises OSError."""
        ...

    def read(self, name: str, offset: int, size: int) -> bytes: ...

    def cut(self, name: str, size: int) -> None:
        """Shorten a file to `size` bytes; to 0 means away with it."""
        ...

    def sync(self) -> None:
        """Make what was appended survive a power cut. Slow: call it from a thread."""
        ...


class Folder:
    """A Disk on a real folder, private to this user."""

    def __init__(self, path: Path) -> None:
        self._path = files.private_folder(path)
        self._open: tuple[str, int] | None = None
        self._unsynced: set[str] = set()

    def names(self) -> list[str]:
        return sorted(p.name for p in self._path.iterdir() if p.is_file())

    def append(self, name: str, data: bytes) -> None:
        descriptor = self._descriptor(name)
        before = os.fstat(descriptor).st_size
        written = 0
        try:
            while written < len(data):
                written += os.write(descriptor, data[written:])
        except OSError:
            os.ftruncate(descriptor, before)
            raise
        self._unsynced.add(name)

    def read(self, name: str, offset: int, size: int) -> bytes:
        with (self._path / name).open("rb") as file:
            file.seek(offset)
            return file.read(size)

    def cut(self, name: str, size: int) -> None:
        if size:
            os.truncate(self._path / name, size)
            return
        self._forget(name)
        (self._path / name).unlink(missing_ok=True)

    def sync(self) -> None:
        names, self._unsynced = self._unsynced, set()
        for name in names:
            try:
                descriptor = os.open(self._path / name, os.O_RDONLY)
            except FileNotFoundError:
                continue  # everything in it was acknowledged meanwhile
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        if names:
            files.sync_folder(self._path)

    def close(self) -> None:
        if self._open is not None:
            os.close(self._open[1])
            self._open = None

    def _descriptor(self, name: str) -> int:
        """Only the newest file is written to, so one open descriptor is enough."""
        if self._open is None or self._open[0] != name:
            self.close()
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            self._open = name, os.open(self._path / name, flags, 0o600)
        return self._open[1]

    def _forget(self, name: str) -> None:
        self._unsynced.discard(name)
        if self._open is not None and self._open[0] == name:
            self.close()
