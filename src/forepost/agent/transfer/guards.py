"""When deletions are not believed until somebody confirms them. Of the folder's thread.

A root that is not there, has no marker, or is of another file system than it was never counts as
"all deleted" (edges/tree/root.py). Neither do many deletions at once (Brake), nor what a member
says that was away for longer than deletions are remembered (Absence).
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from forepost.agent.transfer.index import Index

BRAKE_FILES: Final = 100
WINDOW_SEC: Final = 60.0
"""Deletions that are seen one after another within it count together."""
NOTE_NS: Final = 3_600 * 10**9
"""How often it is written down that a member is in step."""
DAY_NS: Final = 86_400 * 10**9
HELD: Final = "held"
IN_STEP: Final = "in step: "


class Brake:
    """Holds where more than half of the files are gone, and more than BRAKE_FILES."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._lately: deque[tuple[float, int]] = deque()
        self.held = (index.fact(HELD) or b"").decode()
        """Why; kept over a restart."""

    def check(self, lost: int, files: int, now: float) -> str:
        """Return why these deletions are not believed; "": they are. `files`: how many there are
        yet, the lost ones among them.
        """
        while self._lately and now - self._lately[0][0] > WINDOW_SEC:
            self._lately.popleft()
        before = sum(count for _, count in self._lately)
        if not lost:
            return self._hold("")
        if lost + before > BRAKE_FILES and (lost + before) * 2 > files + before:
            return self._hold(f"{lost + before} of {files + before} files are gone at once")
        if self.held:
            return self.held
        self._lately.append((now, lost))
        return ""

    def confirm(self) -> None:
        self._lately.clear()
        self._hold("")

    def _hold(self, why: str) -> str:
        if why != self.held:
            self.held = why
            self._index.begin()
            self._index.set_fact(HELD, why.encode())
            self._index.commit()
        return why


class Absence:
    """When each member was in step last, by this agent's clock. Of the event loop, but `save`."""

    def __init__(self, index: Index, now_ns: Callable[[], int]) -> None:
        self._index, self._now_ns = index, now_ns
        self._noted = {
            name[len(IN_STEP) :]: int.from_bytes(value, "big")
            for name, value in index.facts(IN_STEP)
        }
        self._unsaved: set[str] = set()

    def in_step(self, device_id: str) -> None:
        """A clock that was set back makes nobody absent."""
        now = self._now_ns()
        if now - self._noted.get(device_id, 0) < NOTE_NS:
            return
        self._noted[device_id] = now
        self._unsaved.add(device_id)

    def save(self) -> None:
        """Of the folder's thread."""
        if self._unsaved:
            self._index.begin()
            for device_id in self._unsaved:
                self._index.set_fact(
                    IN_STEP + device_id, self._noted[device_id].to_bytes(12, "big")
                )
            self._index.commit()
            self._unsaved.clear()

    def days_away(self, device_id: str) -> int:
        """Return for how many days; 0: it never was in step, or is not known."""
        noted = self._noted.get(device_id)
        return 0 if noted is None else max(0, self._now_ns() - noted) // DAY_NS

    def days_alone(self) -> int:
        """Return for how many days this agent was in step with nobody; 0: it never was."""
        return min((self.days_away(device_id) for device_id in self._noted), default=0)

    def confirm(self) -> None:
        """Whoever was away is believed from now on."""
        for device_id in self._noted:
            self.in_step(device_id)
