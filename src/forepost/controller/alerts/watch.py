"""Looks at every result that was committed, and says what is to be written down, in order."""

from collections.abc import Iterable, Sequence
from typing import Final

from forepost.controller.alerts.index import (
    OfType,
    RowRules,
    Watched,
    index,
    same_definition,
)
from forepost.controller.alerts.lateness import Lateness
from forepost.controller.alerts.latest_values import LatestValues
from forepost.controller.alerts.metrics import Line, line_of, values
from forepost.controller.alerts.rules import Judgement, explained, judge
from forepost.controller.alerts.streak_book import KEPT_US, StreakBook
from forepost.controller.payloads import grade_of
from forepost.controller.payloads.payload import Metrics
from forepost.controller.series.port import Row
from forepost.kit.clock import Clock
from forepost.wire.rest.alerts import Rule
from forepost.wire.rest.maintenance import Window

PRUNED_US: Final = 600_000_000
"""Between two looks at which lines have gone quiet."""
MOST_NEWEST: Final = 200_000
"""Lines of which is known when their newest sample was made; of further ones, of made-up targets
say, an older one counts as new.
"""


class Watch(StreakBook):
    """`consider` is called between two commits: all it needs is in RAM, and it never waits."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.considered = 0
        """Results that a rule was asked about."""
        self._index: dict[int, dict[str, OfType]] = {}
        self._lateness = Lateness()
        self._latest = LatestValues()
        self._newest: dict[Line, int] = {}
        """When the newest sample of each line was made, us: what is older says nothing of now."""
        self._pruned_us = 0

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
            self._latest.note(row, metric, said)
        line = line_of(row)
        late = self._lateness.late(row.agent_id, row.created_us, row.received_us)
        if asked.silent:
            self._hear(asked.silent, row, late=late)
        is_old = self._is_old(line, row)
        if is_old and not late:
            return
        rules = asked.rules
        # Nearly all results are fine, and were before: then no plain rule need be asked.
        if line not in self._busy and not _met(asked, said):
            rules = asked.unplain
            if not said.keys() <= asked.told:
                _tell_judged(asked, said)
        for watched in rules:
            rule = watched.rule
            if rule.agent_id is None or rule.agent_id == row.agent_id:
                self._judge_row(watched, line, row, said, late=late, is_old=is_old)
        if rules is asked.rules and not any(self._is_active(watched, line) for watched in rules):
            self._busy.discard(line)

    def _is_old(self, line: Line, row: Row) -> bool:
        """Whether something newer was seen of the line: an older result decides nothing."""
        made_us = min(row.created_us, row.received_us)
        if made_us < self._newest.get(line, made_us):
            return True
        if line in self._newest or len(self._newest) < MOST_NEWEST:
            self._newest[line] = made_us
        return False

    def _judge_row(
        self, watched: Watched, line: Line, row: Row, said: Metrics, *, late: bool, is_old: bool
    ) -> None:
        """What is late may tell of an outage that is over; what is not old tells how it is now."""
        verdict = self._verdict(watched, line, row, said)
        if verdict is None:
            return
        verdict = explained(verdict, grade_of(row).reason)
        if late:
            self._replay(watched, line, verdict, row)
        if not is_old:
            self.take(
                watched,
                line,
                verdict,
                min(row.created_us, row.received_us),
                row.received_us,
                watched.rule,
                late=late,
                target_agent=row.target_agent,
            )

    def _verdict(self, watched: Watched, line: Line, row: Row, said: Metrics) -> Judgement | None:
        rule = watched.rule
        second = None if rule.metric2 is None else self._latest.beside(row, rule.metric2, said)
        return self._judge(watched, line, said.get(rule.metric), second)

    def recall(self, workspace_id: int, rows: Iterable[Row]) -> None:
        """After a restart, samples that were judged before, oldest first: nothing follows."""
        types = self._index.get(workspace_id, {})
        for row in rows:
            of_type = types.get(row.type)
            if of_type is None:
                continue
            asked = of_type.of_probe.get(row.probe_id, of_type.everywhere)
            said = values(row, of_type.remembered, self.memory)
            for metric in of_type.noted:
                self._latest.note(row, metric, said)
            line, made_us = line_of(row), min(row.created_us, row.received_us)
            self._newest[line] = max(made_us, self._newest.get(line, made_us))
            for watched in asked.rules:
                rule = watched.rule
                if rule.agent_id not in (None, row.agent_id):
                    continue
                verdict = self._verdict(watched, line, row, said)
                if verdict is not None:
                    self._count(watched, line, verdict, made_us, rule)

    def _hear(self, silent: Iterable[Watched], row: Row, *, late: bool) -> None:
        """A backlog says nothing of a probe that is silent now."""
        heard_us = row.received_us
        if late and self._lateness.sends_both(row.agent_id, row.received_us):
            heard_us = row.created_us
        where = row.probe_id, row.agent_id
        for watched in silent:
            watched.heard[where] = max(heard_us, watched.heard.get(where, heard_us))

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

    def prune(self, now_us: int) -> None:
        """Forget what is of no use any more."""
        super().prune(now_us)
        if now_us - self._pruned_us > PRUNED_US:
            self._pruned_us, since_us = now_us, now_us - KEPT_US
            self._newest = {
                line: made_us for line, made_us in self._newest.items() if made_us > since_us
            }

    def judged(self, watched: Watched, line: Line, value: float, now_us: int) -> None:
        """A value that no row brought, but the time or the series."""
        second = None
        if watched.rule.metric2 is not None:
            second = self._latest.of_agent(line[1], watched.rule.metric2, now_us)
        verdict = self._judge(watched, line, value, second)
        if verdict is not None:
            self.take(watched, line, verdict, now_us, now_us, watched.at_once)


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
