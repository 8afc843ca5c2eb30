"""Keeps some of the disk for who comes to free it: results wait before all of it is used."""

import os
from pathlib import Path
from typing import Final

from forepost.kit.clock import Clock
from forepost.kit.health import Health

MOST_KEPT: Final = 64 << 20
"""Bytes that results leave free; a sixteenth of a small disk."""
LOOK_SEC: Final = 1.0
BALLAST: Final = "ballast"
SUBJECT: Final = "disk"


class DiskRoom:
    """Below `kept` bytes no results are taken: they stay in the spools of their agents. Where
    others fill the rest, a file that is there for that (`ballast`) is given up, so that a login,
    and what is deleted after it, find room.
    """

    def __init__(self, folder: Path, clock: Clock, health: Health) -> None:
        self._folder, self._clock, self._health = folder, clock, health
        self._ballast = folder / BALLAST
        disk = os.statvfs(folder)
        self.kept = min(MOST_KEPT, disk.f_blocks * disk.f_frsize // 16)
        self.is_low = False
        self.look()

    async def run(self) -> None:
        while True:
            await self._clock.sleep(LOOK_SEC)
            self.look()

    def look(self) -> None:
        """See how much is free, and act on it."""
        disk = os.statvfs(self._folder)
        free = disk.f_bavail * disk.f_frsize
        self.is_low = free < self.kept
        if not self.is_low:
            self._health.well(SUBJECT)
        else:
            self._health.ill(
                SUBJECT,
                f"{free >> 20} MiB are free at {self._folder}, {self.kept >> 20} are kept free: "
                "results wait in the spools of their agents",
            )
        if free < self.kept // 8:
            self._ballast.unlink(missing_ok=True)
        elif free > 2 * self.kept and not self._ballast.exists():
            self._make_ballast()

    def _make_ballast(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        descriptor = os.open(self._ballast, flags, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, max(1, self.kept // 4))
        except OSError as error:
            self._ballast.unlink(missing_ok=True)
            self._health.ill(BALLAST, f"{self._ballast}: {error.strerror}", minor=True)
        else:
            self._health.well(BALLAST)
        finally:
            os.close(descriptor)
