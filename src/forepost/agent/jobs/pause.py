"""Whether the agent is paused, and until when; kept over restarts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.kit.state_file import StateFile

PAUSE: Final = "pause.json"
LONGEST_SEC: Final = 10 * 366 * 86_400


class KeptPause(msgspec.Struct, frozen=True):
    paused: bool = False
    resume_at: float = 0
    """Unix seconds; 0: until somebody resumes it."""


class AgentPause:
    """The timer ends by either clock, whichever is there first: one may be set back by years."""

    def __init__(self, state_dir: Path, clock: Clock, health: Health) -> None:
        self._clock, self._health = clock, health
        self._file = StateFile(state_dir / PAUSE, msgspec.json.Decoder(KeptPause).decode)
        self._now = self._file.recall(health) or KeptPause()
        left = self._now.resume_at - clock.now().timestamp()
        self._until = clock.monotonic() + left

    @property
    def is_paused(self) -> bool:
        if not self._now.paused:
            return False
        timed = self._now.resume_at > 0
        return not (timed and self._is_time())

    @property
    def resume_at(self) -> datetime | None:
        if not self.is_paused or not self._now.resume_at:
            return None
        return datetime.fromtimestamp(self._now.resume_at, UTC)

    def pause(self, seconds: float | None = None) -> None:
        """Pause, until the timer ends or somebody resumes. Raises OSError: nothing changes then."""
        resume_at = 0.0
        if seconds is not None:
            seconds = min(seconds, LONGEST_SEC)
            resume_at = (self._clock.now() + timedelta(seconds=seconds)).timestamp()
        self._set(KeptPause(paused=True, resume_at=resume_at))
        self._until = self._clock.monotonic() + (seconds or 0)

    def resume(self) -> None:
        """Raises OSError: nothing changes then."""
        self._set(KeptPause())

    def _set(self, wanted: KeptPause) -> None:
        self._file.save(msgspec.json.encode(wanted))
        self._now = wanted

    def _is_time(self) -> bool:
        is_late = self._clock.now().timestamp() >= self._now.resume_at
        return is_late or self._clock.monotonic() >= self._until
