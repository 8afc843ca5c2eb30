"""Whatever order members hear of each other's rows in, they end with the same, and lose nothing."""

from itertools import cycle, islice, permutations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.transfer.merge import Join, Nothing, Take, Yield, decide, loser_path
from forepost.agent.transfer.row import check
from forepost.wire.jobs.folder import FILE, FOLDER, GONE, Row
from tests.agent.transfer.made_up import A, B, C, file_row

versions = st.dictionaries(st.sampled_from((A, B, C)), st.integers(1, 3), min_size=1)
rows = st.builds(
    lambda kind, data, version, author, mtime: msgspec.structs.replace(
        file_row("d/a.txt", data, author=author, version=version, mtime_ns=mtime)
        if kind == FILE
        else file_row("d/a.txt", b"", author=author, version=version, mtime_ns=mtime),
        kind=kind,
    ),
    st.sampled_from((FILE, FOLDER, GONE)),
    st.sampled_from((b"one", b"two")),
    versions,
    st.sampled_from((A, B, C)),
    st.integers(0, 3),
)


def after(ours: Row | None, theirs: Row) -> tuple[Row, list[Row]]:
    """The row afterwards, and what lost its name."""
    match decide(ours, theirs):
        case Nothing():
            assert ours is not None
            return ours, []
        case Yield(row, _loser):
            assert ours is not None
            return row, [ours]
        case Take(row) | Join(row):
            return row, []


@settings(max_examples=300)
@given(st.lists(rows, min_size=2, max_size=3))
def test_members_end_with_the_same_row(changes: list[Row]) -> None:
    """Each hears of all in an order of its own, and then of what the others made of it."""
    members: list[Row | None] = [None] * 6
    for n, heard in enumerate(islice(cycle(permutations(changes)), 6)):
        for one in heard:
            members[n], _ = after(members[n], one)
    for _ in range(3):
        for n, ours in enumerate(members):
            for theirs in members:
                assert theirs is not None
                ours, _ = after(ours, theirs)  # noqa: PLW2901 - what it has now
            members[n] = ours
    assert len(set(members)) == 1


@given(rows, rows)
def test_whoever_loses_the_name_did_so_by_a_rule_that_both_sides_know(one: Row, two: Row) -> None:
    mine, theirs = after(one, two)[0], after(two, one)[0]
    mine, theirs = after(mine, theirs)[0], after(theirs, mine)[0]
    assert mine == theirs


def test_whoever_keeps_the_name_leaves_it_to_the_other_to_keep_what_lost() -> None:
    """Did it join both, the other would take that for an answer to its own version."""
    older = file_row("a", b"older", author=A, mtime_ns=5)
    newer = file_row("a", b"newer", author=B, mtime_ns=7)
    assert isinstance(decide(newer, older), Nothing)
    assert isinstance(decide(older, newer), Yield)


def test_an_edit_beats_a_deletion() -> None:
    edit = file_row("a", b"new", author=A, version={A: 2})
    gone = msgspec.structs.replace(
        file_row("a", author=B, version={A: 1, B: 1}, mtime_ns=9), kind=GONE
    )
    kept = decide(edit, gone)
    assert isinstance(kept, Join)
    assert kept.row.kind == FILE
    brought = decide(gone, edit)
    assert isinstance(brought, Take)
    assert brought.row == kept.row


def test_equal_content_never_conflicts() -> None:
    mine = file_row("a", b"same", author=A, mtime_ns=5)
    theirs = file_row("a", b"same", author=B, mtime_ns=7)
    joined = decide(mine, theirs)
    assert isinstance(joined, Join)
    assert joined == decide(theirs, mine)


def test_a_losing_version_has_a_name_that_fits() -> None:
    row = file_row("d/" + "ä" * 120 + ".tar.gz", b"x", mtime_ns=1_700_000_000 * 10**9)
    path = loser_path(row)
    check(msgspec.structs.replace(row, path=path))
    name = path.split(b"\0")[-1].decode()
    assert name.endswith(".Conflict.41414141.20231114-221320.gz")
    short = loser_path(file_row("x.py", b"x", mtime_ns=0)).decode()
    assert short == "x.Conflict.41414141.19700101-000000.py"
    assert loser_path(file_row(".profile", b"x", mtime_ns=0)).startswith(b".profile.Conflict.")
