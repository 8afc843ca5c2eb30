"""Pages of a folder by their hashes: kept ones, and those of its own tree, made when asked for."""

from typing import Final

from forepost.agent.transfer.index import IndexReader
from forepost.agent.transfer.tree import hash_of, inner_page, leaf_entry, leaf_page

_NOTHING, _NOTHING_PAGE = leaf_entry(())
MOST_BYTES: Final = 4 << 20
"""In one answer."""


def pages(index: IndexReader, hashes: list[bytes]) -> list[bytes]:
    """Return pages that are here, as many as one answer takes."""
    found: list[bytes] = []
    size = 0
    for hash_ in hashes:
        page = page_of(index, hash_)
        if page is None:
            continue
        if found and size + len(page) > MOST_BYTES:
            break
        found.append(page)
        size += len(page)
    return found


def page_of(index: IndexReader, hash_: bytes) -> bytes | None:
    """Return one page; None: it is not here, or not any more."""
    kept = index.page(hash_)
    if kept is not None:
        return kept
    if hash_ == _NOTHING.hash:
        return _NOTHING_PAGE
    place = index.place_of_page(hash_)
    if place is None:
        return None
    level, last = place
    after = index.before(level, last)
    if level == 0:
        made = leaf_page(list(index.rows(after, last)))
    else:
        made = inner_page(level - 1, index.entries(level - 1, after, last))
    return made if hash_of(made) == hash_ else None
