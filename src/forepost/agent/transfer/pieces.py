"""How what a folder holds is numbered, so that members can say in bits what of it they have. Pure.

The pieces of a leaf (tree.py) follow its rows: each chunk of a file of several chunks is a piece;
files of one chunk that follow one another share a piece, up to BUNDLE_BYTES and BUNDLE_FILES.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from forepost.wire.jobs.folder import FILE, Row

BUNDLE_BYTES: Final = 1 << 20
BUNDLE_FILES: Final = 128


class Piece(msgspec.Struct, frozen=True, gc=False):
    """Either small files, or the chunk of that number of a large one."""

    rows: tuple[Row, ...]
    chunk: int = -1
    """-1: the files themselves."""


def pieces_of(rows: Iterable[Row]) -> Iterator[Piece]:
    """Yield the pieces of one leaf in the order of their numbers. Empty files are in none."""
    bundle: list[Row] = []
    size = 0
    for row in rows:
        if row.kind != FILE or not row.chunks:
            continue
        if row.chunks > 1:
            if bundle:
                yield Piece(tuple(bundle))
                bundle, size = [], 0
            for chunk in range(row.chunks):
                yield Piece((row,), chunk)
            continue
        if bundle and (size + row.size > BUNDLE_BYTES or len(bundle) == BUNDLE_FILES):
            yield Piece(tuple(bundle))
            bundle, size = [], 0
        bundle.append(row)
        size += row.size
    if bundle:
        yield Piece(tuple(bundle))


def pieces_in(rows: Sequence[Row]) -> int:
    """Return how many pieces a leaf has, without making them."""
    count = files = size = 0
    for row in rows:
        if row.kind != FILE or not row.chunks:
            continue
        if row.chunks > 1:
            count += row.chunks + (1 if files else 0)
            files = size = 0
            continue
        if files and (size + row.size > BUNDLE_BYTES or files == BUNDLE_FILES):
            count += 1
            files = size = 0
        files += 1
        size += row.size
    return count + (1 if files else 0)
