"""When reports are made, and which time they are about."""

from datetime import UTC, datetime
from typing import Any

import pytest

from forepost.controller.reports.schedule import about, check_schedule, next_due
from forepost.kit.errors import Invalid
from forepost.wire.rest.reports import NewReport

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def report(**fields: Any) -> NewReport:
    return NewReport(name="r", **{"hour": 8, **fields})


@pytest.mark.parametrize(
    ("fields", "now", "due"),
    [
        ({"repeats": "never"}, "2026-11-30T09:00", None),
        ({"repeats": "daily"}, "2026-11-30T07:59", "2026-11-30T08:00"),
        ({"repeats": "daily"}, "2026-11-30T08:00", "2026-12-01T08:00"),
        ({"repeats": "daily", "timezone": BERLIN}, "2026-11-30T07:30", "2026-12-01T07:00"),
        ({"repeats": "daily", "timezone": BERLIN}, "2026-07-30T05:30", "2026-07-30T06:00"),
        ({"repeats": "weekly", "weekday": "wed"}, "2026-11-30T09:00", "2026-12-02T08:00"),
        ({"repeats": "monthly"}, "2026-11-30T09:00", "2026-12-01T08:00"),
        ({"repeats": "monthly", "day_of_month": -1}, "2026-11-30T09:00", "2026-12-31T08:00"),
        # 02:00 to 03:00 is left out there on 2026-03-29.
        (
            {"repeats": "daily", "timezone": BERLIN, "hour": 2},
            "2026-03-28T12:00",
            "2026-03-29T01:00",
        ),
        # 02:00 to 03:00 comes twice there on 2026-10-25: it is made once.
        (
            {"repeats": "daily", "timezone": BERLIN, "hour": 2},
            "2026-10-24T12:00",
            "2026-10-25T00:00",
        ),
        (
            {"repeats": "daily", "timezone": BERLIN, "hour": 2},
            "2026-10-25T00:00",
            "2026-10-26T01:00",
        ),
        (
            {"repeats": "daily", "timezone": BERLIN, "hour": 2},
            "2026-10-25T00:30",
            "2026-10-26T01:00",
        ),
    ],
)
def test_when_a_report_is_made_next(fields: Any, now: str, due: str | None) -> None:
    assert next_due(report(**fields), at(now)) == (None if due is None else at(due))


@pytest.mark.parametrize(
    ("fields", "now", "since", "until"),
    [
        ({"days": 3}, "2026-11-30T09:00", "2026-11-27T09:00", "2026-11-30T09:00"),
        ({"repeats": "daily"}, "2026-11-30T09:00", "2026-11-29T00:00", "2026-11-30T00:00"),
        ({"repeats": "daily"}, "2026-11-30T07:00", "2026-11-28T00:00", "2026-11-29T00:00"),
        ({"repeats": "weekly"}, "2026-12-02T09:00", "2026-11-23T00:00", "2026-11-30T00:00"),
        ({"repeats": "monthly"}, "2026-12-01T08:00", "2026-11-01T00:00", "2026-12-01T00:00"),
        (
            {"repeats": "monthly", "timezone": BERLIN},
            "2026-11-02T09:00",
            "2026-09-30T22:00",
            "2026-10-31T23:00",
        ),
        # The day of 25 hours, and who makes it within the hour that comes twice.
        (
            {"repeats": "daily", "timezone": BERLIN, "hour": 2},
            "2026-10-25T01:30",
            "2026-10-23T22:00",
            "2026-10-24T22:00",
        ),
        (
            {"repeats": "daily", "timezone": BERLIN, "hour": 2},
            "2026-10-26T01:00",
            "2026-10-24T22:00",
            "2026-10-25T23:00",
        ),
    ],
)
def test_which_time_it_is_about(fields: Any, now: str, since: str, until: str) -> None:
    assert about(report(**fields), at(now)) == (at(since), at(until))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"timezone": "Europe/Berlim"}, "did you mean Europe/Berlin?"),
        ({"day_of_month": 0}, "0 is no day"),
        ({"kind": "agent"}, "agent_ids: is needed"),
    ],
)
def test_what_makes_no_sense_is_refused(fields: Any, words: str) -> None:
    with pytest.raises(Invalid, match=words.replace("?", r"\?")):
        check_schedule(report(**fields))
