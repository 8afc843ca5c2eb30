"""Waits until a line is idle, by what its interfaces have moved."""

from collections.abc import Callable
from typing import Final

from forepost.kit.clock import Clock

LOOK_SEC: Final = 1.0

Moved = Callable[[], int]
"""Bytes in and out since some time."""


async def wait_until_idle(
    moved: Moved,
    clock: Clock,
    *,
    below_bytes_per_sec: float,
    for_sec: float,
    most_sec: float,
) -> tuple[bool, float]:
    """Whether it was idle for so long at last, and how long that took (s): `most_sec` at most."""
    start = quiet_since = clock.monotonic()
    at, had = start, moved()
    while True:
        await clock.sleep(LOOK_SEC)
        now, has = clock.monotonic(), moved()
        if has - had > below_bytes_per_sec * (now - at):
            quiet_since = now
        at, had = now, has
        if now - quiet_since >= for_sec:
            return True, now - start
        if now - start >= most_sec:
            return False, now - start
