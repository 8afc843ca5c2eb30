"""When a folder is looked through, and where: what the kernel tells at once, all now and then.

Pure. A look at everything costs no more than a share of one core, whatever the folder's size.
"""

from collections.abc import Iterable
from random import Random
from typing import Final

SHARE: Final = 0.005
"""Of one core, for looks at everything."""
LEAST_SEC: Final = 2.0
"""Between two looks at everything where nothing is watched."""
WATCHED_SEC: Final = 600.0
"""Where all is watched."""
MOST_SEC: Final = 3_600.0
SPREAD: Final = 0.2
"""So that folders of one start are not looked at together for ever."""
RESTLESS_SEC: Final = 0.3
MOST_PARTS: Final = 1_000


class Looks:
    """Of one folder; the event loop's."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._parts: set[bytes] = {b""}
        self._restless: tuple[bytes, ...] = ()
        self._restless_at = 0.0
        self._all_at = 0.0

    def add(self, parts: Iterable[bytes]) -> None:
        self._parts.update(parts)
        if len(self._parts) > MOST_PARTS:
            self._parts = {b""}

    def take(self, now: float) -> list[bytes]:
        """Return where to look now, and not below any of it once more; [b""]: everywhere."""
        if now >= self._all_at:
            self._parts.add(b"")
        if self._restless and now >= self._restless_at:
            self.add(self._restless)
            self._restless = ()
        parts, self._parts = self._parts, set()
        if b"" in parts:
            self._restless = ()
            return [b""]
        found: list[bytes] = []
        for part in sorted(parts):
            if not found or not part.startswith(found[-1] + b"\0"):
                found.append(part)
        return found

    def looked_at_all(self, now: float, took_sec: float, *, is_watched: bool) -> None:
        least = WATCHED_SEC if is_watched else LEAST_SEC
        pause = min(MOST_SEC, max(least, took_sec / SHARE))
        self._all_at = now + pause * self._random.uniform(1, 1 + SPREAD)

    def restless(self, now: float, paths: tuple[bytes, ...]) -> None:
        """These files are being written."""
        self._restless, self._restless_at = paths, now + RESTLESS_SEC

    def due_in(self, now: float) -> float:
        """Return after how many seconds there is something to look at."""
        if self._parts:
            return 0.0
        due = min(self._all_at, self._restless_at) if self._restless else self._all_at
        return max(0.0, due - now)
