"""What the transfer engine told of runs: kept for whoever asks here, and told to the controller.

That files came or went is kept in RAM alone; all else on the disk, the newest of it. What has to go
before the controller has it is told as one event that says how much of a run is left out.
"""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.kit.state_file import StateFile
from forepost.wire.jobs.delivery import JobEvent, SaidEventKind
from forepost.wire.jobs.transfer import EventKind, TransferEvent

FILE: Final = "transfer-events.json"
MOST: Final = 500
"""That are kept on the disk."""
MOST_PASSING: Final = 1_000
"""Of files that came or went."""
AGAIN_MS: Final = 3_600_000
"""What is said once more within this time says nothing new."""
_TOLD: Final[dict[EventKind, SaidEventKind]] = {
    "conflict": "conflict",
    "held": "held",
    "bad_chunk": "bad_chunk",
    "healed": "healed",
    "clash": "clash",
    "error": "error",
    "member": "member",
}


class LoggedEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event of a run."""

    number: int
    uid: str
    kind: EventKind
    text: str
    at_ms: int
    is_of_controller: bool = False


class LeftOut(msgspec.Struct, frozen=True):
    """Events of a run that went before the controller had them: how many, and the last of them."""

    count: int
    number: int
    at_ms: int


class KeptLog(msgspec.Struct):
    """What is on the disk."""

    events: list[LoggedEvent] = []
    left_out: dict[str, LeftOut] = {}
    """By uid."""
    number: int = 0
    told: int = 0
    """The controller has all up to this number."""


class TransferLog:
    """Of one agent."""

    def __init__(self, state_dir: Path, health: Health, clock: Clock) -> None:
        self._health, self._clock = health, clock
        self._file = StateFile(state_dir / FILE, msgspec.json.Decoder(KeptLog).decode)
        self._kept = self._file.recall(health) or KeptLog()
        self._passing: deque[LoggedEvent] = deque(maxlen=MOST_PASSING)
        self._is_changed = False
        self.news: Callable[[], None] = lambda: None
        """Called when there is something to tell the controller."""

    def add(self, event: TransferEvent, uid: str, *, is_of_controller: bool) -> None:
        if event.kind in _TOLD and self._is_known(event, uid):
            return
        now_ms = int(self._clock.now().timestamp() * 1_000)
        self._kept.number = max(self._kept.number + 1, now_ms)
        logged = LoggedEvent(
            self._kept.number, uid, event.kind, event.text, event.at_ms, is_of_controller
        )
        if event.kind not in _TOLD:
            self._passing.append(logged)
            return
        self._kept.events.append(logged)
        if len(self._kept.events) > MOST:
            self._leave_out(self._kept.events.pop(0))
        self._is_changed = True
        if is_of_controller:
            self.news()

    def of(self, uid: str, after: int = 0) -> list[LoggedEvent]:
        """Events of a run, of later numbers than `after`, in their order."""
        known = (*self._kept.events, *self._passing)
        found = (one for one in known if one.uid == uid and one.number > after)
        return sorted(found, key=lambda one: one.number)

    def untold(self, most: int) -> list[JobEvent]:
        """What the controller has not kept yet, the oldest first."""
        left_out = [
            JobEvent(
                uid=uid,
                number=one.number,
                kind="left_out",
                text=f"{one.count} events before this one are not kept: more came than there is"
                " room for",
                at=_at(one.at_ms),
            )
            for uid, one in self._kept.left_out.items()
        ]
        events = [
            JobEvent(
                uid=one.uid,
                number=one.number,
                kind=_TOLD[one.kind],
                text=one.text.replace("\0", ""),
                at=_at(one.at_ms),
            )
            for one in self._kept.events
            if one.is_of_controller and one.number > self._kept.told
        ]
        return sorted([*left_out, *events], key=lambda one: one.number)[:most]

    def kept(self, number: int) -> None:
        """The controller has all up to this number on its disk."""
        if number <= self._kept.number:
            self._kept.told = max(self._kept.told, number)
            self._kept.left_out = {
                uid: one for uid, one in self._kept.left_out.items() if one.number > number
            }
            self._is_changed = True

    def settle(self) -> None:
        """Write what changed."""
        if self._is_changed:
            self._is_changed = False
            self._file.keep(msgspec.json.encode(self._kept), self._health)
        else:
            self._file.settle(self._health)

    def _is_known(self, event: TransferEvent, uid: str) -> bool:
        return any(
            (one.uid, one.kind, one.text) == (uid, event.kind, event.text)
            and 0 <= event.at_ms - one.at_ms < AGAIN_MS
            for one in self._kept.events
        )

    def _leave_out(self, gone: LoggedEvent) -> None:
        if gone.is_of_controller and gone.number > self._kept.told:
            before = self._kept.left_out.get(gone.uid)
            count = before.count if before is not None else 0
            self._kept.left_out[gone.uid] = LeftOut(count + 1, gone.number, gone.at_ms)


def _at(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1_000, UTC)
