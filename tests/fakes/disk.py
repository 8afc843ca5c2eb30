"""A Disk in memory that can be full."""

import errno


class FakeDisk:
    def __init__(self, space: int = 1 << 40) -> None:
        self.files: dict[str, bytes] = {}
        self.space = space
        """Bytes that still fit; a test may change it at any time."""
        self.synced: dict[str, bytes] = {}

    def names(self) -> list[str]:
        return sorted(self.files)

    def append(self, name: str, data: bytes) -> None:
        if len(data) > self.space:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.space -= len(data)
        self.files[name] = self.files.get(name, b"") + data

    def read(self, name: str, offset: int, size: int) -> bytes:
        return self.files[name][offset : offset + size]

    def cut(self, name: str, size: int) -> None:
        if size:
            self.files[name] = self.files[name][:size]
        else:
            self.files.pop(name, None)

    def sync(self) -> None:
        self.synced = dict(self.files)
