"""Judging: is the condition true, has it been for long enough, and what follows. Pure."""

import operator
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from forepost.wire.rest.alerts import Logic, Operator, Rule, Severity
from forepost.wire.rest.units import unit_of, with_unit

_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    "gt": operator.gt,
    "<": operator.lt,
    "lt": operator.lt,
    ">=": operator.ge,
    "gte": operator.ge,
    "<=": operator.le,
    "lte": operator.le,
    "=": operator.eq,
    "==": operator.eq,
    "eq": operator.eq,
}
UPWARDS: Final = frozenset({">", "gt", ">=", "gte"})
DOWNWARDS: Final = frozenset({"<", "lt", "<=", "lte"})
STATUS: Final = "http_status"
FAILURE: Final = "failure"
ROUNDING: Final = 1e-6
FEWEST: Final = 10
"""Results that a baseline needs, for a threshold to be had of it."""


def _or_no_answer(test: Callable[[float, float], bool]) -> Callable[[float, float], bool]:
    return lambda value, threshold: value == 0 or test(value, threshold)


_COMPARE_STATUS: Final = {
    spelling: _or_no_answer(test) if spelling in UPWARDS else test
    for spelling, test in _COMPARE.items()
}
"""No answer at all, which has status 0, is worse than any status."""


def compare(metric: str, spelling: Operator) -> Callable[[float, float], bool]:
    return (_COMPARE_STATUS if metric == STATUS else _COMPARE)[spelling]


class Limits(msgspec.Struct, frozen=True):
    """What a value is compared with. `critical` None: there is no second step."""

    threshold: float
    critical: float | None = None


class Usually(msgspec.Struct, frozen=True):
    """What was measured over a rule's window."""

    results: int
    mean: float
    stddev: float
    percentile: float
    """At the rule's share, or at 100 less it where a rule looks downwards."""


def limits_of(rule: Rule, usually: Usually | None) -> Limits | None:
    """None: not known yet, and nothing can be judged."""
    if rule.threshold_type == "static":
        return Limits(rule.threshold, rule.critical_threshold)
    if usually is None or usually.results < FEWEST:
        return None
    if rule.threshold_type == "dynamic_percentile":
        return Limits(usually.percentile)
    sign = -1 if rule.operator in DOWNWARDS else 1
    # Values that are all the same deviate by nothing: rounding is not to raise an alert.
    stddev = max(usually.stddev, abs(usually.mean) * ROUNDING)
    return Limits(
        usually.mean + sign * rule.stddev_multiplier * stddev,
        usually.mean + sign * rule.stddev_multiplier_critical * stddev,
    )


def share_of(rule: Rule) -> float:
    """The percentile that a rule asks for, 0 to 1."""
    share = rule.percentile / 100
    return 1 - share if rule.operator in DOWNWARDS else share


def combine(first: bool | None, second: bool | None, logic: Logic) -> bool | None:
    """None is not known. An OR needs one that is known, an AND both unless one is false."""
    if logic == "OR":
        if first or second:
            return True
        return None if first is None and second is None else False
    if first is False or second is False:
        return False
    return None if first is None or second is None else True


class Judgement(msgspec.Struct, frozen=True):
    """What one sample says of a rule, and the condition that says it."""

    breach: bool
    metric: str
    value: float
    threshold: float
    severity: Severity
    text: str
    """The conditions that are true, in words; empty where it is no breach: words are dear."""


def judge(
    rule: Rule, first: float | None, second: float | None, limits: Limits, *, is_open: bool
) -> Judgement | None:
    """None: what the rule needs is not known, and nothing changes.

    While an alert is open the first condition lasts until the recovery threshold is passed.
    """
    one = None if first is None else _holds(rule, first, limits, is_open=is_open)
    if rule.metric2 is None:
        if first is None or one is None:
            return None
        return _verdict(rule, one, first, limits)
    assert rule.operator2 is not None
    assert rule.threshold2 is not None
    assert rule.logical_op is not None
    two = None if second is None else compare(rule.metric2, rule.operator2)(second, rule.threshold2)
    both = combine(one, two, rule.logical_op)
    if both is None:
        return None
    if first is not None and (one or not two or second is None):
        verdict = _verdict(rule, both, first, limits)
        if one and two and second is not None:
            other = _text(rule.metric2, second, rule.operator2, rule.threshold2)
            return msgspec.structs.replace(verdict, text=f"{verdict.text} and {other}")
        return verdict
    if second is None:
        return None
    text = _text(rule.metric2, second, rule.operator2, rule.threshold2) if both else ""
    return Judgement(both, rule.metric2, second, rule.threshold2, rule.severity, text)


def explained(verdict: Judgement, reason: str) -> Judgement:
    """Return the same with why it is so, as the result itself says."""
    if not (verdict.breach and reason):
        return verdict
    text = reason if verdict.metric == FAILURE else f"{verdict.text} ({reason})"
    return msgspec.structs.replace(verdict, text=text)


