from datetime import timedelta
from typing import Any

from forepost.controller.alerts.metrics import Line
from forepost.controller.alerts.rules import Judgement
from forepost.controller.alerts.suppression import MOST_UNWRITTEN, Kind, Suppression
from forepost.wire.rest.alerts import Severity
from forepost.wire.rest.hours import Hours
from tests.controller.alerts.alert_rules_made import rule
from tests.controller.alerts.test_windows import HOUR, LINE, window
from tests.fakes.clock import START

SECOND = timedelta(seconds=1)


def asked(
    suppression: Suppression,
    after: timedelta = timedelta(),
    kind: Kind = "open",
    severity: Severity = "warning",
    line: Line = LINE,
    value: float = 50.0,
    **of: Any,
) -> bool:
    verdict = Judgement(True, "packet_loss", value, 5.0, severity, "packet_loss 50 > 5")
    return suppression.hinders(rule(**of), line, kind, verdict, START + after)


def test_what_a_window_suppresses_is_to_be_recorded_once() -> None:
    suppression = Suppression()
    assert not asked(suppression)
    suppression.replace(1, [window()])
    assert asked(suppression)
    assert asked(suppression, SECOND, value=60.0)
    (found,) = suppression.unwritten()
    assert (found.first_at, found.last_at, found.value) == (START, START + SECOND, 60.0)
    suppression.written([found], START)
    assert asked(suppression, 2 * SECOND)
    assert suppression.unwritten() == []
    # What has become critical is news, and so is what lasts after a while.
    assert asked(suppression, 3 * SECOND, severity="critical")
    (found,) = suppression.unwritten()
    assert (found.first_at, found.severity) == (START, "critical")
    suppression.written([found], START)
    assert asked(suppression, 70 * SECOND, severity="critical")
    assert [one.first_at for one in suppression.unwritten()] == [START]
    assert asked(suppression, kind="worsen")
    assert len(suppression.unwritten()) == 2
    assert not asked(suppression, HOUR)


def test_what_comes_while_it_is_written_is_written_next() -> None:
    suppression = Suppression()
    suppression.replace(1, [window()])
    asked(suppression)
    rows = suppression.unwritten()
    asked(suppression, SECOND)
    suppression.written(rows, START)
    (found,) = suppression.unwritten()
    assert (found.first_at, found.last_at) == (START, START + SECOND)


def test_what_waits_to_be_recorded_is_bounded() -> None:
    suppression = Suppression()
    suppression.replace(1, [window()])
    for probe in range(MOST_UNWRITTEN + 5):
        assert asked(suppression, line=(probe, 1, "PING", ""))
    assert len(suppression.unwritten()) == MOST_UNWRITTEN
    assert suppression.left_out == 5


def test_outside_of_its_hours_a_rule_opens_nothing_and_goes_on_with_what_is_open() -> None:
    hour = START.hour
    hours = [Hours(from_=f"{hour:02}:00", to=f"{(hour + 1) % 24:02}:00")]
    suppression = Suppression()
    inside, outside = START.replace(minute=30) - START, START.replace(minute=0) - START - HOUR / 2
    assert not asked(suppression, inside, active_hours=hours)
    assert asked(suppression, outside, active_hours=hours)
    assert not asked(suppression, outside, kind="worsen", active_hours=hours)
    assert suppression.unwritten() == []
