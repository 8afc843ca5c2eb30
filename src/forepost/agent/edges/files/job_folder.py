"""Jobs of a site on disk: one to a file, `*.json`."""

import os
from pathlib import Path
from typing import Final

import msgspec

from forepost.kit import files

LARGEST_JOB: Final = 4 << 20
MOST_FILES: Final = 1_000


class JobFile(msgspec.Struct, frozen=True):
    data: bytes
    written_ns: int
    """When it was written: the same text at another time is another wish."""


class JobFolder:
    """Files that begin with a dot are not looked at: editors and half-written files do."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[str, tuple[tuple[int, ...], JobFile]] = {}
        """By name what was read, and of which file: one that is the same is not read again."""

    def read(self) -> dict[str, JobFile | OSError]:
        """What is in each file, or why it cannot be read, by file name. Raises OSError for the
        folder itself, also where it is absent.
        """
        found: dict[str, JobFile | OSError] = {}
        for path in sorted(self.path.iterdir()):
            if path.suffix != ".json" or path.name.startswith("."):
                continue
            if len(found) == MOST_FILES:
                raise OSError(f"{self.path}: more than {MOST_FILES} jobs")
            try:
                found[path.name] = self._file(path)
            except FileNotFoundError:
                continue  # removed meanwhile
            except OSError as error:
                found[path.name] = error
        self._read = {name: one for name, one in self._read.items() if name in found}
        return found

    def _file(self, path: Path) -> JobFile:
        seen = path.stat()
        which = (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
        known = self._read.get(path.name)
        if known is None or known[0] != which:
            known = self._read[path.name] = which, _read(path)
        return known[1]


def _read(path: Path) -> JobFile:
    descriptor = files.open_regular(path, follow=True)
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(LARGEST_JOB + 1)
        if len(data) > LARGEST_JOB:
            raise OSError(f"is larger than {LARGEST_JOB} bytes")
        return JobFile(data, os.fstat(descriptor).st_mtime_ns)
