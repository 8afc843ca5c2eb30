"""What is fetched of a root is asked for once, told when it can be given, and ends."""

from random import Random

from forepost.agent.transfer.comparison import LeafPlace
from forepost.agent.transfer.pieces import BUNDLE_FILES, pieces_in
from forepost.agent.transfer.target import Lacking, Target
from forepost.agent.transfer.tree import leaf_entry
from forepost.wire.jobs.folder import FILE, Root, Row

SMALL = 2 * BUNDLE_FILES
LARGE_CHUNKS = 2


def _row(number: int, chunks: int = 1) -> Row:
    hash_ = b"%032d" % number
    return Row(
        b"f%05d" % number, FILE, 4_096 * chunks, 0, 0o644, hash_, chunks, b"a" * 8, ((b"a" * 8, 1),)
    )


def _target(missing: set[bytes] | None = None) -> Target:
    """Two pieces of small files, then the two chunks of a large one."""
    rows = [_row(number) for number in range(SMALL)] + [_row(SMALL, LARGE_CHUNKS)]
    entry, page = leaf_entry(rows)
    pieces = pieces_in(rows)
    return Target(
        Root("job:a", 1, entry, b"a" * 8, 0),
        [LeafPlace(entry.hash, b"", None, 0, pieces)],
        {entry.hash: page}.get,
        (1 << pieces) - 1,
        lambda asked: [row for row in asked if missing is None or row.path in missing],
        Random(1),
    )


def _all(target: Target, peer: str) -> list[Lacking]:
    """More often than there are pieces: one of which all is here gives nothing."""
    return [item for _ in range(8) for item in target.next(peer, 0)]


def test_small_files_are_told_to_others_when_the_index_knows_them() -> None:
    target = _target()
    target.has("peer", None)
    items = _all(target, "peer")
    assert len(items) == SMALL + LARGE_CHUNKS
    target.came_here(items)
    assert target.is_done
    # The chunks of a large file are given while it grows.
    assert target.take_news() == 0b1100
    target.named(all_of_them=False)  # its group has names
    assert target.take_news() == 0
    target.named(all_of_them=False)  # the next group has names: the index knows of the first
    assert target.take_news() == 0b0011
    assert target.came == 0b1111


def test_when_nothing_waits_for_its_name_all_is_told() -> None:
    target = _target()
    target.has("peer", None)
    target.came_here(_all(target, "peer"))
    target.named(all_of_them=True)
    assert target.take_news() == 0b1111


def test_what_is_here_already_of_a_piece_is_not_asked_for() -> None:
    lacking = {_row(3).path}
    target = _target(lacking)
    target.has("peer", None)
    items = _all(target, "peer")
    assert [item.row.path for item in items] == [_row(3).path]
    assert not target.is_done
    target.came_here(items)
    assert target.is_done


def test_what_another_is_slow_with_is_asked_for_after_a_wait_a_piece_at_a_time() -> None:
    target = _target()
    target.has("slow", None)
    assert _all(target, "slow")
    target.has("fast", None)
    assert target.next("fast", 0) == []
    items = target.next("fast", 0.01)
    assert len({item.piece for item in items}) == 1
    target.came_here(items)
    # Having waited once, it waits no more.
    assert target.next("fast", 0.01)
    target.peer_left("slow")
    assert target.next("fast", 0)


def test_a_piece_that_two_are_asked_for_is_here_when_all_of_it_came() -> None:
    target = _target()
    target.has("slow", None)
    items = _all(target, "slow")
    few = [item for item in items if item.piece == 0][:100]
    target.came_here([item for item in items if item.piece] + few)
    target.has("fast", None)
    again = target.next("fast", 0.01)
    assert {item.piece for item in again} == {0}
    assert len(again) == BUNDLE_FILES - len(few)
    target.came_here(again[:10])
    target.came_here(again[:10])
    assert not target.is_done
    target.came_here(again)
    assert target.is_done


def test_one_that_is_over_gives_nothing_to_ask_for() -> None:
    target = _target()
    target.has("peer", None)
    target.end()
    assert target.is_over
    assert target.next("peer", 0.01) == []
