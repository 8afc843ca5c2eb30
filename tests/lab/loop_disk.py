"""A file system on a disk that is a file: its bytes can be changed behind it, and its power cut."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def made(image: Path, size_mib: int = 96) -> Path:
    with image.open("wb") as file:
        file.truncate(size_mib << 20)
    _run("mkfs.ext4", "-q", "-F", str(image))
    return image


@contextmanager
def mounted(image: Path, place: Path) -> Iterator[Path]:
    """What is written reaches the image when it is synced, or after a while that no test waits."""
    place.mkdir(exist_ok=True)
    _run("mount", "-o", "loop,commit=600", str(image), str(place))
    try:
        yield place
    finally:
        _run("umount", str(place))


def power_cut(image: Path, as_: Path) -> Path:
    """Return the disk as it would be if the power went now: without what was not synced."""
    _run("cp", "--sparse=always", str(image), str(as_))
    return as_


def rot(image: Path, pattern: bytes) -> None:
    """Change one bit of what is found there; the disk is not mounted."""
    data = bytearray(image.read_bytes())
    at = data.index(pattern)
    with image.open("r+b") as file:
        file.seek(at)
        file.write(bytes([data[at] ^ 1]))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
