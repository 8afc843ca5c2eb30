"""Manifests of microservices on disk: one to a file, `*.json`."""

import contextlib
from pathlib import Path
from typing import Final

from forepost.kit import files

LARGEST_MANIFEST: Final = 1 << 20
MOST_FILES: Final = 1_000


class ManifestFolder:
    """Files that begin with a dot are not looked at: editors and half-written files do."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, bytes | OSError]:
        """What is in each file, or why it cannot be read, by file name. Raises OSError for the
        folder itself, also where it is absent.
        """
        found: dict[str, bytes | OSError] = {}
        for path in sorted(self.path.iterdir()):
            if path.suffix != ".json" or path.name.startswith("."):
                continue
            if len(found) == MOST_FILES:
                raise OSError(f"{self.path}: more than {MOST_FILES} manifests")
            with contextlib.suppress(FileNotFoundError):  # removed meanwhile
                try:
                    found[path.name] = files.read(path, LARGEST_MANIFEST, follow=True)
                except FileNotFoundError:
                    raise
                except OSError as error:
                    found[path.name] = error
        return found

    def write(self, name: str, data: bytes) -> None:
        """Whole or not at all, for this user and its group. Raises OSError."""
        files.replace(self.path / name, data, 0o640)

    def remove(self, name: str) -> None:
        """Raises OSError."""
        (self.path / name).unlink(missing_ok=True)
        files.sync_folder(self.path)
