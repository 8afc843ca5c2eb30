"""What is remembered of one microservice: its ends, its trial, and what could not be done. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from forepost.agent.ports.containers import SeenContainer

STUCK_ENDS: Final = 10
"""So many within `STUCK_SEC`: it is stuck in restart."""
STUCK_SEC: Final = 600.0
FIRST_PAUSE_SEC, LONGEST_PAUSE_SEC = 5.0, 300.0
MOST_CONFLICTS: Final = 2
"""Of a trial, until it is refused. An engine may hold a port a while longer than who had it."""
MOST_TRIAL_STARTS: Final = 3
"""A trial that somebody stops is started again; not for ever."""


class Pause(msgspec.Struct):
    """Grows with each failure, and says what the last one was."""

    sec: float = 0.0
    until: float = 0.0
    problem: str = ""
    refused: bool = False
    """Whether the rules of the site are against it."""

    def grow(self, problem: str, now: float, *, refused: bool = False) -> None:
        self.sec = min(max(FIRST_PAUSE_SEC, 2 * self.sec), LONGEST_PAUSE_SEC)
        self.until, self.problem, self.refused = now + self.sec, problem, refused

    def clear(self) -> None:
        self.sec, self.until, self.problem, self.refused = 0.0, 0.0, "", False

    def left(self, now: float) -> float:
        return max(0.0, self.until - now)


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A replacement that showed that it does not work."""

    fingerprint: str
    reason: str


class Trial(msgspec.Struct):
    """A new container that has to show that it works before the old one goes."""

    container_id: str
    since: float | None = None
    """When it was first seen to run."""
    starts: int = 0
    conflicts: int = 0
    """How often it could not be started as something else had, say, its port."""
    problem: str = ""
    """Why it could not be started, and is not to be tried again."""


class History(msgspec.Struct):
    """Times are of the monotonic clock: nobody sets that."""

    refusal: Refusal | None = None
    fetch: Pause = msgspec.field(default_factory=Pause)
    """Of pulling and making."""
    work: Pause = msgspec.field(default_factory=Pause)
    """Of starting, stopping and removing."""
    stuck: Pause = msgspec.field(default_factory=Pause)
    """Of starting what is stuck in restart."""
    trial: Trial | None = None
    ends: list[float] = []
    must_stop: bool = False
    """Whether the engine must not start it again by itself."""
    own_stops: set[str] = set()
    """Containers that this agent stopped."""
    _restarts: dict[str, int] = {}
    _ran: set[str] = set()

    def begin_anew(self) -> None:
        """Another manifest is wanted, or somebody asked for another try."""
        self.fetch.clear()
        self.work.clear()
        self.stuck.clear()
        self.refusal, self.must_stop = None, False
        self.ends.clear()
        if self.trial is not None:
            self.trial = Trial(container_id=self.trial.container_id, since=self.trial.since)

    def trial_of(self, container_id: str) -> Trial:
        if self.trial is None or self.trial.container_id != container_id:
            self.trial = Trial(container_id=container_id)
        return self.trial

    def observe(self, containers: Sequence[SeenContainer], now: float) -> list[SeenContainer]:
        """Count ends; return the containers that somebody else stopped."""
        self.ends = [at for at in self.ends if at > now - STUCK_SEC]
        before = len(self.ends)
        by_hand: list[SeenContainer] = []
        ids = {one.container_id for one in containers}
        for one in containers:
            known = self._restarts.get(one.container_id, one.restarts)
            # started by hand or by the agent, the engine counts from 0 again
            self.ends += [now] * max(0, one.restarts - known)
            runs = one.state in ("running", "restarting")
            if one.state == "exited" and one.container_id in self._ran - self.own_stops:
                by_hand.append(one)
                self.ends.append(now)
            if runs:
                self.own_stops.discard(one.container_id)
            if one.replaces in ids:
                trial = self.trial_of(one.container_id)
                trial.since = (now if trial.since is None else trial.since) if runs else None
        self._restarts = {one.container_id: one.restarts for one in containers}
        self._ran = {o.container_id for o in containers if o.state in ("running", "restarting")}
        self.own_stops &= set(self._restarts)
        self._judge_ends(before, now)
        return by_hand

    def _judge_ends(self, before: int, now: float) -> None:
        if not self.ends:
            self.stuck.clear()
            self.must_stop = False
        elif len(self.ends) > before and len(self.ends) >= STUCK_ENDS and not self.must_stop:
            self.must_stop = True
            self.stuck.grow(f"it ended {len(self.ends)} times within ten minutes", now)
