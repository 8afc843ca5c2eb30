"""The one parser of times, and of ranges and zones."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.page import FORMS, time_range, unix_seconds, zone_of
from forepost.kit.errors import Invalid

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
AT = NOW.timestamp()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-30T08:00:00Z", AT),
        ("2026-11-30t08:00:00z", AT),
        ("2026-11-30T09:00:00+01:00", AT),
        ("2026-11-30T09:00:00 01:00", AT),
        ("2026-11-30 08:00", AT),
        ("2026-11-30T08:00:00.5Z", AT + 0.5),
        ("2026-11-30", AT - 8 * 3_600),
        (f"{AT:.0f}", AT),
        (f"{AT:.0f}.25", AT + 0.25),
        (f"{AT * 1_000:.0f}", AT),
        ("0", 0),
        ("now", AT),
        ("-90s", AT - 90),
        ("-24h", AT - 86_400),
        ("-2w", AT - 14 * 86_400),
        (None, None),
        ("", None),
    ],
)
def test_times_that_are_understood(text: str | None, expected: float | None) -> None:
    assert unix_seconds("from", text, NOW) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("nan", "NaN", "inf", "-inf", "-1", "1e9", "1_000", "0x10", "99999999999999999"),
        *("yesterday", "-24", "-24y", "24h", "2026-13-01", "2026-02-30T00:00:00Z"),
        *("2026-11-30T25:00:00Z", "20261130T080000Z", "2026-W01-1", "-999999999w", " 5", "\u0665"),
    ],
)
def test_other_times_are_refused_with_the_forms(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        unix_seconds("from", text, NOW)
    assert str(refusal.value).startswith("from: ")
    assert FORMS in str(refusal.value)


@given(st.text(max_size=24))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        seconds = unix_seconds("to", text, NOW)
    except Invalid:
        return
    assert seconds is None or 0 <= seconds <= 253_402_300_799


def test_a_range_is_in_order_and_begins_before_tomorrow() -> None:
    assert time_range("-1h", "now", NOW) == (AT - 3_600, AT)
    assert time_range(None, "2027-01-01", NOW)[0] is None
    with pytest.raises(Invalid, match="from: must be before to"):
        time_range("now", "-1h", NOW)
    with pytest.raises(Invalid, match="from: is in the future"):
        time_range("2026-12-02", None, NOW)


def test_zones_are_known_by_their_names() -> None:
    assert zone_of("") is None
    assert str(zone_of("Europe/Berlin")) == "Europe/Berlin"
    for name in (
        "Europe/Nowhere",
        "../../etc/passwd",
        "/etc/localtime",
        "Europe",
        "\0",
        "CEST",
        "localtime",
    ):
        with pytest.raises(Invalid, match="tz: no time zone is called"):
            zone_of(name)
