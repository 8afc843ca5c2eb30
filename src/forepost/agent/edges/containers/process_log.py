"""The log that a shim writes, read from its files; also while they are rotated."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from forepost.agent.ports.containers import StampedLine
from forepost.wire.workloads.delivery import LogLine

AT_A_TIME: Final = 256 << 10
"""Bytes; a line of a shim is much shorter."""


class ProcessLog:
    """Reads forward from wherever it is; a file is known by its number, whatever its name is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file, self._offset = 0, 0

    def more(self) -> Iterator[StampedLine]:
        """Return the whole lines that were not read yet, oldest first."""
        files = self._files()
        known = [place for place, (number, _) in enumerate(files) if number == self._file]
        for number, path in files[known[0] if known else 0 :]:
            if number != self._file:
                self._file, self._offset = number, 0
            try:
                with path.open("rb") as file:
                    if os.fstat(file.fileno()).st_ino == number:
                        yield from self._rest(file)
                        continue
            except FileNotFoundError:
                pass
            return  # rotated meanwhile: the next look finds it

    def _rest(self, file: BinaryIO) -> Iterator[StampedLine]:
        file.seek(self._offset)
        while data := file.read(AT_A_TIME):
            end = data.rfind(b"\n") + 1
            if not end:
                return
            self._offset += end
            file.seek(self._offset)
            yield from _lines(data[:end].split(b"\n"))

    def _files(self) -> Sequence[tuple[int, Path]]:
        found: list[tuple[int, Path]] = []
        numbered = [path for path in self._folder.glob("log.*") if path.suffix[1:].isdecimal()]
        numbered.sort(key=lambda path: int(path.suffix[1:]), reverse=True)
        for path in (*numbered, self._folder / "log"):
            try:
                found.append((path.stat().st_ino, path))
            except FileNotFoundError:
                continue
        return found


def _lines(entries: Sequence[bytes]) -> Iterator[StampedLine]:
    for entry in entries:
        stamp, _, rest = entry.partition(b" ")
        name, _, text = rest.partition(b" ")
        if stamp.isdigit() and name in (b"stdout", b"stderr"):
            at = datetime.fromtimestamp(int(stamp) / 1e9, UTC)
            yield StampedLine(
                stamp.decode(),
                LogLine(
                    at=at,
                    stream="stderr" if name == b"stderr" else "stdout",
                    text=text.decode(errors="replace"),
                ),
            )
