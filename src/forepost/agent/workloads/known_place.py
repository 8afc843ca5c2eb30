"""Where the controller says that this site is: by its look-up of the address that it sees."""

from collections.abc import Callable
from typing import Final

from forepost.agent.ports.edges import OutsideView, Whoami
from forepost.kit.clock import Clock

LOOK_SEC: Final = 60.0
"""Until it is asked again where nothing is known, or nobody wanted to know."""
KNOWN_SEC: Final = 3_600.0
Place = tuple[float, float]


class KnownPlace:
    """Asks nobody but the controller, and only while somebody wants to know."""

    def __init__(self, whoami: Whoami, is_wanted: Callable[[], bool], clock: Clock) -> None:
        self._whoami, self._is_wanted, self._clock = whoami, is_wanted, clock
        self.now: Place | None = None
        """Latitude and longitude, in degrees."""

    async def run(self) -> None:
        """For ever."""
        while True:
            if self._is_wanted():
                found = place_of(await self._whoami())
                self.now = found or self.now
            known = self._is_wanted() and self.now is not None
            await self._clock.sleep(KNOWN_SEC if known else LOOK_SEC)


def place_of(view: OutsideView | None) -> Place | None:
    """None: not known. 0, 0 is how a look-up says that it does not know."""
    if view is None:
        return None
    latitude, longitude = view.geo.get("latitude"), view.geo.get("longitude")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    return (latitude, longitude) if (latitude, longitude) != (0, 0) else None
