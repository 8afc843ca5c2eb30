"""The manifest of a folder: its rows in the pages of a tree, each named by its hash. Pure.

Where a page ends depends on the path of its last row alone, so the tree depends on the rows alone
and not on what happened before; a row that changes changes one page at each level. Two trees are
compared from the root down: what has the same hash is the same.

After "Merkle Search Trees" (Auvolat, Taïani 2019) and Kleppmann's use of them, simplified.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, Protocol

import msgspec
from blake3 import blake3

from forepost.agent.transfer.pieces import pieces_in
from forepost.agent.transfer.row import WrongRow, check
from forepost.wire.jobs.folder import FILE, Entry, Inner, Leaf, Page, Row

BITS: Final = 7
"""A page has 2**BITS rows, or entries, on the average."""
MOST_LEVELS: Final = 4
MOST_PAGE: Final = 8 << 20
"""Bytes: more than chance makes, less than hurts."""

encode = msgspec.msgpack.Encoder().encode


_decoder: Final[msgspec.msgpack.Decoder[Page]] = msgspec.msgpack.Decoder(Page)


class WrongPage(ValueError):
    """Bytes that are not the page of an honest writer; the text says why."""


def hash_of(page: bytes) -> bytes:
    return blake3(page).digest()


def read_page(page: bytes) -> Page:
    """Return what it holds, checked. The hash was compared before. Raises WrongPage."""
    if len(page) > MOST_PAGE:
        raise WrongPage("a page of too many bytes")
    try:
        found = _decoder.decode(page)
        if isinstance(found, Leaf):
            for row in found.rows:
                check(row)
            paths = [row.path for row in found.rows]
        else:
            paths = [entry.last for entry in found.entries]
            _check_entries(found)
    except (msgspec.MsgspecError, WrongRow) as error:
        raise WrongPage(str(error)) from None
    if any(one >= two for one, two in pairwise(paths)):
        raise WrongPage("rows that are not in order")
    return found


def _check_entries(page: Inner) -> None:
    if not page.entries or not 0 <= page.level <= MOST_LEVELS:
        raise WrongPage("an inner page of no entries, or of no level")
    for entry in page.entries:
        counts = (entry.rows, entry.files, entry.size, entry.pieces)
        if len(entry.hash) != 32 or any(not 0 <= count < 1 << 60 for count in counts):
            raise WrongPage("an entry with a wrong hash or wrong counts")


def level_of(path: bytes) -> int:
    """How many levels end a page after this row."""
    drawn = int.from_bytes(blake3(path).digest(4), "big")
    level = 0
    while level < MOST_LEVELS and not drawn & ((1 << BITS) - 1):
        level, drawn = level + 1, drawn >> BITS
    return level


def leaf_page(rows: Sequence[Row]) -> bytes:
    return encode(Leaf(list(rows)))


def inner_page(level: int, entries: Sequence[Entry]) -> bytes:
    """`level`: of the entries."""
    return encode(Inner(level, list(entries)))


def leaf_entry(rows: Sequence[Row]) -> tuple[Entry, bytes]:
    """Return a leaf of these rows, and its bytes."""
    page = leaf_page(rows)
    files = [row for row in rows if row.kind == FILE]
    entry = Entry(
        rows[-1].path if rows else b"",
        hash_of(page),
        len(rows),
        len(files),
        sum(row.size for row in files),
        pieces_in(rows),
    )
    return entry, page


def inner_entry(level: int, entries: Sequence[Entry]) -> tuple[Entry, bytes]:
    """Return the page of these entries, which are of this level, and its bytes."""
    page = inner_page(level, entries)
    entry = Entry(
        entries[-1].last,
        hash_of(page),
        sum(one.rows for one in entries),
        sum(one.files for one in entries),
        sum(one.size for one in entries),
        sum(one.pieces for one in entries),
    )
    return entry, page


class Pages(Protocol):
    """The tree of one folder as it is kept: entries by level and last path. Level 0 are leaves."""

    def rows(self, after: bytes, upto: bytes | None) -> Iterable[Row]:
        """Return the rows with paths greater than `after`, not greater than `upto` (None: all)."""
        ...

    def entries(self, level: int, after: bytes, upto: bytes | None) -> Sequence[Entry]:
        """Return the entries of a level with `last` in that range, in order."""
        ...

    def before(self, level: int, path: bytes) -> bytes:
        """Return the greatest `last` of a level that is less than `path`; b"": there is none."""
        ...

    def at_or_after(self, level: int, path: bytes) -> bytes | None:
        """Return the least `last` of a level that is not less than `path`; None: none is."""
        ...

    def replace(
        self, level: int, after: bytes, upto: bytes | None, entries: Sequence[Entry]
    ) -> None:
        """Put these entries in the place of those with `last` in that range."""
        ...


def update(pages: Pages, changed: Iterable[bytes]) -> Entry:
    """Bring all levels up to date after rows with these paths changed; return the root.

    It is a leaf of no rows where there are none.
    """
    level = 0
    changed = _update_level(pages, level, sorted(set(changed)))
    while not _is_single(pages, level):
        level += 1
        changed = _update_level(pages, level, sorted(changed))
    above = level + 1
    while pages.at_or_after(above, b"") is not None:
        pages.replace(above, b"", None, ())
        above += 1
    top = pages.entries(level, b"", None)
    return top[0] if top else leaf_entry(())[0]


def _is_single(pages: Pages, level: int) -> bool:
    first = pages.at_or_after(level, b"")
    return first is None or pages.at_or_after(level, first + b"\0") is None


def _update_level(pages: Pages, level: int, changed: Sequence[bytes]) -> list[bytes]:
    """Return the paths of entries of this level that are new, other ones, or gone."""
    found: list[bytes] = []
    done: bytes | None = b""
    for path in changed:
        if done is None or path <= done:
            continue
        after, upto = _range(pages, level, path)
        new = list(_cut(pages, level, after, upto))
        while upto is not None and new and not _ends(new[-1].last, level):
            # The row that ended a page is gone: the next page is one with it.
            upto = pages.at_or_after(level, upto + b"\0")
            new = list(_cut(pages, level, after, upto))
        old = {one.last: one for one in pages.entries(level, after, upto)}
        pages.replace(level, after, upto, new)
        now = {one.last: one for one in new}
        found += [last for last in old.keys() | now.keys() if old.get(last) != now.get(last)]
        done = upto
    return found


def _range(pages: Pages, level: int, path: bytes) -> tuple[bytes, bytes | None]:
    """Return the range of the page in which `path` is or would be."""
    upto = pages.at_or_after(level, path)
    after = pages.before(level, path)
    if upto is None and after and not _ends(after, level):
        after = pages.before(level, after)
    return after, upto


def _ends(last: bytes, level: int) -> bool:
    return level_of(last) > level


def _cut(pages: Pages, level: int, after: bytes, upto: bytes | None) -> Iterator[Entry]:
    if level == 0:
        rows: list[Row] = []
        for row in pages.rows(after, upto):
            rows.append(row)
            if _ends(row.path, 0):
                yield leaf_entry(rows)[0]
                rows = []
        if rows:
            yield leaf_entry(rows)[0]
        return
    entries: list[Entry] = []
    for entry in pages.entries(level - 1, after, upto):
        entries.append(entry)
        if _ends(entry.last, level):
            yield inner_entry(level - 1, entries)[0]
            entries = []
    if entries:
        yield inner_entry(level - 1, entries)[0]
