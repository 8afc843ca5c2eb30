"""The tree of a folder's rows depends on the rows alone, and a change changes little of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.transfer import tree
from forepost.agent.transfer.pieces import pieces_of
from forepost.wire.jobs.folder import Entry, Leaf, Row
from tests.agent.transfer.made_up import MemoryPages, file_row


def made_of(rows: list[Row]) -> tuple[MemoryPages, Entry]:
    pages = MemoryPages()
    for row in rows:
        pages.put(row)
    return pages, tree.update(pages, [row.path for row in rows])


NUMBERS = st.integers(0, 3_000)


@settings(max_examples=40)
@given(
    st.sets(NUMBERS, max_size=1_500),
    st.lists(st.tuples(st.booleans(), st.sets(NUMBERS, max_size=400)), max_size=5),
)
def test_the_tree_is_the_same_whatever_happened_before(
    first: set[int], later: list[tuple[bool, set[int]]]
) -> None:
    now = {n: file_row(f"f{n}", b"x") for n in first}
    pages, root = made_of(list(now.values()))
    for puts, numbers in later:
        for n in numbers:
            if puts:
                now[n] = file_row(f"f{n}", b"y%d" % n)
                pages.put(now[n])
            elif n in now:
                pages.drop(now.pop(n).path)
        root = tree.update(pages, [b"f%d" % n for n in numbers])
    assert root == made_of(list(now.values()))[1]


def found_in(pages: MemoryPages, entry: Entry, level: int) -> dict[bytes, bytes]:
    """All pages below an entry, by hash, made as they are made for a peer."""
    after = pages.before(level, entry.last)
    if level == 0:
        made, page = tree.leaf_entry(list(pages.rows(after, entry.last)))
        assert made == entry
        return {made.hash: page}
    below = pages.entries(level - 1, after, entry.last)
    made, page = tree.inner_entry(level - 1, below)
    assert made == entry
    found = {made.hash: page}
    for one in below:
        found |= found_in(pages, one, level - 1)
    return found


def top_level(pages: MemoryPages) -> int:
    level = 0
    while len(pages.entries(level, b"", None)) > 1:
        level += 1
    return level


def test_one_file_of_20_000_changes_a_page_at_each_level() -> None:
    rows = [file_row(f"{n % 100}/f{n}", b"%d" % n) for n in range(20_000)]
    pages, root = made_of(rows)
    before = found_in(pages, root, top_level(pages))
    pages.put(file_row("7/f107", b"another"))
    root = tree.update(pages, [b"7\0f107"])
    after = found_in(pages, root, top_level(pages))
    new = [page for hash_, page in after.items() if hash_ not in before]
    assert len(new) == top_level(pages) + 1
    assert sum(map(len, new)) < 60_000
    assert root.files == 20_000
    assert root.pieces == sum(
        len([*pieces_of(page.rows)])
        for page in map(tree.read_page, after.values())
        if isinstance(page, Leaf)
    )


def test_nothing_is_a_leaf_of_nothing() -> None:
    pages, root = made_of([])
    assert root.rows == 0
    pages.put(file_row("a", b"x"))
    one = tree.update(pages, [b"a"])
    pages.drop(b"a")
    assert one != root == tree.update(pages, [b"a"])


@pytest.mark.parametrize(
    "rows",
    [
        [file_row("../a", b"x")],
        [file_row("a//b", b"x")],
        [file_row(".sync/ID", b"x")],
        [file_row("a/.b.!sync", b"x")],
        [file_row("b", b"x"), file_row("a", b"x")],
        [file_row("a", b"x"), file_row("a", b"x")],
        [file_row("a", b"x", version={b"short": 1})],
        [file_row("a", b"x", chunks=2)],
    ],
)
def test_a_page_of_a_hostile_writer_is_refused(rows: list[Row]) -> None:
    page = tree.encode(Leaf(rows))
    with pytest.raises(tree.WrongPage):
        tree.read_page(page)
