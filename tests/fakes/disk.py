"""A Disk in memory that can be full, and have blocks that cannot be read."""

import errno


class FakeDisk:
    def __init__(self, space: int = 1 << 40) -> None:
        self.files: dict[str, bytes] = {}
        self.space = space
        """Bytes that still fit; a test may change it at any time."""
        self.synced: dict[str, bytes] = {}
        self.set_asides: dict[str, bytes] = {}
        self.bad: dict[str, range] = {}
        """Bytes of a file that cannot be read."""

    def names(self) -> list[str]:
        return sorted(self.files)

    def append(self, name: str, at: int, data: bytes) -> None:
        if at == 0 and self.files.get(name):
            raise FileExistsError(errno.EEXIST, "File exists", name)
        if len(self.files.get(name, b"")) != at:
            raise OSError(errno.EIO, "is not as it was left", name)
        if len(data) > self.space:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.space -= len(data)
        self.files[name] = self.files.get(name, b"") + data

    def read(self, name: str, offset: int, size: int) -> bytes:
        bad = self.bad.get(name, range(0))
        if name not in self.files:
            raise FileNotFoundError(errno.ENOENT, "No such file", name)
        if bad and offset < bad.stop and offset + size > bad.start:
            raise OSError(errno.EIO, "Input/output error", name)
        return self.files[name][offset : offset + size]

    def salvage(self, name: str, size: int) -> bytes:
        if name not in self.files:
            raise FileNotFoundError(errno.ENOENT, "No such file", name)
        bad = self.bad.get(name, range(0))
        data = self.files[name]
        return (data[: bad.start] + bytes(len(bad)) + data[bad.stop :])[:size]

    def cut(self, name: str, size: int) -> None:
        if size:
            self.files[name] = self.files[name][:size]
        else:
            self.files.pop(name, None)

    def set_aside(self, name: str, instead: bytes = b"") -> None:
        if name not in self.files:
            raise FileNotFoundError(errno.ENOENT, "No such file", name)
        if len(instead) > self.space:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.set_asides[name] = self.files.pop(name)
        self.bad.pop(name, None)
        if instead:
            self.files[name] = instead

    def aside(self) -> int:
        return len(self.set_asides)

    def sync(self) -> None:
        self.synced = dict(self.files)
