"""What becomes of a row of this folder when a writer has another one. Pure.

Whatever order members hear of each other's rows in, they end with the same: a decision depends on
the two rows alone.
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

from forepost.agent.transfer.row import LONGEST_NAME, joined, names_of, order, path_of
from forepost.wire.jobs.folder import FOLDER, GONE, SHORT_ID, Row, Version

STAMP: Final = "%Y%m%d-%H%M%S"


class Nothing(msgspec.Struct, frozen=True, tag=True):
    """Ours contains theirs, or has the name."""


class Take(msgspec.Struct, frozen=True, tag=True):
    """Theirs contains ours: it replaces ours on the disk; the old version goes to the archive."""

    row: Row


class Join(msgspec.Struct, frozen=True, tag=True):
    """What we have stays as it is on the disk, and counts for theirs too."""

    row: Row


class Yield(msgspec.Struct, frozen=True, tag=True):
    """Both changed, and theirs has the name: ours is kept under `loser`, as a file of its own."""

    row: Row
    loser: bytes


Decision = Nothing | Take | Join | Yield


def decide(ours: Row | None, theirs: Row) -> Decision:
    """Return what to do with `theirs`; both are of one path."""
    if ours is None:
        return Take(theirs)
    found = order(ours.version, theirs.version)
    if found == "newer":
        return Nothing()
    if found == "equal":
        # Two copies of one device (a cloned disk) may count alike and mean different things.
        return Nothing() if ours == theirs or _wins(ours, theirs) else _take(ours, theirs)
    if found == "older":
        return _take(ours, theirs)
    version = joined(ours.version, theirs.version)
    if ours.same == theirs.same:
        winner = ours if _wins(ours, theirs) else theirs
        return Join(msgspec.structs.replace(winner, version=version))
    if (ours.kind == GONE) != (theirs.kind == GONE):
        # An edit beats a deletion.
        if theirs.kind == GONE:
            return Join(msgspec.structs.replace(ours, version=version))
        return Take(msgspec.structs.replace(theirs, version=version))
    if _wins(ours, theirs):
        # Not joined: who has the other version hears of both, and gives it a name of its own.
        return Nothing()
    return Yield(msgspec.structs.replace(theirs, version=version), loser_path(ours))


def _take(ours: Row, theirs: Row) -> Decision:
    """Without content on its way where only a time or a mode differs."""
    return Join(theirs) if ours.same == theirs.same else Take(theirs)


def _wins(one: Row, other: Row) -> bool:
    """The one that changed later has the name; every member finds the same one."""
    return _rank(one) > _rank(other)


def _rank(row: Row) -> tuple[bool, int, bytes, int, bytes, int, int, Version]:
    """A folder has its name before a file: what is in it would have no place."""
    return (
        row.kind == FOLDER,
        row.mtime_ns,
        row.author,
        row.kind,
        row.content,
        row.size,
        row.mode,
        row.version,
    )


def loser_path(row: Row, more: str = "") -> bytes:
    """Return the path under which a losing version is kept: the same at every member.

    `more`: what tells it from another one of the same second.
    """
    *folders, name = names_of(row.path)
    stem, dot, ending = name.rpartition(b".")
    if not stem:
        stem, dot, ending = name, b"", b""
    at = datetime.fromtimestamp(max(row.mtime_ns, 0) // 10**9 % (1 << 37), UTC)
    mark = (
        f".Conflict.{row.author.hex()[:SHORT_ID]}.{at.strftime(STAMP)}{more and '.'}{more}".encode()
    )
    room = LONGEST_NAME - len(mark) - len(dot) - len(ending)
    if room < 1:
        stem, dot, ending = name, b"", b""
        room = LONGEST_NAME - len(mark)
    kept = stem[:room].decode(errors="ignore").encode() or stem[:room]
    return path_of([*folders, kept + mark + dot + ending])
