"""Config maps and secrets of a Controller 3.7, as folders that its microservices may have."""

import base64
import re
import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from forepost.kit import files

FOLDER: Final = "iofog-volumes"
MOST_MOUNTS: Final = 100
MOST_FILES: Final = 100
LARGEST: Final = 1 << 20
"""Bytes of one file."""
MODE: Final = 0o644
"""Whatever user a container has; the state folder around it is private."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


class IofogVolumeMount(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    data: dict[str, str] | None = None
    """File name to content, in base64."""


class IofogVolumeMounts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`GET agent/volumeMounts`."""

    volume_mounts: list[IofogVolumeMount] | None = None


def contents(mounts: Iterable[IofogVolumeMount]) -> tuple[dict[str, dict[str, bytes]], list[str]]:
    """Return the files of each mount by its name, and what is not understood. Pure."""
    found: dict[str, dict[str, bytes]] = {}
    problems: list[str] = []
    for mount in mounts:
        try:
            if len(found) == MOST_MOUNTS:
                raise ValueError(f"more than {MOST_MOUNTS} of them")
            _check_name(mount.name)
            found[mount.name] = _decoded(mount.data or {})
        except ValueError as error:
            problems.append(f"volume mount {mount.name[:100]}: {error}")
    return found, problems


def _decoded(data: Mapping[str, str]) -> dict[str, bytes]:
    if len(data) > MOST_FILES:
        raise ValueError(f"more than {MOST_FILES} files")
    decoded: dict[str, bytes] = {}
    for name, text in data.items():
        _check_name(name)
        decoded[name] = base64.b64decode(text, validate=True)
        if len(decoded[name]) > LARGEST:
            raise ValueError(f"{name}: more than {LARGEST} bytes")
    return decoded


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:100]}: is no name of a file")


class VolumeMountFolder:
    """`state_dir`/iofog-volumes: a folder for each mount."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / FOLDER

    def write(self, mounts: Mapping[str, Mapping[str, bytes]]) -> None:
        """Have exactly these; each file is the old one or the new one at any moment. Raises
        OSError.
        """
        for name, content in mounts.items():
            folder = self.path / name
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            for file, data in content.items():
                files.replace(folder / file, data, MODE)
            for path in folder.iterdir():
                if path.name not in content:
                    path.unlink()
        self._remove_others(mounts.keys())

    def _remove_others(self, names: Collection[str]) -> None:
        for folder in self.path.iterdir() if self.path.is_dir() else ():
            if folder.name not in names:
                shutil.rmtree(folder)
