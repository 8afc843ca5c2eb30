"""Two hosts with one identity, as a copied machine has it: noticed by what alternates. Pure.

An agent of ours says a random number of its start with its hello. One that is heard again after
another is of a second process that lives beside it, for certain. NetWatcher's agents have no such
number; there it is a live connection that gives way to one from another address, again and again.
"""

from collections import deque
from datetime import datetime
from typing import Final

import msgspec

from forepost.wire.rest.bodies import IdentityConflict

REMEMBERED: Final = 4
"""Starts of one agent."""
STAYS_SEC: Final = 600.0
"""How long it is said after it was seen last."""
REPLACED: Final = 4
"""Live connections of one agent that gave way to other addresses within STAYS_SEC."""


class _Start(msgspec.Struct):
    boot: int
    address: str


class _Seen(msgspec.Struct):
    starts: deque[_Start]
    replaced_sec: deque[float]
    conflict: IdentityConflict | None = None
    until_sec: float = 0.0


class Twins:
    """Times are an argument: `now_sec` of a clock that only grows."""

    def __init__(self) -> None:
        self._agents: dict[int, _Seen] = {}

    def hello(
        self, agent_id: int, boot: int, address: str, now: datetime, now_sec: float
    ) -> IdentityConflict | None:
        """Returns what is new: nobody knew that there are two."""
        if not boot:
            return None
        seen = self._seen(agent_id)
        starts = seen.starts
        before = next((one for one in starts if one.boot == boot), None)
        last = starts[-1] if starts else None
        if before is not None:
            starts.remove(before)
        starts.append(_Start(boot, address))
        if before is None or last is None or last.boot == boot:
            return None
        return self._are_two(seen, [last.address, address], now, now_sec)

    def replaced(
        self, agent_id: int, earlier: str, later: str, now: datetime, now_sec: float
    ) -> IdentityConflict | None:
        """A live connection gives way to another. As `hello`."""
        seen = self._seen(agent_id)
        if seen.starts or earlier == later or not (earlier and later):
            return None
        seen.replaced_sec.append(now_sec)
        if len(seen.replaced_sec) < REPLACED or now_sec - seen.replaced_sec[0] > STAYS_SEC:
            return None
        return self._are_two(seen, [earlier, later], now, now_sec)

    def of(self, agent_id: int, now_sec: float) -> IdentityConflict | None:
        seen = self._agents.get(agent_id)
        return seen.conflict if seen is not None and now_sec < seen.until_sec else None

    def forget(self, agent_id: int) -> None:
        """It has a new key: only one of them can have it."""
        self._agents.pop(agent_id, None)

    def _seen(self, agent_id: int) -> _Seen:
        return self._agents.setdefault(
            agent_id, _Seen(deque(maxlen=REMEMBERED), deque(maxlen=REPLACED))
        )

    def _are_two(
        self, seen: _Seen, addresses: list[str], now: datetime, now_sec: float
    ) -> IdentityConflict | None:
        known = seen.conflict if now_sec < seen.until_sec else None
        seen.until_sec = now_sec + STAYS_SEC
        if known is not None:
            return None
        seen.conflict = IdentityConflict(since=now, addresses=addresses)
        return seen.conflict
