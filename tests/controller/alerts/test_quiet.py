from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from forepost.controller.alerts.checks import check_rule
from forepost.controller.alerts.quiet import held_until
from forepost.kit.errors import Invalid
from forepost.wire.rest.alerts import NewRule
from forepost.wire.rest.hours import Hours

NIGHT: dict[str, Any] = {"timezone": "Europe/Berlin", "from": "22:00", "to": "06:00"}


def rule(*, quiet_critical: bool = False, hours: Any = (NIGHT,)) -> Any:
    """As a row of the database has it."""
    return SimpleNamespace(quiet_hours=list(hours), quiet_critical=quiet_critical)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-01-10T21:59+01:00", None),
        ("2026-01-10T22:00+01:00", "2026-01-11T06:00+01:00"),
        ("2026-03-28T23:00+01:00", "2026-03-29T06:00+02:00"),
        ("2026-10-24T23:00+02:00", "2026-10-25T06:00+01:00"),
        ("2026-01-11T06:00+01:00", None),
    ],
)
def test_a_warning_waits_for_the_end_of_quiet_hours(now: str, until: str | None) -> None:
    wanted = None if until is None else at(until)
    assert held_until(rule(), "warning", at(now)) == wanted
    assert held_until(rule(), "critical", at(now)) is None
    assert held_until(rule(quiet_critical=True), "critical", at(now)) == wanted
    assert held_until(rule(hours=()), "warning", at(now)) is None


def test_hours_that_follow_each_other_are_waited_for_together() -> None:
    weekend = {
        "timezone": "Europe/Berlin",
        "weekdays": ["sat", "sun"],
        "from": "00:00",
        "to": "00:00",
    }
    friday = at("2026-01-09T23:00+01:00")
    found = held_until(rule(hours=(NIGHT, weekend)), "warning", friday)
    assert found == at("2026-01-12T06:00+01:00")


def test_quiet_hours_that_never_end_are_refused() -> None:
    def new(*hours: Hours) -> NewRule:
        return NewRule(
            name="r", metric="failure", operator=">", threshold=0, quiet_hours=list(hours)
        )

    check_rule(new(Hours(from_="22:00", to="06:00")), lambda _: None)
    for never in (
        [Hours(from_="08:00", to="08:00")],
        [Hours(from_="00:00", to="12:00"), Hours(from_="12:00", to="00:00")],
    ):
        with pytest.raises(Invalid, match="quiet_hours: they never end"):
            check_rule(new(*never), lambda _: None)
    with pytest.raises(Invalid, match=r"quiet_hours\[0\].timezone: no time zone"):
        check_rule(new(Hours(timezone="Nowhere", from_="22:00", to="06:00")), lambda _: None)


def test_the_end_of_hours_is_within_a_week() -> None:
    for hour in range(0, 24 * 21, 7):
        now = at("2026-03-20T00:00+01:00") + timedelta(hours=hour)
        found = held_until(rule(), "warning", now)
        assert found is None or now < found <= now + timedelta(hours=9)
