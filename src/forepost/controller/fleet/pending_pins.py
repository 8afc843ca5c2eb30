"""PINs that were just made, in RAM: each for who made it, once, for some minutes."""

from collections import OrderedDict
from typing import Final

import msgspec

from forepost.kit.clock import Clock

LASTS_SEC: Final = 900.0
MOST: Final = 1_000
"""When full the oldest goes; another can always be made."""


class FreshPin(msgspec.Struct, frozen=True):
    pin: str
    user_id: int
    until_sec: float
    """Monotonic."""


class PendingPins:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._of_agent: OrderedDict[int, FreshPin] = OrderedDict()

    def add(self, agent_id: int, pin: str, user_id: int) -> None:
        """The newest of an agent; the ones before are good for nothing any more."""
        self._of_agent.pop(agent_id, None)
        if len(self._of_agent) >= MOST:
            self._of_agent.popitem(last=False)
        until_sec = self._clock.monotonic() + LASTS_SEC
        self._of_agent[agent_id] = FreshPin(pin, user_id, until_sec)

    def take(self, agent_id: int, user_id: int) -> str:
        """The PIN, if this account made it; "" where there is none for it any more."""
        kept = self._of_agent.get(agent_id)
        if kept is None or kept.user_id != user_id:
            return ""
        del self._of_agent[agent_id]
        return kept.pin if kept.until_sec > self._clock.monotonic() else ""

    def drop(self, agent_id: int) -> None:
        """It was used."""
        self._of_agent.pop(agent_id, None)
