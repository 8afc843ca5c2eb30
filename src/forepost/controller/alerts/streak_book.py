"""Streaks of rules on their lines: what is counted, and what is to be written down, in order."""

from datetime import UTC, datetime, timedelta
from typing import Final

import anyio

from forepost.controller.alerts.change import (
    RECOVERED,
    ChangeKind,
    EndedAlert,
    Ending,
    NewAlert,
    Open,
)
from forepost.controller.alerts.index import Watched
from forepost.controller.alerts.metrics import CHANGES, Line, MetricMemory
from forepost.controller.alerts.move_queue import WAITING, Move, MoveQueue
from forepost.controller.alerts.replays import Replayed, Replays
from forepost.controller.alerts.rules import Judgement, Streak, words
from forepost.controller.alerts.suppression import Suppression
from forepost.controller.series.port import Row
from forepost.kit.clock import Clock
from forepost.wire.rest.alerts import Rule, State
from forepost.wire.rest.notify import Ended

KEPT_US: Final = 3_600_000_000
"""How long a streak is kept in which nothing happens."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class StreakBook:
    """All of it is in RAM, and it never waits."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.known: dict[int, Watched] = {}
        """Rules that are on, by id."""
        self.memory = MetricMemory()
        self.moves = MoveQueue()
        self.some = anyio.Event()
        """Set while there are moves."""
        self.gone_together: frozenset[int] = frozenset()
        """Agents that went silent at about the same time as most of their workspace."""
        self.suppression = Suppression()
        """Maintenance, and the hours of rules."""
        self._busy: set[Line] = set()
        """Lines on which some condition was true in the last samples, or an alert is open."""
        self._replays = Replays()

    def restore(self, found: Open) -> None:
        """An alert that was open when this process started."""
        watched = self.known.get(found.rule_id)
        if watched is not None:
            streak = watched.begin(found.line, is_open=True)
            assert streak is not None
            streak.opened(found.severity, found.last_value)
            streak.worst_value = found.worst_value
            streak.mask = 1
            streak.critical = int(found.severity == "critical")
            self._busy.add(found.line)
            self.memory.restore(found.metric, found.line, found.baseline)

    def cool_down(self, ended: EndedAlert) -> None:
        """After a restart, an alert that was over before: it opens no sooner than without one."""
        watched = self.known.get(ended.rule_id)
        if watched is None or ended.line in watched.streaks:
            return
        ended_us = round(ended.ended_at.timestamp() * 1e6)
        quiet_us = max(watched.rule.cooldown_minutes * 60_000_000, KEPT_US)
        if ended_us + quiet_us <= self.now_us():
            return
        streak = watched.begin(ended.line)
        if streak is not None:
            streak.resolved(watched.rule, ended_us, by_hand=False)
            streak.held = ended.by_hand
            streak.last_us = ended_us
            self._busy.add(ended.line)

    def _count(
        self, watched: Watched, line: Line, verdict: Judgement, made_us: int, rule: Rule
    ) -> Streak | None:
        """Count a verdict in; None where nothing can follow from it."""
        streak = watched.streaks.get(line)
        if streak is None:
            streak = watched.begin(line) if verdict.breach else None
            if streak is None:
                return None
        newer = streak.take(verdict.breach, rule, made_us, verdict.severity)
        if newer and streak.open:
            streak.note(verdict.value, rule)
        if streak.mask or streak.open:
            self._busy.add(line)
        return streak if newer else None

    def take(
        self,
        watched: Watched,
        line: Line,
        verdict: Judgement,
        made_us: int,
        now_us: int,
        rule: Rule,
        *,
        late: bool = False,
        target_agent: int = 0,
    ) -> None:
        """Count a verdict in and do what follows. `rule`: whose counts are meant."""
        streak = self._count(watched, line, verdict, made_us, rule)
        if streak is None or len(self.moves) >= WAITING:
            return
        move = streak.move(rule, verdict.severity, now_us, may_open=not late)
        if move == "resolve":
            self._push(watched, line, "resolve", ending=_ending(streak, "recovered"))
            streak.resolved(rule, now_us, by_hand=False)
        elif move != "stay":
            now = self._clock.now()
            if move != "ease" and self.suppression.hinders(
                watched.rule, line, move, verdict, now, target_agent
            ):
                return
            begun = self._begun(watched.rule, line, verdict, made_us)
            streak.opened(verdict.severity, verdict.value)
            streak.target_agent = target_agent
            worst = Ending("", streak.last_value, streak.worst_value)
            self._push(watched, line, move, begun=begun, ending=worst)

    def _replay(self, watched: Watched, line: Line, verdict: Judgement, row: Row) -> None:
        """A backlog tells of an outage that is over. It wakes nobody."""
        streak = watched.streaks.get(line)
        made_us = min(row.created_us, row.received_us)
        rule, key = watched.rule, (watched.rule.id, line)
        made_at = _EPOCH + timedelta(microseconds=made_us)
        is_open = streak is not None and streak.open
        if is_open or made_at < rule.created_at or len(self.moves) >= WAITING:
            self._replays.drop(key)
            return
        begun = self._begun(rule, line, verdict, made_us)
        over = self._replays.take(key, rule, verdict, begun, made_us, row.received_us)
        if over is not None:
            self._push_replayed(watched, line, over)
        elif self._replays.is_active(key):
            self._busy.add(line)

    def _push_replayed(self, watched: Watched, line: Line, over: Replayed) -> None:
        if self.suppression.covers(watched.rule, line, over.begun.at) is not None:
            return
        ended_at = _EPOCH + timedelta(microseconds=over.ended_us)
        self._push(watched, line, "replay", begun=over.begun, ending=over.ending, ended_at=ended_at)

    def _begun(self, rule: Rule, line: Line, verdict: Judgement, made_us: int) -> NewAlert:
        usual = self.memory.usual(rule.metric, line) if rule.metric in CHANGES else ""
        return NewAlert(
            workspace_id=rule.workspace_id,
            rule_id=rule.id,
            line=line,
            metric=verdict.metric,
            value=verdict.value,
            threshold=verdict.threshold,
            severity=verdict.severity,
            text=words(rule, verdict),
            at=_EPOCH + timedelta(microseconds=made_us),
            baseline=usual,
            went_together=rule.metric == "offline" and line[1] in self.gone_together,
        )

    def end(self, watched: Watched, line: Line, ended: Ended, now_us: int) -> None:
        """What it watches is gone: it is neither true nor false any more."""
        streak = watched.streaks.get(line)
        if streak is not None and streak.open and len(self.moves) < WAITING:
            self._push(watched, line, "resolve", ending=_ending(streak, ended))
            streak.resolved(watched.rule, now_us, by_hand=False)

    def resolved_by_hand(self, rule_id: int, metric: str, line: Line) -> None:
        """It opens again when it was false in between, or after the cooldown. A change is accepted
        as what is usual.
        """
        self.memory.accept(metric, line)
        watched = self.known.get(rule_id)
        streak = None if watched is None else watched.streaks.get(line)
        if watched is not None and streak is not None:
            streak.resolved(watched.rule, self.now_us(), by_hand=True)

    def prune(self, now_us: int) -> None:
        """Forget streaks in which nothing happens any more, and end what a backlog told of."""
        for (rule_id, line), over in self._replays.idle(now_us):
            known = self.known.get(rule_id)
            if known is not None:
                self._push_replayed(known, line, over)
        for watched in self.known.values():
            for line, streak in list(watched.streaks.items()):
                quiet = now_us > max(streak.quiet_until_us, streak.last_us + KEPT_US)
                if quiet and not streak.open:
                    watched.forget(line)

    def streak_of(self, rule_id: int, line: Line) -> Streak | None:
        watched = self.known.get(rule_id)
        return None if watched is None else watched.streaks.get(line)

    def lines_of_all_hours(self, rule_id: int) -> int:
        """On how many lines of a rule there is too little of an hour like this one."""
        watched = self.known.get(rule_id)
        return 0 if watched is None else len(watched.of_all_hours)

    def state_of(self, rule_id: int) -> State:
        watched = self.known.get(rule_id)
        return "unknown" if watched is None else watched.state

    def now(self) -> datetime:
        return self._clock.now()

    def now_us(self) -> int:
        return round(self._clock.now().timestamp() * 1e6)

    def _push(
        self,
        watched: Watched,
        line: Line,
        kind: ChangeKind,
        *,
        begun: NewAlert | None = None,
        ending: Ending = RECOVERED,
        ended_at: datetime | None = None,
    ) -> None:
        self.moves.push(
            Move(
                watched=watched,
                workspace_id=watched.rule.workspace_id,
                rule_id=watched.rule.id,
                line=line,
                kind=kind,
                begun=begun,
                ending=ending,
                ended_at=ended_at,
            )
        )
        self.some.set()

    def _is_active(self, watched: Watched, line: Line) -> bool:
        streak = watched.streaks.get(line)
        return (streak is not None and (streak.open or streak.mask != 0)) or (
            self._replays.is_active((watched.rule.id, line))
        )


def _ending(streak: Streak, ended: Ended) -> Ending:
    return Ending(ended, streak.last_value, streak.worst_value)
