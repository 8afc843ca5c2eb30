"""Which results tell of now, and which of a time when their agent could not be heard. Pure."""

from typing import Final

LATE_US: Final = 300_000_000
"""What was made so long before it came speaks of the past: it opens no alert."""
WATCHED_US: Final = 600_000_000
"""How long the clock of an agent is watched before it is called wrong."""


class _Seen:
    __slots__ = ("least_us", "since_us", "wrong_by_us")

    def __init__(self, since_us: int, delay_us: int) -> None:
        self.since_us, self.least_us, self.wrong_by_us = since_us, delay_us, 0


class Lateness:
    """Tells a backlog from a clock that is slow.

    A backlog is delivered faster than it was made, so that its delay shrinks to nothing. A delay
    that never fell below something for ten minutes is the agent's clock: it is taken off.
    """

    def __init__(self) -> None:
        self._seen: dict[int, _Seen] = {}
        self._in_time_us: dict[int, int] = {}

    def sends_both(self, agent_id: int, received_us: int) -> bool:
        """Whether the agent sends of now too: then what is late is its backlog, and no clock."""
        in_time_us = self._in_time_us.get(agent_id)
        return in_time_us is not None and received_us - in_time_us < WATCHED_US

    def late(self, agent_id: int, created_us: int, received_us: int) -> bool:
        delay_us = received_us - created_us
        if delay_us <= LATE_US:
            self._in_time_us[agent_id] = received_us
            if self._seen:
                self._seen.pop(agent_id, None)
            return False
        seen = self._seen.get(agent_id)
        if seen is None:
            self._seen[agent_id] = _Seen(received_us, delay_us)
            return True
        seen.least_us = min(seen.least_us, delay_us)
        if received_us - seen.since_us >= WATCHED_US:
            seen.wrong_by_us = seen.least_us
            seen.since_us, seen.least_us = received_us, delay_us
        return delay_us - seen.wrong_by_us > LATE_US
