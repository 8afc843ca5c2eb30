"""Recipes of large files: a change in the middle changes a page, bytes that lie are refused."""

import os

import pytest
from blake3 import blake3

from forepost.agent.transfer.recipe import (
    CHUNKS,
    PARTS,
    Chunk,
    Part,
    WrongRecipe,
    pages_of,
    read_recipe,
)


def chunks(count: int) -> list[Chunk]:
    return [Chunk(1 << 20, blake3(b"%d" % n).digest()) for n in range(count)]


def all_of(pages: list[bytes]) -> list[Chunk]:
    by_hash = {blake3(page).digest(): page for page in pages}
    found: list[Chunk] = []
    for one in read_recipe(pages[-1]):
        found += [one] if isinstance(one, Chunk) else all_of([by_hash[one.hash]])
    return found


@pytest.mark.parametrize("count", [2, 100, 5_000, 40_000])
def test_a_recipe_is_read_as_it_was_written(count: int) -> None:
    wanted = chunks(count)
    assert all_of(list(pages_of(wanted))) == wanted


def test_an_inserted_chunk_changes_a_page_and_the_outermost() -> None:
    before = set(pages_of(chunks(20_000)))
    changed = chunks(20_000)
    changed.insert(3, Chunk(7, blake3(b"new").digest()))
    new = [page for page in pages_of(changed) if page not in before]
    assert len(new) == 2


@pytest.mark.parametrize(
    "page",
    [
        b"",
        CHUNKS,
        PARTS,
        b"\2" + bytes(36),
        CHUNKS + bytes(36),
        CHUNKS + bytes(35),
        CHUNKS + b"\xff" * 36,
        PARTS + bytes(44),
        CHUNKS + (b"\0\0\0\1" + bytes(32)) * 9_000,
    ],
)
def test_bytes_of_a_hostile_peer_are_refused(page: bytes) -> None:
    with pytest.raises(WrongRecipe):
        read_recipe(page)


def test_bytes_without_sense_never_end_the_process() -> None:
    for _ in range(500):
        page = os.urandom(1) + os.urandom(36 * (1 + os.urandom(1)[0] % 5))
        try:
            found = read_recipe(page)
        except WrongRecipe:
            continue
        assert all(isinstance(one, Chunk | Part) for one in found)
