"""Outages that were over before they were known of: what a backlog says of them. Pure."""

from typing import Final

import msgspec

from forepost.controller.alerts.change import Ending, NewAlert
from forepost.controller.alerts.metrics import Line
from forepost.controller.alerts.rules import Judgement, Streak
from forepost.wire.rest.alerts import Rule

MOST: Final = 10_000
"""Lines of rules whose backlog is in a streak; of further ones no outage is kept."""
IDLE_US: Final = 120_000_000
"""A backlog of which nothing came for so long is at its end."""

Key = tuple[int, Line]
"""Rule, and the line of it."""


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """An outage from `begun.at` to `ended_us`."""

    begun: NewAlert
    ending: Ending
    ended_us: int


class _Replay:
    __slots__ = ("begun", "breach_us", "came_us", "streak")

    def __init__(self) -> None:
        self.streak = Streak()
        self.begun: NewAlert | None = None
        self.breach_us = 0
        """When the condition was last seen to be true."""
        self.came_us = 0


class Replays:
    """Results of a line are given in the order of their making."""

    def __init__(self) -> None:
        self._known: dict[Key, _Replay] = {}

    def is_active(self, key: Key) -> bool:
        return key in self._known

    def take(
        self,
        key: Key,
        rule: Rule,
        verdict: Judgement,
        begun: NewAlert,
        made_us: int,
        now_us: int,
    ) -> Replayed | None:
        """Count a late verdict in. `begun`: what opens if it does. Return what is over by it."""
        replay = self._known.get(key)
        if replay is None:
            if not verdict.breach or len(self._known) >= MOST:
                return None
            replay = self._known[key] = _Replay()
        replay.came_us = now_us
        streak = replay.streak
        if not streak.take(verdict.breach, rule, made_us, verdict.severity):
            return None
        if verdict.breach:
            replay.breach_us = made_us
        if streak.open:
            streak.note(verdict.value, rule)
        match streak.move(rule, verdict.severity, made_us, may_open=True):
            case "open":
                streak.opened(verdict.severity, verdict.value)
                replay.begun = begun
            case "worsen":
                streak.severity = verdict.severity
            case "resolve":
                return self._over(key, replay, made_us)
        return None

    def drop(self, key: Key) -> None:
        """It goes on: an alert of now says so."""
        self._known.pop(key, None)

    def idle(self, now_us: int) -> list[tuple[Key, Replayed]]:
        """What is over as nothing more comes of it; how long it went on is not known."""
        ended = []
        for key, replay in list(self._known.items()):
            if now_us - replay.came_us > IDLE_US:
                over = self._over(key, replay, replay.breach_us)
                if over is not None:
                    ended.append((key, over))
        return ended

    def _over(self, key: Key, replay: _Replay, ended_us: int) -> Replayed | None:
        self._known.pop(key, None)
        if replay.begun is None:
            return None
        streak = replay.streak
        return Replayed(
            begun=msgspec.structs.replace(replay.begun, severity=streak.severity),
            ending=Ending("recovered", streak.last_value, streak.worst_value),
            ended_us=ended_us,
        )
