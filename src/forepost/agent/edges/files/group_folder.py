"""Address groups on disk: one file each, `NN-<name>.conf`, an entry a line."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from forepost.kit import files

FILE: Final = re.compile(r"\d[^-]*-(?P<name>.+)\.conf")
OWN: Final = "10-{}.conf"
LARGEST_FILE: Final = 64 << 20


class GroupFolder:
    """Files that begin with no digit are not ours."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> dict[str, str]:
        """Group to file; of several files the last in order. A folder that is absent is empty."""
        if not self._path.is_dir():
            return {}
        found = (FILE.fullmatch(path.name) for path in sorted(self._path.iterdir()))
        return {match["name"]: match.string for match in found if match}

    def read(self, file: str) -> list[str]:
        """Entries, without blank lines and comments. Raises OSError, UnicodeDecodeError."""
        text = files.read(self._path / file, LARGEST_FILE, follow=True).decode()
        lines = (line.strip() for line in text.splitlines())
        return [line for line in lines if line and not line.startswith("#")]

    def write(self, file: str, entries: Iterable[str]) -> None:
        """All or nothing. Raises OSError."""
        text = "".join(f"{entry}\n" for entry in entries)
        files.replace(self._path / file, text.encode(), 0o640)

    def remove(self, file: str) -> None:
        """Raises OSError."""
        (self._path / file).unlink(missing_ok=True)
        if self._path.is_dir():
            files.sync_folder(self._path)
