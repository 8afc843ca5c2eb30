"""What comes every so many days, weeks or months."""

from datetime import UTC, datetime

import msgspec

from forepost.controller.calendar import Repetition, check_repetition, period_at, periods
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
