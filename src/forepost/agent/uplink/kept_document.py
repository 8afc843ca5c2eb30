"""A wanted document on disk: `wanted-NAME.json` in the state folder."""

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


def file_of(folder: Path, name: str, most_bytes: int) -> StateFile[KeptDocument]:
    """Return the file of the document `name`, whose parts have `most_bytes` together."""
    path = folder / f"wanted-{name}.json"
    return StateFile(path, kept_document.decode, largest=most_bytes + ENVELOPE)
