"""What becomes of a folder when another side changed: nothing is lost, nothing is sent twice."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.transfer.sides import Side, close, settle


@pytest.fixture
def pair(quick_place: Path) -> Iterator[tuple[Side, Side]]:
    sides = Side(quick_place, "one"), Side(quick_place, "two")
    yield sides
    close(sides)


def write(path: Path, data: bytes, mtime: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if mtime:
        os.utime(path, ns=(mtime * 10**9, mtime * 10**9))


def test_a_rename_sends_nothing(pair: tuple[Side, Side]) -> None:
    one, two = pair
    write(one.root / "a", os.urandom(3 << 20))
    write(one.root / "small", b"small")
    settle(pair)
    sent = two.fetched
    (one.root / "a").rename(one.root / "b")
    (one.root / "small").rename(one.root / "tiny")
    settle(pair)
    assert two.fetched == sent
    assert set(two.tree()) == {"b", "tiny"}


def test_a_folder_that_is_there_on_both_sides_joins_without_data(pair: tuple[Side, Side]) -> None:
    one, two = pair
    for side in pair:
        write(side.root / "d" / "same", b"same")
        write(side.root / "large", b"x" * (2 << 20))
    settle(pair)
    assert one.fetched == two.fetched == 0
    assert set(one.tree()) == {"d", "d/same", "large"}


def test_both_versions_of_a_conflict_are_kept_on_both_sides(pair: tuple[Side, Side]) -> None:
    one, two = pair
    write(one.root / "a.txt", b"older", 1_000)
    write(two.root / "a.txt", b"newer", 2_000)
    settle(pair)
    assert one.tree() == two.tree()
    assert one.tree()["a.txt"] == b"newer"
    assert one.contents() == {b"older", b"newer"}


def test_two_conflicts_of_one_second_are_both_kept(pair: tuple[Side, Side]) -> None:
    one, two = pair
    for n in range(3):
        write(one.root / "a.txt", b"loser %d" % n, 1_000)
        write(two.root / "a.txt", b"winner %d" % n, 2_000 + n)
        settle(pair)
    assert one.tree() == two.tree()
    assert {b"loser 0", b"loser 1", b"loser 2", b"winner 2"} <= one.contents()


def test_an_edit_beats_a_deletion(pair: tuple[Side, Side]) -> None:
    one, two = pair
    write(one.root / "a", b"before")
    settle(pair)
    write(one.root / "a", b"edited")
    (two.root / "a").unlink()
    settle(pair)
    assert one.tree() == two.tree() == {"a": b"edited"}


def test_a_deletion_goes_to_the_archive(pair: tuple[Side, Side]) -> None:
    one, two = pair
    write(one.root / "d" / "a", b"to be kept")
    settle(pair)
    (one.root / "d" / "a").unlink()
    (one.root / "d").rmdir()
    settle(pair)
    assert two.tree() == {}
    assert two.archived() == {b"to be kept"}


def test_a_folder_that_was_deleted_comes_back_with_what_is_new_in_it(
    pair: tuple[Side, Side],
) -> None:
    one, two = pair
    write(one.root / "d" / "old", b"old")
    settle(pair)
    (one.root / "d" / "old").unlink()
    (one.root / "d").rmdir()
    write(two.root / "d" / "new", b"new")
    settle(pair)
    assert one.tree() == two.tree() == {"d": None, "d/new": b"new"}


@pytest.mark.parametrize("kinds", [(a, b) for a in "fdl" for b in "fdl" if a != b])
def test_a_thing_becomes_another_kind(pair: tuple[Side, Side], kinds: tuple[str, str]) -> None:
    one, two = pair
    make(one.root / "x", kinds[0])
    settle(pair)
    remove(one.root / "x")
    make(one.root / "x", kinds[1])
    settle(pair)
    assert one.tree() == two.tree()
    assert two.tree()["x"] == {"f": b"file", "d": None, "l": b"-> nowhere"}[kinds[1]]


def test_what_a_file_was_is_archived_where_a_file_of_a_folders_name_is(
    pair: tuple[Side, Side],
) -> None:
    one, two = pair
    make(one.root / "x", "f")
    settle(pair)
    remove(one.root / "x")
    make(one.root / "x", "d")
    settle(pair)
    remove(one.root / "x")
    settle(pair)
    assert two.tree() == {}
    assert two.archived() == {b"file", b"in it"}


@pytest.mark.parametrize("kinds", [(a, b) for a in "fdl" for b in "fdl"])
def test_both_sides_made_a_thing_of_one_name(
    pair: tuple[Side, Side], kinds: tuple[str, str]
) -> None:
    one, two = pair
    make(one.root / "x", kinds[0])
    make(two.root / "x", kinds[1])
    before = one.contents() | two.contents()
    settle(pair)
    assert one.tree() == two.tree()
    assert before <= one.contents()


def test_an_unknown_local_edit_is_never_replaced(pair: tuple[Side, Side]) -> None:
    one, two = pair
    write(one.root / "a", b"first", 1_000)
    settle(pair)
    write(one.root / "a", b"from one", 2_000)
    one.scan()
    write(two.root / "a", b"nobody knows of it yet", 3_000)
    assert not two.pull(one)
    assert two.tree()["a"] == b"nobody knows of it yet"
    settle(pair)
    assert one.tree() == two.tree()
    assert one.contents() == {b"nobody knows of it yet", b"from one"}


def test_an_unknown_local_edit_is_never_removed(pair: tuple[Side, Side]) -> None:
    one, two = pair
    write(one.root / "a", b"first", 1_000)
    settle(pair)
    (one.root / "a").unlink()
    one.scan()
    write(two.root / "a", b"nobody knows of it yet", 3_000)
    assert not two.pull(one)
    settle(pair)
    assert one.tree() == two.tree() == {"a": b"nobody knows of it yet"}


def test_a_mode_of_a_folder_is_taken_as_it_is(pair: tuple[Side, Side]) -> None:
    one, two = pair
    for mode in (0o775, 0o555, 0o700, 0o777):
        (one.root / f"{mode}").mkdir()
        (one.root / f"{mode}").chmod(mode)
        write(one.root / f"{mode}" / "f", b"%d" % mode)
    one.scan()
    before = one.opened.disk.top.hash
    settle(pair)
    assert one.opened.disk.top.hash == two.opened.disk.top.hash == before
    for mode in (0o775, 0o700, 0o777):
        assert (two.root / f"{mode}").stat().st_mode & 0o777 == mode


def make(path: Path, kind: str) -> None:
    if kind == "f":
        write(path, b"file")
    elif kind == "l":
        path.symlink_to("nowhere")
    else:
        write(path / "inner" / "f", b"in it")


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for one in path.iterdir():
            remove(one)
        path.rmdir()
    else:
        path.unlink()
