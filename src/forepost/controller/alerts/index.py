"""Rules in RAM, found by workspace, type of payload and probe."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from forepost.controller.alerts.metrics import FROM_SERIES, OF_TYPE, REMEMBERED, Line
from forepost.controller.alerts.rules import DOWNWARDS, UPWARDS, Limits, Streak, compare
from forepost.wire.rest.alerts import Rule, State

MOST_LINES: Final = 10_000
"""Lines of one rule that can be in a streak."""
MOST_LINES_OF_AGENT: Final = 2_000
"""Of which so many are of one agent: one that makes up targets takes no room from the others."""

_DEFINING: Final = (
    *("probe_id", "agent_id", "metric", "operator", "threshold_type"),
    *("metric2", "operator2", "logical_op"),
)


def same_definition(one: Rule, other: Rule) -> bool:
    """Whether what the one has counted is true of the other."""
    return bool(one.no_data_sec) == bool(other.no_data_sec) and all(
        getattr(one, field) == getattr(other, field) for field in _DEFINING
    )


class Watched:
    """A rule, and all that is known of what it watches."""

    __slots__ = (
        *(
            "at_once",
            "heard",
            "judged",
            "limits",
            "of_all_hours",
            "plain",
            "rule",
            "static",
            "streaks",
            "_of_agent",
        ),
    )

    def __init__(self, rule: Rule) -> None:
        self.streaks: dict[Line, Streak] = {}
        """Lines whose condition was true not long ago; the others have nothing to be known."""
        self._of_agent: dict[int, int] = {}
        """How many of them each agent has."""
        self.limits: dict[Line, Limits] = {}
        """Of a dynamic threshold, by line."""
        self.of_all_hours: set[Line] = set()
        """Lines with too few results of hours like this one, so that all hours are looked at."""
        self.heard: dict[tuple[int, int], int] = {}
        """(probe, agent) to when a result came last, us; for rules about silence."""
        self.judged = False
        self.become(rule)

    def become(self, rule: Rule) -> None:
        self.rule = rule
        self.at_once = msgspec.structs.replace(rule, for_count=1, of_count=1)
        """For what is judged by time instead of by samples."""
        self.static = Limits(rule.threshold, rule.critical_threshold)
        self.plain = (
            rule.metric2 is None and rule.threshold_type == "static" and rule.agent_id is None
        )
        """Whether one comparison judges it on a line that has no streak."""

    def begin(self, line: Line, *, is_open: bool = False) -> Streak | None:
        """Return a new streak of the line; None: there is no room. What is open has some."""
        agent_id = line[1]
        own = self._of_agent.get(agent_id, 0)
        is_full = len(self.streaks) >= MOST_LINES or own >= MOST_LINES_OF_AGENT
        if is_full and not is_open:
            return None
        if line not in self.streaks:
            self._of_agent[agent_id] = own + 1
        streak = self.streaks[line] = Streak()
        return streak

    def forget(self, line: Line) -> None:
        if self.streaks.pop(line, None) is not None:
            self._of_agent[line[1]] -= 1
            if not self._of_agent[line[1]]:
                del self._of_agent[line[1]]

    def limits_on(self, line: Line) -> Limits | None:
        if self.rule.threshold_type == "static":
            return self.static
        return self.limits.get(line)

    @property
    def state(self) -> State:
        open_ones = [streak.severity for streak in self.streaks.values() if streak.open]
        if open_ones:
            return "down" if "critical" in open_ones else "degraded"
        return "ok" if self.judged else "unknown"


class RowRules(msgspec.Struct, frozen=True):
    """All rules about a row, and how to see at once that nothing follows from it."""

    rules: Sequence[Watched]
    gates: Sequence[tuple[str, Callable[[float, float], bool], float]]
    """Metric, comparison and the threshold met first: when none is met, no plain rule's is."""
    unplain: Sequence[Watched]
    silent: Sequence[Watched]
    """Rules about silence."""
    told: set[str]
    """Metrics that were said: the plain rules about them have judged."""


class OfType(msgspec.Struct, frozen=True):
    """What is done with a row of one type in one workspace."""

    everywhere: RowRules
    of_probe: dict[int, RowRules]
    """With those for all probes; a probe without rules of its own is not here."""
    remembered: frozenset[str]
    noted: frozenset[str]
    """Metrics that are somebody's second condition."""


def index(rules: Iterable[Watched]) -> dict[str, OfType]:
    """By type of payload, for one workspace. Rules that are off or need no rows are left out."""
    by_type: dict[str, list[Watched]] = {}
    noted: set[str] = set()
    for watched in rules:
        rule = watched.rule
        if not rule.enabled or (rule.metric in FROM_SERIES and not rule.no_data_sec):
            continue
        for kind in OF_TYPE[rule.metric]:
            by_type.setdefault(kind, []).append(watched)
        if rule.metric2 is not None:
            noted.add(rule.metric2)
    for metric in noted:
        for kind in OF_TYPE[metric]:
            by_type.setdefault(kind, [])
    return {kind: _of_type(kind, found, noted) for kind, found in by_type.items()}


def _of_type(kind: str, rules: Sequence[Watched], noted: set[str]) -> OfType:
    own = {watched.rule.probe_id for watched in rules if watched.rule.probe_id is not None}
    here = {metric for metric in noted if kind in OF_TYPE[metric]}
    asked = {watched.rule.metric for watched in rules} | here
    return OfType(
        everywhere=_asked([each for each in rules if each.rule.probe_id is None]),
        of_probe={
            probe_id: _asked([each for each in rules if each.rule.probe_id in (None, probe_id)])
            for probe_id in own
        },
        remembered=frozenset(asked & REMEMBERED),
        noted=frozenset(here),
    )


def _asked(rules: Sequence[Watched]) -> RowRules:
    gates: dict[tuple[str, Callable[[float, float], bool], float], float] = {}
    for watched in rules:
        if watched.plain:
            rule = watched.rule
            # An equality has no threshold that is met before another: each is a gate.
            alone = 0.0 if rule.operator in UPWARDS | DOWNWARDS else rule.threshold
            gate = (rule.metric, compare(rule.metric, rule.operator), alone)
            first = min if rule.operator in UPWARDS else max
            gates[gate] = first(gates.get(gate, rule.threshold), rule.threshold)
    return RowRules(
        rules=tuple(rules),
        gates=tuple((metric, test, met) for (metric, test, _), met in gates.items()),
        unplain=tuple(watched for watched in rules if not watched.plain),
        silent=tuple(watched for watched in rules if watched.rule.no_data_sec),
        told=set(),
    )
