"""A file that is not as it was written, in every way that is tried."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

NOBODY: Final = 65_534


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    if data:
        data[len(data) // 2] ^= 0x80
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def give_away(path: Path) -> None:
    """To another user, who alone may not even read it."""
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    path.chmod(0o000)


def be_a_folder(path: Path) -> None:
    path.unlink()
    (path / "x").mkdir(parents=True)


DAMAGES: Final[Mapping[str, Callable[[Path], None]]] = {
    one.__name__: one for one in (flip, cut, empty, give_away, be_a_folder)
}
