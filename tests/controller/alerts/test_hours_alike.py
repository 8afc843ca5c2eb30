from datetime import UTC, datetime, timedelta

import pytest

from forepost.controller.alerts.checks import check_rule
from forepost.controller.alerts.hours_alike import hours_like
from forepost.kit.errors import Invalid
from forepost.wire.rest.alerts import NewRule

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def number(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(hours=1)


def shown(numbers: list[int] | None) -> list[str]:
    assert numbers is not None
    return [f"{EPOCH + one * timedelta(hours=1):%m-%d %H}" for one in numbers]


def test_the_same_hour_by_the_clocks_on_both_sides_of_a_change() -> None:
    low, high = number("2026-03-27T00:00Z"), number("2026-03-31T00:00Z")
    hour = number("2026-03-31T07:00+02:00")
    found = hours_like(hour, "hour", "Europe/Berlin", low, high)
    assert shown(found) == ["03-27 06", "03-28 06", "03-29 05", "03-30 05"]
    assert hours_like(hour, "none", "UTC", low, high) is None


def test_the_same_hour_of_the_same_weekday() -> None:
    low, high = number("2026-03-01T00:00Z"), number("2026-04-01T00:00Z")
    hour = number("2026-04-06T09:00+02:00")  # a Monday
    found = hours_like(hour, "weekday_hour", "Europe/Berlin", low, high)
    assert shown(found) == ["03-02 08", "03-09 08", "03-16 08", "03-23 08", "03-30 07"]


def test_in_a_zone_of_half_an_hour_an_hour_is_like_itself() -> None:
    hour = number("2026-03-10T04:00Z")
    found = hours_like(hour, "hour", "Asia/Kolkata", hour - 48, hour + 1)
    assert found == [hour - 48, hour - 24, hour]


def test_what_makes_no_sense_is_refused() -> None:
    def check(**fields: object) -> None:
        known = {"name": "r", "operator": ">", "threshold": 0, "metric": "latency"}
        check_rule(NewRule(**{**known, **fields}), lambda _: None)  # type: ignore[arg-type]

    check(baseline_by="hour", threshold_type="dynamic_stddev")
    check(baseline_by="weekday_hour", metric="latency_baseline", baseline_window_days=28)
    with pytest.raises(Invalid, match="baseline_by: needs a dynamic"):
        check(baseline_by="hour")
    with pytest.raises(Invalid, match="baseline_window_days: weekday_hour needs 28"):
        check(baseline_by="weekday_hour", threshold_type="dynamic_stddev")
