"""Counts what came instead of an answer: so much of it is borne, and no more."""

from typing import Final

from forepost.agent.ports.dialer import Failed

MOST_MESSAGES: Final = 256
MOST_BYTES: Final = 64 << 10
"""Reading them is what costs: DNS 3 s for each MiB, SNMP 0.4."""


class Ignored:
    """Of one measurement. Whoever floods it ends it, and nothing else."""

    def __init__(self) -> None:
        self.count = 0
        self.last = ""
        """Why the last one was no answer."""
        self._bytes = 0

    def add(self, data: bytes, reason: str) -> None:
        """Raises Failed where it is too much."""
        self.count += 1
        self.last = reason
        self._bytes += len(data)
        if self.count >= MOST_MESSAGES or self._bytes >= MOST_BYTES:
            raise Failed("wrong", f"{self.count} messages are no answers to what was asked")
