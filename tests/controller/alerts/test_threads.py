"""What a receiver hears of an incident, step by step."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.alerts.threads import IncidentNow, LastNotice, Step, step
from tests.fakes.clock import START

MINUTE = timedelta(minutes=1)


def open_now(alerts: int = 1, severity: str = "warning", **fields: object) -> IncidentNow:
    return IncidentNow(severity=severity, alerts=alerts, is_open=True, **fields)  # type: ignore[arg-type]


def told(alerts: int = 1, severity: str = "warning", grown: int = 0) -> LastNotice:
    return LastNotice(severity=severity, alerts=alerts, grown=grown, at=START)  # type: ignore[arg-type]


def test_the_beginning_is_told_at_once_and_the_end_too() -> None:
    assert step(LastNotice(at=START), open_now(), START) == Step("triggered", START + 5 * MINUTE)
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


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "warning", "critical"]),
            st.integers(1, 50),
            st.integers(0, 3600),
        ),
        max_size=60,
    )
)
def test_who_believes_the_last_word_is_right(course: list[tuple[str, int, int]]) -> None:
    """Whether it is open and how severe it is; and nothing is told twice."""
    heard, at = LastNotice(at=START), START
    believed = ""
    for severity, alerts, later in course:
        at += timedelta(seconds=later)
        now = open_now(alerts, severity) if severity else IncidentNow()
        heard, believed = _hear(heard, now, at, believed)
        assert believed == severity
        assert step(heard, now, at).event is None


def _hear(
    heard: LastNotice, now: IncidentNow, at: datetime, believed: str
) -> tuple[LastNotice, str]:
    event = step(heard, now, at).event
    if event is None:
        return heard, believed
    severity = "" if event == "resolved" else now.severity
    grown = heard.grown + (event == "grew")
    return LastNotice(severity=severity, alerts=now.alerts, grown=grown, at=at), severity
