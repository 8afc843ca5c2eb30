"""What comes every so many days, weeks or months."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from forepost.controller.calendar import Repetition, check_repetition, period_at, periods
from forepost.kit.errors import Invalid
from tests.running import Person


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_every_two_weeks_and_every_quarter() -> None:
    fortnight = Repetition(
        starts_at=at("2026-03-04T22:00+01:00"),  # a Wednesday
        ends_at=at("2026-03-05T02:00+01:00"),
        recurrence="weekly",
        every=2,
        weekdays=("mon", "wed"),
        timezone="Europe/Berlin",
    )
    check_repetition(fortnight)
    found = periods(fortnight, fortnight.starts_at, at("2026-04-10T00:00+02:00"))
    # The week of starts_at counts, over the change of clocks too; its Monday is over by then.
    assert [one[0].date().isoformat() for one in found] == [
        "2026-03-04",
        "2026-03-16",
        "2026-03-18",
        "2026-03-30",
        "2026-04-01",
    ]
    following = period_at(fortnight, at("2026-03-06T00:00+01:00"))
    assert following is not None
    assert following[0] == at("2026-03-16T22:00+01:00")
    quarter = msgspec.structs.replace(
        fortnight, recurrence="monthly", every=3, weekdays=(), day_of_month=-1
    )
    check_repetition(quarter)
    found = periods(quarter, quarter.starts_at, at("2027-01-01T00:00+01:00"))
    assert [one[0].date().isoformat() for one in found] == [
        "2026-03-31",
        "2026-06-30",
        "2026-09-30",
        "2026-12-31",
    ]


def test_what_would_never_be_on_is_refused() -> None:
    tuesday = Repetition(
        starts_at=at("2026-12-01T22:00+01:00"), ends_at=at("2026-12-01T23:00+01:00")
    )
    never: list[dict[str, Any]] = [
        {"recurrence": "daily", "every": 7, "weekdays": ("mon",)},
        {"recurrence": "weekly", "weekdays": ("mon",), "until": at("2026-12-05T00:00Z")},
        {"recurrence": "monthly", "every": 12, "day_of_month": 31, **_of("2026-11-10")},
        {"recurrence": "monthly", "every": 12, "day_of_month": 30, **_of("2026-02-10")},
        {
            "recurrence": "monthly",
            "every": 12,
            "week_of_month": 5,
            "weekdays": ("fri",),
            **_of("2026-02-10"),
        },
    ]
    for fields in never:
        with pytest.raises(Invalid, match=r"recurrence: .* it would never be on"):
            check_repetition(msgspec.structs.replace(tuesday, **fields))
    leap = {"recurrence": "monthly", "every": 12, "day_of_month": 29, **_of("2026-02-10")}
    for fields in (leap, {"recurrence": "daily", "every": 2, "weekdays": ("mon",)}):
        check_repetition(msgspec.structs.replace(tuesday, **fields))


def _of(day: str) -> dict[str, datetime]:
    return {"starts_at": at(f"{day}T00:00Z"), "ends_at": at(f"{day}T01:00Z")}


def test_a_window_comes_every_two_weeks(person: Person) -> None:
    path = f"/workspaces/{person.workspace('fortnights')}/maintenance-windows"
    body = {
        "name": "patches",
        "starts_at": "2026-01-06T22:00:00+01:00",  # a Tuesday
        "ends_at": "2026-01-07T02:00:00+01:00",
        "recurrence": "weekly",
        "every": 2,
        "timezone": "Europe/Berlin",
    }
    made = person.call("POST", path, body, status=201)
    assert made["every"] == 2
    days = (datetime.fromisoformat(made["next_start"]) - at(body["starts_at"])).days  # type: ignore[arg-type]
    assert 0 <= days % 14 <= 1  # the clocks may have been changed
    one = f"{path}/{made['id']}"
    assert person.call("PATCH", one, {"every": 3})["every"] == 3
    refused = person.call("PATCH", one, {"recurrence": "none"}, status=400)
    assert refused["error"] == "every: needs a recurrence"
    assert person.call("POST", path, {**body, "every": 0}, status=400)["error"].startswith(
        "every: "
    )
    assert person.call("POST", path, {**body, "every": 53}, status=400)["error"].startswith(
        "every: "
    )
