"""When refusals mean that an ioFog Controller does not know this agent any more. Pure."""

from typing import Final

MOST: Final = 10
FOR_SEC: Final = 600.0
"""Refusals come after an upgrade, a restore, a proxy that asks for a password: all of them end."""
OF_IDENTITY: Final = (401, 403)


class Refusals:
    """Counts refusals of the identity in a row. One answer that is none begins anew."""

    def __init__(self) -> None:
        self._count = 0
        self._first = 0.0

    @property
    def said(self) -> str:
        return f"refused {self._count} times in a row; after {MOST}, and {FOR_SEC / 60:.0f} minutes"

    def count(self, status: int, now: float) -> bool:
        """Take note of an answer's status; return whether the identity is refused for good.

        `now`: monotonic.
        """
        if status not in OF_IDENTITY:
            self._count = 0
            return False
        if self._count == 0:
            self._first = now
        self._count += 1
        return self._count >= MOST and now - self._first >= FOR_SEC
