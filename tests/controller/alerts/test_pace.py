from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.alerts.pace import MOST_REMINDERS, Pace, Reminder, ReminderFacts, due
from tests.fakes.clock import START

MINUTE = timedelta(minutes=1)


def test_pauses_grow_and_come_to_an_end() -> None:
    pace, now = Pace(10, 0), START
    reminders, reminded_at = 0, None
    told: list[float] = []
    for _ in range(100):
        facts = ReminderFacts(told_at=START, reminders=reminders, reminded_at=reminded_at)
        found = due(facts, pace, now)
        if found.reminds:
            told.append((now - START) / MINUTE)
            reminders, reminded_at = reminders + 1, now
        if found.look_at is None:
            break
        assert found.look_at > now
        now = found.look_at
    assert told == [10, 30, 70, 150, 310, 470, 630, 790, 950, 1110]
    assert len(told) == MOST_REMINDERS


def test_it_escalates_once() -> None:
    facts, pace = ReminderFacts(told_at=START), Pace(0, 30)
    assert due(facts, pace, START + 29 * MINUTE) == Reminder(look_at=START + 30 * MINUTE)
    assert due(facts, pace, START + 30 * MINUTE) == Reminder(escalates=True)
    again = ReminderFacts(told_at=START, is_escalated=True)
    assert due(again, pace, START + 31 * MINUTE) == Reminder()


def test_nobody_is_reminded_while_somebody_has_it() -> None:
    pace = Pace(10, 30)
    until = START + 60 * MINUTE
    facts = ReminderFacts(told_at=START, waits_until=until)
    assert due(facts, pace, START + 40 * MINUTE) == Reminder(look_at=until)
    over = due(ReminderFacts(told_at=START), pace, until)
    assert (over.reminds, over.escalates) == (True, True)
    # What waits for less than the next reminder is looked at then.
    soon = ReminderFacts(told_at=START, waits_until=START + MINUTE)
    assert due(soon, pace, START) == Reminder(look_at=START + 10 * MINUTE)


@given(
    st.integers(0, 10_080),
    st.integers(0, 10_080),
    st.integers(0, MOST_REMINDERS),
    st.integers(0, 20_000),
    st.one_of(st.none(), st.integers(0, 20_000)),
)
def test_what_is_looked_at_again_is_later(
    remind: int, escalate: int, reminders: int, minutes: int, waits: int | None
) -> None:
    now = START + minutes * MINUTE
    until: datetime | None = None if waits is None else now + (waits + 1) * MINUTE
    facts = ReminderFacts(told_at=START, reminders=reminders, waits_until=until)
    found = due(facts, Pace(remind, escalate), now)
    assert found.look_at is None or found.look_at > now
    assert not (found.reminds or found.escalates) or until is None
    if not remind and not escalate:
        assert found == Reminder()
