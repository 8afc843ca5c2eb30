"""Work that is done again and again: a turn that fails is told of and made again."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from forepost.kit.clock import Clock
from forepost.kit.health import Health


class Turns:
    """`turn_sec`: from the end of a turn to the next."""

    def __init__(self, clock: Clock, health: Health, turn_sec: float) -> None:
        self._clock, self._health, self._turn_sec = clock, health, turn_sec

    def of(
        self, subject: str, turn: Callable[[], Awaitable[object]]
    ) -> Callable[[], Coroutine[Any, Any, None]]:
        """Return a service that makes the turns. `subject`: what /readyz calls it."""

        async def run() -> None:
            while True:
                try:
                    await turn()
                except Exception as error:  # noqa: BLE001 - said in /readyz, and tried again
                    self._health.ill(subject, f"{type(error).__name__}: {error}")
                else:
                    self._health.well(subject)
                await self._clock.sleep(self._turn_sec)

        return run
