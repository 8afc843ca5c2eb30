"""The jobs of this site's own folder, and the last of each file that was understood.

A file that is spoilt, or a folder that cannot be read, ends nothing: what it said last goes on.
Only a file that is gone ends its run, also where it went while the agent was off.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from forepost.agent.edges.files.job_folder import JobFile, JobFolder
from forepost.agent.jobs.record import made_uid
from forepost.kit.errors import Invalid
from forepost.kit.health import Health
from forepost.kit.state_file import StateFile
from forepost.wire.base import complaint
from forepost.wire.jobs.job import Job, path_refusal

KEPT: Final = "local-jobs.json"
SUBJECT: Final = "job files"

_decoder = msgspec.json.Decoder(Job)


class LocalJob(msgspec.Struct, frozen=True):
    uid: str
    """The same for the same text, written at the same time, in the same file."""
    job: Job


class LocalJobsRead(msgspec.Struct, frozen=True):
    """By file name."""

    understood: dict[str, LocalJob] = {}
    problems: dict[str, str] = {}
    """Why a file is not used as it is; of one that was understood before, that one goes on."""


def read_job(data: bytes) -> Job:
    """Raises Invalid, naming field and reason."""
    try:
        job = _decoder.decode(data)
    except msgspec.ValidationError as error:
        raise Invalid(complaint(error, Job)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"not JSON: {error}") from None
    except RecursionError:
        raise Invalid("nested too deeply") from None
    paths = {f"peers[{at}].path": peer.path for at, peer in enumerate(job.peers)}
    for field, path in {"path": job.path, **paths}.items():
        if refused := path_refusal(path):
            raise Invalid(f"{field}: {refused}")
    return job


def after(before: Mapping[str, LocalJob], files: Mapping[str, JobFile | OSError]) -> LocalJobsRead:
    """What the folder says now. Pure."""
    found = LocalJobsRead()
    owners: dict[str, str] = {}
    for name, file in sorted(files.items()):
        one = before.get(name)
        try:
            if isinstance(file, OSError):
                raise Invalid(file.strerror or str(file))
            written = sha256(file.data).hexdigest()
            uid = made_uid("file", name, written, str(file.written_ns))
            one = LocalJob(uid, read_job(file.data))
        except Invalid as error:
            found.problems[name] = str(error)
        if one is None:
            continue
        if (owner := owners.setdefault(one.job.name, name)) != name:
            found.problems[name] = f"name: {one.job.name} is that of {owner}, which counts"
            continue
        found.understood[name] = one
    return found


class LocalJobs:
    """Reads the folder again and again; remembers what it said last, over restarts too."""

    def __init__(self, folder: JobFolder, state_dir: Path, health: Health) -> None:
        self._folder, self._health = folder, health
        self._file = StateFile(state_dir / KEPT, msgspec.json.Decoder(dict[str, LocalJob]).decode)
        kept = self._file.recall(health)
        self.is_known = kept is not None
        """Whether `found` is all that the folder says. False: what it said was lost, and it cannot
        be read.
        """
        self.found = LocalJobsRead(kept or {})
        self._read: Mapping[str, JobFile | OSError] | None = None
        """What was read last; None: nothing, or it could not be."""

    def _is_as_before(self, read: Mapping[str, JobFile | OSError]) -> bool:
        last = self._read
        if last is None or last.keys() != read.keys():
            return False
        return all(last[name] is one for name, one in read.items())

    def look(self) -> bool:
        """Read the folder; return whether it says something else than before."""
        before, was_known = self.found, self.is_known
        self._file.settle(self._health)
        try:
            read = self._folder.read()
            if was_known and self._is_as_before(read):
                return False
            self.found = after(before.understood, read)
        except OSError as error:
            self._read = None
            reason = f"{self._folder.path}: {error.strerror or error}"
            self._health.ill(SUBJECT, f"{reason}; what was there before goes on")
            return False
        self.is_known, self._read = True, read
        if self.found.problems:
            name, problem = next(iter(self.found.problems.items()))
            more = f" (and {len(self.found.problems) - 1} more)" * (len(self.found.problems) > 1)
            self._health.ill(SUBJECT, f"{name}: {problem}{more}", minor=True)
        else:
            self._health.well(SUBJECT)
        if self.found == before and was_known:
            return False
        self._file.keep(msgspec.json.encode(self.found.understood), self._health)
        return True
