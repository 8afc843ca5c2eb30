"""How new the newest row of each line can be, in RAM.

A search for the newest rows of ten thousand lines would have to ask the disk about each. The times
here say which lines need not be asked: no row of a line is newer than its time, wherever a reader
stands. They may be too new (of a transaction that was rolled back, of rows deleted since), never
too old: the writer notes a row before it is committed, and what was committed before this process
started is in the snapshot of every reader.
"""

import threading
from collections.abc import Iterable, Mapping
from typing import Final

NEVER: Final = -(1 << 63)
"""The time of a line without rows."""


class Recency:
    """Times of creation, in us, but of rows whose time cannot be true. For every thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._written: dict[int, int] = {}
        """Of what was written since the start."""
        self._newest: dict[int, int] = {}
        """Of everything, where what was there before the start has been looked up."""

    def begin(self, line: int) -> None:
        """Note that a line was made just now: nothing was there before."""
        self.found({line: NEVER})

    def wrote(self, times: Mapping[int, int]) -> None:
        """Note the newest row of each line that is about to be committed."""
        written, newest = self._written, self._newest
        with self._lock:
            for line, us in times.items():
                if us > written.get(line, NEVER):
                    written[line] = us
                    if us > newest.get(line, us):
                        newest[line] = us

    def found(self, times: Mapping[int, int]) -> None:
        """Note the newest row of each line in some snapshot."""
        with self._lock:
            for line, us in times.items():
                self._newest[line] = max(us, self._written.get(line, NEVER))

    def forget(self, line: int) -> None:
        with self._lock:
            self._written.pop(line, None)
            self._newest.pop(line, None)

    def unknown(self, lines: Iterable[int]) -> list[int]:
        """Return those of which nobody has looked up what was there before the start."""
        return [line for line in lines if line not in self._newest]

    def of(self, line: int) -> int | None:
        """Return the time of a line; None: unknown, or just forgotten."""
        return self._newest.get(line)
