"""How long a receiver asks us to wait: pure."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.notify.retry_after import wait_sec

NOW = datetime(1994, 11, 6, 8, 49, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "sec"),
    [
        ("37", 37),
        (" 37 ", 37),
        ("0", 0),
        ("1.5", 1.5),
        ("3600", 3_600),
        ("3601", 3_600),
        ("99999999", 3_600),
        ("9" * 12, 3_600),
        ("9" * 400, 0),
        ("-5", 0),
        ("+5", 0),
        ("1e9", 0),
        ("inf", 0),
        ("NaN", 0),
        ("٣", 0),
        ("", 0),
        ("soon", 0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 37),
        ("Sun Nov  6 08:49:37 1994", 37),
        ("sun, 06 nov 1994 08:49:37 gmt", 37),
        ("Sun, 06 Nov 1994 08:48:37 GMT", 0),
        ("Sunday, 06-Nov-93 08:49:37 GMT", 0),
        ("Sunday, 06-Nov-45 08:49:37 GMT", 0),
        ("Sunday, 06-Nov-44 08:49:37 GMT", 3_600),
        ("Sun Nov  6 08:49:37 1893", 0),
        ("Sun, 06 Nov 9999 08:49:37 GMT", 3_600),
        ("Sat, 31 Dec 1994 23:59:60 GMT", 3_600),
        ("Sun, 31 Feb 1995 08:49:37 GMT", 0),
        ("Wednesday, 29-Feb-95 08:49:37 GMT", 0),
        ("Sun, 06 Nov 0000 08:49:37 GMT", 0),
        ("Sun, 06 Foo 1994 08:49:37 GMT", 0),
        ("Sun, 06 Nov 1994 25:49:37 GMT", 0),
        ("Sun, 06 Nov 1994 08:49:37 +0100", 0),
    ],
)
def test_each_form(text: str, sec: float) -> None:
    assert wait_sec(text, NOW, 3_600) == sec


@given(st.text(max_size=60))
def test_it_is_always_bounded(text: str) -> None:
    assert 0 <= wait_sec(text, NOW, 3_600) <= 3_600


@given(st.integers(631_152_000, 7_258_118_400))
def test_a_date_is_what_it_says(unix_sec: int) -> None:
    at = datetime.fromtimestamp(unix_sec, UTC)
    wanted = min(max((at - NOW).total_seconds(), 0), 3_600)
    for text in (
        format_datetime(at, usegmt=True),
        at.strftime("%a %b ") + f"{at.day:2d} {at:%H:%M:%S %Y}",
    ):
        assert wait_sec(text, NOW, 3_600) == wanted


def test_a_year_of_two_digits_at_the_turn_of_a_century() -> None:
    now = datetime(2099, 12, 31, 23, 59, 0, tzinfo=UTC)
    assert wait_sec("Friday, 01-Jan-00 00:00:30 GMT", now, 3_600) == 90
    assert wait_sec("Thursday, 31-Dec-99 23:59:30 GMT", now, 3_600) == 30
