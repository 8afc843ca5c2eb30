"""A wanted document on disk: `wanted-NAME.json` in the state folder."""

import contextlib
from pathlib import Path
from typing import Final

import msgspec

from forepost.kit.state_file import StateFile
from forepost.wire.base import Wire

ENVELOPE: Final = 1 << 20
"""Bytes that a file may have beside the parts themselves."""


class KeptDocument(Wire, frozen=True, kw_only=True):
    """The revision of a document that was applied, and its parts as they came."""

    revision: str
    parts: list[msgspec.Raw]


kept_document = msgspec.json.Decoder(KeptDocument)


def files_in(folder: Path) -> list[Path]:
    """Return the files of all documents, also of subjects that are off."""
    return sorted(folder.glob("wanted-*.json"))


def remove_half_written(folder: Path) -> None:
    """Remove what a process that was killed was writing: nobody finishes it, and it may be large.

    Only for who has the folder's lock.
    """
    for path in folder.glob(".wanted-*.json.*.new"):
        with contextlib.suppress(OSError):  # it is tried again at the next start
            path.unlink()


def file_of(folder: Path, name: str, most_bytes: int) -> StateFile[KeptDocument]:
    """Return the file of the document `name`, whose parts have `most_bytes` together."""
    path = folder / f"wanted-{name}.json"
    return StateFile(path, kept_document.decode, largest=most_bytes + ENVELOPE)