def _holds(rule: Rule, value: float, limits: Limits, *, is_open: bool) -> bool:
    test = compare(rule.metric, rule.operator)
    if test(value, limits.threshold):
        return True
    recovery = rule.recovery_threshold
    return is_open and recovery is not None and test(value, recovery)


def _verdict(rule: Rule, breach: bool, value: float, limits: Limits) -> Judgement:
    """The threshold is the one that is passed: the critical one where it is."""
    severity, threshold = rule.severity, limits.threshold
    if limits.critical is not None and compare(rule.metric, rule.operator)(value, limits.critical):
        severity, threshold = "critical", limits.critical
    text = _text(rule.metric, value, rule.operator, threshold) if breach else ""
    return Judgement(breach, rule.metric, value, threshold, severity, text)


def words(rule: Rule, verdict: Judgement) -> str:
    """Of a verdict with which something begins: also where the newest sample is no breach, and
    those before it are.
    """
    if verdict.text:
        return verdict.text
    second = verdict.metric != rule.metric and rule.operator2 is not None
    operator = rule.operator2 if second and rule.operator2 is not None else rule.operator
    return _text(verdict.metric, verdict.value, operator, verdict.threshold)


def _text(metric: str, value: float, spelling: str, threshold: float) -> str:
    """With units; what is so or is not has nothing that it is compared with."""
    shown = with_unit(metric, value)
    if (metric == STATUS and value == 0) or unit_of(metric) == "flag":
        return f"{metric}: {shown}"
    return f"{metric} {shown} {_SIGNS.get(spelling, spelling)} {with_unit(metric, threshold)}"


_SIGNS: Final = {"gt": ">", "lt": "<", "gte": ">=", "lte": "<=", "eq": "=", "==": "="}


Move = Literal["open", "worsen", "ease", "resolve", "stay"]
_LONG_AGO_US: Final = -(1 << 62)


class Streak:
    """One rule on one line: its last samples, and whether an alert of it is open.

    Samples are given in the order of their making; an older one says nothing new.
    """

    __slots__ = (
        *("critical", "held", "last_us", "last_value", "mask", "open", "quiet_until_us"),
        *("severity", "target_agent", "worst_value"),
    )

    def __init__(self) -> None:
        self.mask = 0
        """A bit for each of the last samples, the newest lowest: was the condition true?"""
        self.critical = 0
        """The same: was it critical?"""
        self.open = False
        self.severity: Severity = "warning"
        self.last_value: float | None = None
        """While it is open; None: not known."""
        self.worst_value: float | None = None
        self.last_us = _LONG_AGO_US
        self.quiet_until_us = _LONG_AGO_US
        """No new alert before."""
        self.target_agent = 0
        """While it is open, the agent that is measured towards; 0: none is known."""
        self.held = False
        """Resolved by hand while it was true: being false once ends the quiet."""

    def take(
        self, breach: bool, rule: Rule, created_us: int, severity: Severity = "warning"
    ) -> bool:
        """Count a sample in; False where it is not newer than the last."""
        if created_us <= self.last_us:
            return False
        self.last_us = created_us
        kept = (1 << max(rule.of_count, rule.for_count)) - 1
        self.mask = (self.mask << 1 | breach) & kept
        self.critical = (self.critical << 1 | (breach and severity == "critical")) & kept
        if self.held and not breach:
            self.held, self.quiet_until_us = False, _LONG_AGO_US
        return True

    def move(self, rule: Rule, severity: Severity, now_us: int, *, may_open: bool) -> Move:
        """What follows from the samples so far. It changes nothing: see `opened`, `resolved`."""
        enough = self.mask.bit_count() >= rule.for_count
        newest = bool(self.mask & 1)
        if self.open:
            if not newest and not enough:
                return "resolve"
            if newest and severity == "critical" and self.severity == "warning":
                return "worsen"
            if newest and self.severity == "critical" and self.critical.bit_count() == 0:
                return "ease"
            return "stay"
        if not (enough and newest and may_open):
            return "stay"
        if now_us < self.quiet_until_us:
            return "stay"
        return "open"

    def opened(self, severity: Severity, value: float | None = None) -> None:
        if not self.open:
            self.worst_value = None
        self.open, self.severity, self.held = True, severity, False
        self.last_value = value
        if self.worst_value is None:
            self.worst_value = value

    def note(self, value: float, rule: Rule) -> None:
        """Keep the value of now, and the worst."""
        self.last_value = value
        if self.worst_value is None:
            self.worst_value = value
        worse = min if rule.operator in DOWNWARDS else max
        self.worst_value = worse(self.worst_value, value)

    def resolved(self, rule: Rule, now_us: int, *, by_hand: bool) -> None:
        self.open = False
        self.quiet_until_us = now_us + rule.cooldown_minutes * 60_000_000
        self.held = by_hand and bool(self.mask & 1)
        if not by_hand:
            self.mask = self.critical = 0
