"""What an agent of version N-1 kept of the documents on disk: taken over once, then removed.

`wanted.json` (a list of probes), `keys.json` (of their pairs) and `groups.json`.
"""

from pathlib import Path
from typing import Final

import msgspec

from forepost.agent.uplink.kept_document import KeptDocument, files_in
from forepost.kit import files
from forepost.kit.health import Health
from forepost.kit.state_file import StateFile
from forepost.wire.base import Wire
from forepost.wire.uplink import documents
from forepost.wire.uplink.documents import ProbesPart

WANTED: Final = "wanted.json"
KEYS: Final = "keys.json"
GROUPS: Final = "groups.json"
_FILES: Final = {documents.PROBES: (WANTED, KEYS), documents.GROUPS: (GROUPS,)}


class _FormerGroups(Wire, frozen=True, kw_only=True):
    revision: str
    groups: msgspec.Raw


former_list = msgspec.json.Decoder(list[msgspec.Raw])
former_keys = msgspec.json.Decoder(dict[int, bytes])
former_groups = msgspec.json.Decoder(_FormerGroups)


def remove_documents(folder: Path) -> None:
    """Remove all that a controller wanted of this agent, also of subjects that are off.

    Raises OSError.
    """
    former = [folder / name for names in _FILES.values() for name in names]
    for path in [*files_in(folder), *former]:
        path.unlink(missing_ok=True)
    files.sync_folder(folder)


class FormerFiles:
    """The former files of one document in a state folder."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name, self._folder = name, folder
        self._paths = [folder / one for one in _FILES.get(name, ())]
        self.are_there = any(path.exists() for path in self._paths)

    def are_newer_than(self, kept: Path) -> bool:
        """Return whether an agent of that version ran last: the first time after it was replaced,
        or because it was put back for a while.
        """
        times = [path.stat().st_mtime_ns for path in self._paths if path.exists()]
        return bool(times) and not (kept.exists() and kept.stat().st_mtime_ns >= max(times))

    def recall(self, health: Health) -> KeptDocument | None:
        """Return what the former files say; None where there is nothing usable.

        What is damaged is set aside, and a problem until `remove`.
        """
        if self._name == documents.PROBES:
            probes = StateFile(self._folder / WANTED, former_list.decode).recall(health)
            keys = StateFile(self._folder / KEYS, former_keys.decode).recall(health)
            if probes is None:
                return None
            part: msgspec.Struct = ProbesPart(probes=probes, keys=keys or {})
            return KeptDocument(revision="", parts=[_raw(part)])
        groups = StateFile(self._folder / GROUPS, former_groups.decode).recall(health)
        if groups is None:
            return None
        body = b'{"groups":%b}' % bytes(groups.groups)
        return KeptDocument(revision=groups.revision, parts=[msgspec.Raw(body)])

    def remove(self, health: Health) -> None:
        """Remove them: the document is kept in its own file now."""
        for path in self._paths:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                health.ill(path.name, f"{path} cannot be removed: {error.strerror}")
            else:
                health.well(path.name)
        self.are_there = False


def _raw(part: msgspec.Struct) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(part))
