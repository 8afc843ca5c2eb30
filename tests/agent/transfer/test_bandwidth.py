"""Bandwidth by time of day, in the local time of the agent."""

from datetime import UTC, datetime

import pytest

from forepost.agent.transfer.bandwidth import limits
from forepost.agent.transfer.rate import RateLimit
from forepost.wire.jobs.job import BandwidthWindow

OFFICE = BandwidthWindow(
    days=[1, 2, 3, 4, 5], begin=8 * 3_600, end=18 * 3_600, down_kib_per_sec=100, up_kib_per_sec=10
)
NIGHT = BandwidthWindow(days=[5], begin=22 * 3_600, end=6 * 3_600, down_kib_per_sec=0)


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ("2026-11-30T12:00:00", (102_400, 10_240)),  # a Monday
        ("2026-11-30T07:59:59", (None, None)),
        ("2026-11-30T18:00:00", (None, None)),
        ("2026-11-29T12:00:00", (None, None)),  # a Sunday
        ("2026-12-04T23:00:00", (0, None)),  # a Friday
        ("2026-12-05T05:59:59", (0, None)),
        ("2026-12-05T06:00:00", (None, None)),
        ("2026-12-04T03:00:00", (None, None)),
    ],
)
def test_the_last_window_that_fits_counts(when: str, found: tuple[float, float]) -> None:
    local = datetime.fromisoformat(when).replace(tzinfo=UTC)
    assert limits([OFFICE, NIGHT], local) == found


def test_a_later_window_goes_before_an_earlier_one() -> None:
    local = datetime(2026, 11, 30, 12, tzinfo=UTC)
    lunch = BandwidthWindow(begin=12 * 3_600, end=13 * 3_600)
    assert limits([OFFICE, lunch], local) == (None, None)


def test_bytes_go_as_fast_as_they_may() -> None:
    now = [0.0]
    rate = RateLimit(lambda: now[0])
    rate.take(1 << 30)
    rate.limit(1_000.0)
    rate.take(500)
    assert rate.wait_sec(0) == 0.5
    now[0] = 0.5
    assert rate.wait_sec(0) == 0
    rate.limit(0)
    assert rate.wait_sec(1) > 0
    rate.limit(None)
    rate.take(1 << 30)
