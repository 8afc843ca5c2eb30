"""A row of a folder's index as all members know it, and versions of it. Pure.

Rows are canonical: two members that have the same in a folder have the same rows, byte for byte,
and so the same tree (tree.py) and the same root.
"""

from collections.abc import Iterable
from typing import Final, Literal

from forepost.wire.jobs.folder import FILE, FOLDER, GONE, LINK, SHORT_ID, Row, Version

SEPARATOR: Final = b"\0"
"""Between the names of a path: in order of bytes a folder is followed by all that is below it."""
LONGEST_NAME: Final = 255
LONGEST_PATH: Final = 4_000
HIDDEN: Final = b".sync"
"""The engine's own folder at the root; never part of what is exchanged."""
UNFINISHED: Final = b".!sync"
"""How names of files end that are not whole yet; never part of what is exchanged."""
MOST_DEVICES: Final = 1_000
"""Whose changes one row may count."""


class WrongRow(ValueError):
    """A row that no honest member makes; the text says what is wrong with it."""


Order = Literal["equal", "older", "newer", "apart"]


def order(one: Version, other: Version) -> Order:
    """Return how `one` stands to `other`; apart: each has changes that the other has not seen."""
    if one == other:
        return "equal"
    ours, theirs = dict(one), dict(other)
    is_ahead = any(count > theirs.get(device, 0) for device, count in one)
    is_behind = any(count > ours.get(device, 0) for device, count in other)
    if is_ahead and is_behind:
        return "apart"
    return "newer" if is_ahead else "older"


def joined(one: Version, other: Version) -> Version:
    """Return the version that contains all changes of both."""
    counts = dict(one)
    for device, count in other:
        counts[device] = max(count, counts.get(device, 0))
    return tuple(sorted(counts.items()))


def bumped(version: Version, device: bytes) -> Version:
    """Return the version with one more change of this device."""
    counts = dict(version)
    counts[device] = counts.get(device, 0) + 1
    return tuple(sorted(counts.items()))


def path_of(names: Iterable[bytes]) -> bytes:
    return SEPARATOR.join(names)


def names_of(path: bytes) -> list[bytes]:
    return path.split(SEPARATOR)


def shown(path: bytes) -> str:
    """Return the path as a person reads it."""
    return path.replace(SEPARATOR, b"/").decode(errors="backslashreplace")


def check(row: Row) -> None:
    """Raises WrongRow for what could leave the folder, or stands for nothing that is exchanged."""
    if not 0 < len(row.path) <= LONGEST_PATH:
        raise WrongRow("a path of no or too many bytes")
    _check_names(row.path)
    if row.kind not in (FILE, FOLDER, LINK, GONE):
        raise WrongRow(f"{shown(row.path)}: of no known kind")
    if not 0 <= row.size < 1 << 60 or not -(1 << 62) < row.mtime_ns < 1 << 62:
        raise WrongRow(f"{shown(row.path)}: a size or a time that cannot be")
    if row.mode & ~0o777 or row.mode < 0:
        raise WrongRow(f"{shown(row.path)}: bits of a mode that are not exchanged")
    if row.kind == FILE:
        _check_file(row)
    elif row.chunks or row.size or (row.kind != LINK and row.content):
        raise WrongRow(f"{shown(row.path)}: content where there can be none")
    if row.kind == LINK and (not 0 < len(row.content) <= LONGEST_PATH or b"\0" in row.content):
        raise WrongRow(f"{shown(row.path)}: a link that leads nowhere")
    _check_version(row)


def _check_names(path: bytes) -> None:
    names = names_of(path)
    for name in names:
        if not name or len(name) > LONGEST_NAME or name in (b".", b"..") or b"/" in name:
            raise WrongRow(f"{shown(path)}: not a path in a folder")
    if names[0] == HIDDEN or any(name.endswith(UNFINISHED) for name in names):
        raise WrongRow(f"{shown(path)}: a name of the engine's own")


def _check_file(row: Row) -> None:
    if bool(row.size) != bool(row.chunks) or row.chunks < 0 or row.chunks > row.size:
        raise WrongRow(f"{shown(row.path)}: chunks that do not fit its size")
    if len(row.content) != (32 if row.size else 0):
        raise WrongRow(f"{shown(row.path)}: a hash of another length")


def _check_version(row: Row) -> None:
    devices = [device for device, _ in row.version]
    if not devices or len(devices) > MOST_DEVICES or devices != sorted(set(devices)):
        raise WrongRow(f"{shown(row.path)}: a version that is not sorted, or of nobody")
    if any(len(device) != SHORT_ID for device in (*devices, row.author)):
        raise WrongRow(f"{shown(row.path)}: a device that is none")
    if any(not 0 < count < 1 << 62 for _, count in row.version):
        raise WrongRow(f"{shown(row.path)}: a count of changes that cannot be")
