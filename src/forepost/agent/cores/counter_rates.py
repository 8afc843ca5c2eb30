"""From two readings of an SNMP agent's counters to rates, over wraps and restarts. Pure."""

from collections import OrderedDict
from typing import Final

import msgspec

MOST_COUNTERS: Final = 100_000
"""Kept, of all agents together; those that were read longest ago go first."""
TICKS_A_SEC: Final = 100
SLACK_SEC: Final = 5.0
SLACK_SHARE: Final = 0.1
"""An agent's clock may be wrong, and an answer late, by so much of the time between."""


class CounterReading(msgspec.Struct, frozen=True, gc=False):
    value: int
    bits: int
    at: float
    """Monotonic, in s."""


class CounterReadings(msgspec.Struct, frozen=True):
    """Of one agent, at one time."""

    counters: dict[str, CounterReading]
    """By OID."""
    uptime_ticks: int | None = None
    """sysUpTime: it begins anew when the agent does, and wraps after 497 days."""
    at: float = 0.0
    """When that was read."""


class CounterMemory:
    """The last readings of each agent that rates are asked of."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, CounterReadings] = OrderedDict()
        self._count = 0

    def exchanged(self, whose: str, readings: CounterReadings) -> CounterReadings | None:
        """Keep these and return those of before."""
        before = self._last.pop(whose, None)
        self._count += len(readings.counters) - (len(before.counters) if before else 0)
        self._last[whose] = readings
        while self._count > MOST_COUNTERS and len(self._last) > 1:
            _, forgotten = self._last.popitem(last=False)
            self._count -= len(forgotten.counters)
        return before


def rates_between(before: CounterReadings, after: CounterReadings) -> dict[str, float]:
    """Return how much each counter grew in a second, by OID; nothing where the agent began anew."""
    if _began_anew(before, after):
        return {}
    knows = before.uptime_ticks is not None and after.uptime_ticks is not None
    found = {}
    for oid, now in after.counters.items():
        was = before.counters.get(oid)
        if was is None or was.bits != now.bits or now.at <= was.at:
            continue
        grown = now.value - was.value
        if grown < 0 and knows:
            grown += 1 << now.bits
        if 0 <= grown < 1 << 63:
            found[oid] = grown / (now.at - was.at)
    return found


def _began_anew(before: CounterReadings, after: CounterReadings) -> bool:
    if before.uptime_ticks is None or after.uptime_ticks is None:
        return False
    elapsed_sec = after.at - before.at
    grown_sec = ((after.uptime_ticks - before.uptime_ticks) % (1 << 32)) / TICKS_A_SEC
    return abs(grown_sec - elapsed_sec) > SLACK_SEC + SLACK_SHARE * elapsed_sec
