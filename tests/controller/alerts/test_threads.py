"""What a receiver hears of an incident, step by step."""

from copy import copy
from datetime import datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.alerts.flaps import MOST_TIMES, SPAN, STEADY, Flaps
from forepost.controller.alerts.threads import IncidentNow, LastNotice, Step, step
from tests.fakes.clock import START

MINUTE = timedelta(minutes=1)


def open_now(alerts: int = 1, severity: str = "warning", **fields: object) -> IncidentNow:
    return IncidentNow(severity=severity, alerts=alerts, is_open=True, **fields)  # type: ignore[arg-type]


def told(alerts: int = 1, severity: str = "warning", grown: int = 0) -> LastNotice:
    return LastNotice(severity=severity, alerts=alerts, grown=grown, at=START)  # type: ignore[arg-type]


def test_the_beginning_is_told_at_once_and_the_end_too() -> None:
    begun = step(LastNotice(at=START), open_now(), START)
    assert (begun.event, begun.due_at) == ("triggered", START + 5 * MINUTE)
    assert begun.flaps == Flaps(began=(START,))
    assert step(told(), IncidentNow(), START) == Step("resolved")
    assert step(LastNotice(at=START), IncidentNow(), START) == Step()


def test_growth_waits_and_must_be_one() -> None:
    assert step(told(), open_now(20), START + MINUTE) == Step(None, START + 5 * MINUTE)
    assert step(told(), open_now(20), START + 5 * MINUTE).event == "grew"
    assert step(told(20), open_now(39), START + 60 * MINUTE).event is None
    assert step(told(20, grown=1), open_now(40), START + 29 * MINUTE).event is None
    assert step(told(20, grown=1), open_now(40), START + 30 * MINUTE).event == "grew"


def test_a_severity_that_rises_or_falls_is_told_at_once() -> None:
    assert step(told(), open_now(severity="critical"), START).event == "worse"
    assert step(told(severity="critical"), open_now(), START).event == "eased"


def test_what_is_explained_or_waits_is_not_told_but_keeps_it_open() -> None:
    explained = IncidentNow(is_open=True)
    assert step(LastNotice(at=START), explained, START) == Step()
    assert step(told(), explained, START + 10 * MINUTE).event is None
    waits = IncidentNow(is_open=True, told_from=START + 2 * MINUTE)
    assert step(LastNotice(at=START), waits, START) == Step(None, START + 2 * MINUTE)
    assert step(told(), waits, START + MINUTE) == Step(None, START + 2 * MINUTE)


def test_another_agent_that_says_so_is_told_after_a_while() -> None:
    heard = msgspec.structs.replace(told(9, grown=3), reporters=frozenset({1}))
    now = open_now(10, reporters=frozenset({1, 2}), first_active_at=START)
    assert step(heard, now, START + 4 * MINUTE) == Step(None, START + 5 * MINUTE)
    assert step(heard, now, START + 5 * MINUTE).event == "grew"
    same = open_now(10, reporters=frozenset({1}), first_active_at=START)
    assert step(heard, same, START + 5 * MINUTE).event is None


def test_what_comes_when_somebody_has_all_that_was_told_is_told_at_once() -> None:
    new = START + MINUTE
    assert step(told(5), open_now(6, first_active_at=new), new).event == "grew"
    assert step(told(5), open_now(6, first_active_at=START), new).event is None
    assert step(told(5), open_now(5, first_active_at=None), new).event is None


SPANS = st.one_of(st.integers(0, 30), st.integers(0, 3600))


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "warning", "critical"]), st.integers(1, 50), SPANS),
        max_size=60,
    )
)
def test_who_believes_the_last_word_is_right(course: list[tuple[Any, int, int]]) -> None:
    """Whether it is open and how severe it is; and nothing is told twice. Where the last word is
    that it is flapping, how it stays is told five minutes after it was otherwise.
    """
    ear = Ear()
    for severity, alerts, later in course:
        ear.at += timedelta(seconds=later)
        now = open_now(alerts, severity) if severity else IncidentNow()
        ear.listen(now)
        assert ear.believed in (severity, "flapping")
        assert step(ear.heard, now, ear.at).event is None
        quiet = ear.copied()
        while quiet.due_at is not None and quiet.due_at <= ear.at + STEADY:
            quiet.at = quiet.due_at
            quiet.listen(now)
        assert quiet.believed == severity


@given(st.lists(SPANS, min_size=1, max_size=200))
def test_however_it_flaps_few_notices_come_in_ten_minutes(pauses: list[int]) -> None:
    ear, told = Ear(), []
    for place, later in enumerate(pauses):
        until = ear.at + timedelta(seconds=later)
        now = IncidentNow() if place % 2 else open_now()
        while ear.due_at is not None and ear.due_at < until:
            ear.at = ear.due_at
            told += [ear.at] * ear.listen(IncidentNow() if (place - 1) % 2 else open_now())
        ear.at = until
        told += [ear.at] * ear.listen(now)
    for at in told:
        assert (
            sum(at <= other < at + SPAN for other in told) <= 2 * MOST_TIMES + 3
        )  # the end of one before, flapping, how it stays


class Ear:
    """A receiver that believes what it hears."""

    def __init__(self) -> None:
        self.heard, self.at = LastNotice(at=START), START
        self.believed = ""
        self.due_at: datetime | None = None

    def copied(self) -> "Ear":
        return copy(self)

    def listen(self, now: IncidentNow) -> bool:
        """Whether something was told."""
        todo = step(self.heard, now, self.at)
        self.due_at = todo.due_at
        if todo.event is None:
            self.heard = msgspec.structs.replace(self.heard, flaps=todo.flaps)
            return False
        said = "" if todo.event == "resolved" else now.severity
        self.believed = "flapping" if todo.event == "flapping" else said
        is_anew = todo.event == "triggered" or self.heard.flaps.since is None
        self.heard = LastNotice(
            severity=said or (self.heard.severity if todo.event != "resolved" else ""),
            alerts=now.alerts,
            grown=0 if is_anew and todo.event != "grew" else self.heard.grown + 1,
            at=self.at,
            flaps=todo.flaps,
        )
        return True
