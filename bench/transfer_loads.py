"""What the transfer benchmarks move."""

import os
from pathlib import Path


def one_file(root: Path, mib: int = 1_024) -> None:
    with (root / "file").open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(1 << 20))


def small_files(root: Path, count: int = 20_000, size: int = 4_096) -> None:
    for n in range(100):
        (root / f"d{n}").mkdir()
    for n in range(count):
        (root / f"d{n % 100}" / f"f{n}").write_bytes(os.urandom(size))
