"""What answers mean, and when there is another attempt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.notify.outcome import Outcome, of_status, pause_after, shortened
from tests.fakes.clock import START

PAUSES = (10.0, 30.0, 120.0)
FORTY_SECONDS = "Thu, 01 Jan 2026 00:00:40 GMT"
"""After START."""


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, "sent"),
        (204, "sent"),
        (302, "refused"),
        (400, "refused"),
        (404, "refused"),
        (408, "again"),
        (410, "never"),
        (425, "again"),
        (429, "again"),
        (500, "again"),
        (503, "again"),
    ],
)
def test_answers(status: int, verdict: str) -> None:
    outcome = of_status(status, "no", "", START)
    assert (outcome.verdict, outcome.status) == (verdict, status)
    assert outcome.error == ("" if verdict == "sent" else f"HTTP {status}: no")


def test_pauses_grow_and_end() -> None:
    again = Outcome("again")
    assert [pause_after(again, n, PAUSES) for n in (1, 2, 3, 4)] == [10.0, 30.0, 120.0, None]
    refused = Outcome("refused")
    assert [pause_after(refused, n, PAUSES) for n in (1, 2, 3)] == [10.0, 30.0, None]
    assert pause_after(Outcome("never"), 1, PAUSES) is None
    assert pause_after(again, 1, ()) is None


def test_a_receiver_may_ask_for_a_longer_pause_but_not_for_ever() -> None:
    assert pause_after(of_status(429, "", "60", START), 1, PAUSES) == 60.0
    assert pause_after(of_status(503, "", "5", START), 1, PAUSES) == 10.0
    assert pause_after(of_status(503, "", "9999999", START), 1, PAUSES) == 3_600.0
    assert pause_after(of_status(503, "", FORTY_SECONDS, START), 1, PAUSES) == 40.0


@given(st.text())
def test_the_log_gets_one_short_printable_line(text: str) -> None:
    line = shortened(text)
    assert line.isprintable()
    assert len(line) <= 500
