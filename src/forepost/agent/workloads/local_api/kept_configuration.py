"""What is set of this agent, as it is now: changed whole or not at all, kept, and applied."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from forepost.agent.workloads.local_api.configuration import (
    ConfigFile,
    LocalConfig,
    change,
    moved,
)
from forepost.agent.workloads.local_api.words import NotDone
from forepost.kit.clock import Clock
from forepost.kit.health import Health

SAVE_SEC: Final = 60.0
"""How often a position that was told is kept: whoever tells one every second wears no disk out."""
SUBJECT: Final = "local api config"


class KeptConfiguration:
    def __init__(
        self,
        file: ConfigFile,
        base: Mapping[str, str],
        applied: Callable[[LocalConfig], None],
        clock: Clock,
        health: Health,
    ) -> None:
        """`applied` is called with what is set now, and with every change of it."""
        self._file, self._applied, self._clock, self._health = file, applied, clock, health
        self.now = file.load(base, health)
        self._is_saved = True
        applied(self.now)

    def set(self, wanted: Mapping[str, Any]) -> dict[str, str]:
        """Take what may be taken, and return why the rest is refused. Raises NotDone, and then
        nothing is taken.
        """
        new, refused = change(self.now, wanted)
        if new != self.now:
            try:
                self._file.save(new)
            except OSError as error:
                raise NotDone(500, f"Error updating new config : {error.strerror}") from None
            self.now, self._is_saved = new, True
            self._applied(new)
        return refused

    def move(self, latitude: str, longitude: str) -> None:
        """Take a position. Raises NotDone."""
        self.now, self._is_saved = moved(self.now, latitude, longitude), False
        self._applied(self.now)

    async def run(self) -> None:
        """Keep positions, for ever."""
        while True:
            await self._clock.sleep(SAVE_SEC)
            await self.flush()

    async def flush(self) -> None:
        if self._is_saved:
            return
        try:
            self._file.save(self.now)
        except OSError as error:
            self._health.ill(SUBJECT, f"the position cannot be kept: {error.strerror}")
        else:
            self._is_saved = True
            self._health.well(SUBJECT)
