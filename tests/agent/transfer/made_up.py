"""Rows for tests, and a tree of them in memory."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from blake3 import blake3

from forepost.wire.jobs.folder import FILE, Entry, Row

A, B, C = b"A" * 8, b"B" * 8, b"C" * 8


def file_row(
    path: str | bytes,
    data: bytes = b"",
    *,
    author: bytes = A,
    mtime_ns: int = 1,
    version: dict[bytes, int] | None = None,
    chunks: int = 1,
) -> Row:
    """`path`: with slashes."""
    raw = path.encode() if isinstance(path, str) else path
    return Row(
        raw.replace(b"/", b"\0"),
        FILE,
        len(data),
        mtime_ns,
        0o644,
        blake3(data).digest() if data else b"",
        chunks if data else 0,
        author,
        tuple(sorted((version or {author: 1}).items())),
    )


class MemoryPages:
    """Pages: all in RAM."""

    def __init__(self) -> None:
        self.kept: dict[bytes, Row] = {}
        self._paths: list[bytes] = []
        self._levels: dict[int, list[Entry]] = {}

    def put(self, row: Row) -> None:
        if row.path not in self.kept:
            self._paths.insert(bisect_left(self._paths, row.path), row.path)
        self.kept[row.path] = row

    def drop(self, path: bytes) -> None:
        del self.kept[path]
        self._paths.remove(path)

    def rows(self, after: bytes, upto: bytes | None) -> Iterable[Row]:
        begin = bisect_right(self._paths, after)
        end = len(self._paths) if upto is None else bisect_right(self._paths, upto)
        return [self.kept[path] for path in self._paths[begin:end]]

    def entries(self, level: int, after: bytes, upto: bytes | None) -> Sequence[Entry]:
        return [
            one
            for one in self._levels.get(level, [])
            if one.last > after and (upto is None or one.last <= upto)
        ]

    def before(self, level: int, path: bytes) -> bytes:
        return max(
            (one.last for one in self._levels.get(level, []) if one.last < path), default=b""
        )

    def at_or_after(self, level: int, path: bytes) -> bytes | None:
        return min(
            (one.last for one in self._levels.get(level, []) if one.last >= path), default=None
        )

    def replace(
        self, level: int, after: bytes, upto: bytes | None, entries: Sequence[Entry]
    ) -> None:
        others = [
            one
            for one in self._levels.get(level, [])
            if one.last <= after or (upto is not None and one.last > upto)
        ]
        self._levels[level] = sorted([*others, *entries], key=lambda one: one.last)
