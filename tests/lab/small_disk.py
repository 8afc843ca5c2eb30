"""A file system of its own, small enough to fill. Needs root, as the rest of the lab does."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DISK_MB = 48


@contextmanager
def mounted(place: Path, size_mb: int = DISK_MB) -> Iterator[Path]:
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=700", "forepost", str(place)]
    subprocess.run(mount, check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def fill(disk: Path, name: str = "other") -> Path:
    """Somebody else's file, which takes all that is free."""
    other = disk / name
    with other.open("wb") as file, contextlib.suppress(OSError):
        while True:
            os.write(file.fileno(), bytes(4_096))
    return other
