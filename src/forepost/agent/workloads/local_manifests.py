"""The manifests of this host's own folder, and the last of each file that was understood.

A file that is spoilt, or a folder that cannot be read, ends nothing: what it said last goes on.
Only a file that is gone ends its microservice, also where it went while the agent was off.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from forepost.agent.edges.files.manifest_folder import ManifestFolder
from forepost.kit.errors import Invalid
from forepost.kit.health import Health
from forepost.kit.state_file import StateFile
from forepost.wire.base import complaint
from forepost.wire.workloads.manifest import Microservice

KEPT: Final = "local-manifests.json"
SUBJECT: Final = "manifests"

_decoder = msgspec.json.Decoder(Microservice)


class FoundManifests(msgspec.Struct, frozen=True):
    """By file name."""

    understood: dict[str, Microservice] = {}
    problems: dict[str, str] = {}
    """Why a file is not used as it is; of one that was understood before, that one goes on."""


_kept = msgspec.json.Decoder(dict[str, Microservice])


def read_manifest(data: bytes) -> Microservice:
    """Raises Invalid, naming field and reason."""
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError as error:
        raise Invalid(complaint(error, Microservice)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"not JSON: {error}") from None
    except RecursionError:
        raise Invalid("nested too deeply") from None


def after(
    before: Mapping[str, Microservice], files: Mapping[str, bytes | OSError]
) -> FoundManifests:
    """What the folder says now. Pure."""
    found = FoundManifests()
    owners: dict[str, str] = {}
    for name, data in sorted(files.items()):
        one = before.get(name)
        try:
            if isinstance(data, OSError):
                raise Invalid(data.strerror or str(data))
            one = read_manifest(data)
        except Invalid as error:
            found.problems[name] = str(error)
        if one is None:
            continue
        if (owner := owners.setdefault(one.uuid, name)) != name:
            found.problems[name] = f"uuid: {one.uuid} is that of {owner}, which counts"
            continue
        found.understood[name] = one
    return found


class LocalManifests:
    """Reads the folder again and again; remembers what it said last, over restarts too."""

    def __init__(self, folder: ManifestFolder, state_dir: Path, health: Health) -> None:
        self._folder, self._health = folder, health
        self._file = StateFile(state_dir / KEPT, _kept.decode)
        self.found = FoundManifests()
        self.is_known = False
        """Whether `found` is all that the folder says. False: what it said was lost, and it cannot
        be read.
        """

    def start(self) -> None:
        """Know what the folder said before, and says now; called once."""
        kept = self._file.recall(self._health)
        self.is_known = kept is not None
        self.found = FoundManifests(kept or {})
        self.look()

    def look(self) -> bool:
        """Read the folder; return whether it says something else than before."""
        before = self.found
        try:
            self.found = after(before.understood, self._folder.read())
        except OSError as error:
            reason = f"{self._folder.path}: {error.strerror or error}"
            self._health.ill(SUBJECT, f"{reason}; what was there before goes on")
            return False
        self.is_known = True
        if self.found.problems:
            name, problem = next(iter(self.found.problems.items()))
            more = f" (and {len(self.found.problems) - 1} more)" * (len(self.found.problems) > 1)
            self._health.ill(SUBJECT, f"{name}: {problem}{more}", minor=True)
        else:
            self._health.well(SUBJECT)
        self._file.settle(self._health)
        if self.found == before:
            return False
        self._file.keep(msgspec.json.encode(self.found.understood), self._health)
        return True

    def put(self, one: Microservice, data: bytes) -> None:
        """Have it among the manifests: in the place of the file that has its uuid. Raises
        OSError.
        """
        name = self._file_of(one.uuid) or f"{one.uuid}.json"
        self._folder.write(name, data)

    def remove(self, uuid: str) -> bool:
        """Return whether there was a file of it. Raises OSError."""
        name = self._file_of(uuid)
        if name is not None:
            self._folder.remove(name)
        return name is not None

    def _file_of(self, uuid: str) -> str | None:
        found = self.found.understood.items()
        return next((name for name, one in found if one.uuid == uuid), None)
