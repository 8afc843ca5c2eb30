"""Looks at every result that was committed, and says what is to be written down, in order."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import anyio

from forepost.controller.alerts.change import RECOVERED, ChangeKind, Ending, NewAlert, Open
from forepost.controller.alerts.index import (
    MOST_LINES,
    OfType,
    RowRules,
    Watched,
    index,
    same_definition,
)
from forepost.controller.alerts.lateness import Lateness
from forepost.controller.alerts.metrics import CHANGES, Line, MetricMemory, line_of, values
from forepost.controller.alerts.move_queue import WAITING, Move, MoveQueue
from forepost.controller.alerts.rules import Judgement, Streak, explained, judge
from forepost.controller.alerts.suppression import Suppression
from forepost.controller.payloads import grade_of
from forepost.controller.payloads.payload import Metrics
from forepost.controller.series.port import Row
from forepost.kit.clock import Clock
from forepost.wire.rest.alerts import Rule, State
from forepost.wire.rest.maintenance import Window
from forepost.wire.rest.notify import Ended

FRESH_US: Final = 900_000_000
"""How old the value of a second condition may be."""
KEPT_US: Final = 3_600_000_000
"""How long a streak is kept in which nothing happens."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Watch:
    """`consider` is called between two commits: all it needs is in RAM, and it never waits."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.known: dict[int, Watched] = {}
        """Rules that are on, by id."""
        self.memory = MetricMemory()
        self.moves = MoveQueue()
        self.some = anyio.Event()
        """Set while there are moves."""
        self.considered = 0
        """Results that a rule was asked about."""
        self.gone_together: frozenset[int] = frozenset()
        """Agents that went silent at about the same time as most of their workspace."""
        self._index: dict[int, dict[str, OfType]] = {}
        self.suppression = Suppression()
        """Maintenance, and the hours of rules."""
        self._lateness = Lateness()
        self._busy: set[Line] = set()
        """Lines on which some condition was true in the last samples, or an alert is open."""
        self._latest: dict[tuple[int, int, str], tuple[int, float]] = {}

    def replace(self, workspace_id: int, rules: Iterable[Rule], windows: Sequence[Window]) -> None:
        """These are the rules of the workspace now.

        What was counted for a rule stays, unless the rule asks something else than before.
        """
        before = {r: w for r, w in self.known.items() if w.rule.workspace_id == workspace_id}
        for rule_id in before:
            del self.known[rule_id]
        for rule in rules:
            if rule.enabled:
                watched = before.get(rule.id)
                if watched is None or not same_definition(watched.rule, rule):
                    watched = Watched(rule)
                else:
                    watched.become(rule)
                self.known[rule.id] = watched
        self.suppression.replace(workspace_id, windows)
        self._index[workspace_id] = index(
            watched for watched in self.known.values() if watched.rule.workspace_id == workspace_id
        )

    def restore(self, found: Open) -> None:
        """An alert that was open when this process started."""
        watched = self.known.get(found.rule_id)
        if watched is not None:
            streak = watched.streaks[found.line] = Streak()
            streak.opened(found.severity, found.last_value)
            streak.worst_value = found.worst_value
            streak.mask = 1
            streak.critical = int(found.severity == "critical")
            self._busy.add(found.line)
            self.memory.restore(found.metric, found.line, found.baseline)

    def consider(self, workspace_id: int, rows: Sequence[Row]) -> None:
        types = self._index.get(workspace_id)
        if not types:
            return
        for row in rows:
            of_type = types.get(row.type)
            if of_type is not None:
                self._consider(of_type, row)

    def _consider(self, of_type: OfType, row: Row) -> None:
        asked = of_type.of_probe.get(row.probe_id, of_type.everywhere)
        if not asked.rules and not of_type.noted:
            return
        self.considered += 1
        said = values(row, of_type.remembered, self.memory)
        for metric in of_type.noted:
            self._note(row, metric, said)
        line = line_of(row)
        late = self._lateness.late(row.agent_id, row.created_us, row.received_us)
        if asked.silent:
            self._hear(asked.silent, row, late=late)
        rules = asked.rules
        # Nearly all results are fine, and were before: then no plain rule need be asked.
        if line not in self._busy and not _met(asked, said):
            rules = asked.unplain
            if not said.keys() <= asked.told:
                _tell_judged(asked, said)
        for watched in rules:
            rule = watched.rule
            if rule.agent_id is not None and rule.agent_id != row.agent_id:
                continue
            value = said.get(rule.metric)
            second = None if rule.metric2 is None else self._second(row, rule.metric2, said)
            verdict = self._judge(watched, line, value, second)
            if verdict is not None:
                made_us = min(row.created_us, row.received_us)
                self.take(
                    watched,
                    line,
                    explained(verdict, grade_of(row).reason),
                    made_us,
                    row.received_us,
                    rule,
                    late=late,
                    target_agent=row.target_agent,
                )
        if rules is asked.rules and not any(_active(watched, line) for watched in rules):
            self._busy.discard(line)

    def _hear(self, silent: Iterable[Watched], row: Row, *, late: bool) -> None:
        """A backlog says nothing of a probe that is silent now."""
        heard_us = row.received_us
        if late and self._lateness.sends_both(row.agent_id, row.received_us):
            heard_us = row.created_us
        where = row.probe_id, row.agent_id
        for watched in silent:
            watched.heard[where] = max(heard_us, watched.heard.get(where, heard_us))

    def _note(self, row: Row, metric: str, said: Metrics) -> None:
        value = said.get(metric)
        if value is None:
            return
        made_us = min(row.created_us, row.received_us)
        for probe_id in {row.probe_id, 0}:
            where = (probe_id, row.agent_id, metric)
            before = self._latest.get(where)
            if before is None or made_us >= before[0]:
                self._latest[where] = (made_us, value)

    def _second(self, row: Row, metric: str, said: Metrics) -> float | None:
        """In the row itself, or said at about its time by the same probe, or by its agent."""
        if metric in said:
            return said[metric]
        made_us = min(row.created_us, row.received_us)
        for probe_id in (row.probe_id, 0):
            found = self._latest.get((probe_id, row.agent_id, metric))
            if found is not None and abs(made_us - found[0]) <= FRESH_US:
                return found[1]
        return None

    def _judge(
        self, watched: Watched, line: Line, value: float | None, second: float | None
    ) -> Judgement | None:
        limits = watched.limits_on(line)
        if limits is None:
            return None
        streak = watched.streaks.get(line)
        is_open = streak is not None and streak.open
        verdict = judge(watched.rule, value, second, limits, is_open=is_open)
        if verdict is not None:
            watched.judged = True
        return verdict

    def judged(self, watched: Watched, line: Line, value: float, now_us: int) -> None:
        """A value that no row brought, but the time or the series."""
        second = None
        if watched.rule.metric2 is not None:
            found = self._latest.get((0, line[1], watched.rule.metric2))
            if found is not None and now_us - found[0] <= FRESH_US:
                second = found[1]
        verdict = self._judge(watched, line, value, second)
        if verdict is not None:
            self.take(watched, line, verdict, now_us, now_us, watched.at_once)

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
        streak = watched.streaks.get(line)
        if streak is None:
            if not verdict.breach or len(watched.streaks) >= MOST_LINES:
                return
            streak = watched.streaks[line] = Streak()
        newer = streak.take(verdict.breach, rule, made_us, verdict.severity)
        if newer and streak.open:
            streak.note(verdict.value, rule)
        if streak.mask or streak.open:
            self._busy.add(line)
        if not newer or len(self.moves) >= WAITING:
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
            worst = Ending("", streak.last_value, streak.worst_value)
            self._push(watched, line, move, begun=begun, ending=worst)

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
            text=verdict.text,
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
        """Forget streaks in which nothing happens any more."""
        for watched in self.known.values():
            for line, streak in list(watched.streaks.items()):
                quiet = now_us > max(streak.quiet_until_us, streak.last_us + KEPT_US)
                if quiet and not streak.open:
                    del watched.streaks[line]

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
            )
        )
        self.some.set()


def _ending(streak: Streak, ended: Ended) -> Ending:
    return Ending(ended, streak.last_value, streak.worst_value)


def _met(asked: RowRules, said: Metrics) -> bool:
    for metric, test, threshold in asked.gates:
        value = said.get(metric)
        if value is not None and test(value, threshold):
            return True
    return False


def _tell_judged(asked: RowRules, said: Metrics) -> None:
    asked.told.update(said)
    for watched in asked.rules:
        if watched.plain and watched.rule.metric in said:
            watched.judged = True


def _active(watched: Watched, line: Line) -> bool:
    streak = watched.streaks.get(line)
    return streak is not None and (streak.open or streak.mask != 0)
