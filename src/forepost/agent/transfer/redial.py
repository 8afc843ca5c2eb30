"""When members are tried again that were not reached: after pauses that grow. Pure."""

from collections.abc import Callable


class Redial:
    """Of one folder, by device."""

    def __init__(self, now: Callable[[], float], first_sec: float, longest_sec: float) -> None:
        """`now`: monotonic seconds. The pause doubles with each try, up to the longest."""
        self._now, self._first_sec, self._longest_sec = now, first_sec, longest_sec
        self._pause_sec: dict[str, float] = {}
        self._due_at: dict[str, float] = {}
        self.under_way: set[str] = set()

    def is_due(self, device_id: str) -> bool:
        return device_id not in self.under_way and self._due_at.get(device_id, 0) <= self._now()

    def pause_sec(self, device_id: str) -> float:
        """Return how long the pause after this try is, if nothing else is known."""
        return self._pause_sec.get(device_id, self._first_sec)

    def ended(self, device_id: str, pause_sec: float) -> None:
        """A try is over; the next is after this pause."""
        self._pause_sec[device_id] = min(self._longest_sec, pause_sec * 2)
        self._due_at[device_id] = self._now() + pause_sec
        self.under_way.discard(device_id)

    def forget_pauses(self) -> None:
        """Whoever is to be tried is tried at once."""
        self._pause_sec.clear()
        self._due_at.clear()
