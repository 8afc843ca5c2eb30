"""What is kept of hosts that are pinged for long."""

from datetime import UTC, datetime

from forepost.agent.ports.net import Round
from forepost.cli import ping_watch
from forepost.cli.ping_watch import MOST_KEPT, PingWatch


def test_of_very_many_requests_the_last_are_kept() -> None:
    watch = PingWatch("a.example", datetime(2026, 12, 1, tzinfo=UTC))
    for number in range(MOST_KEPT + 5):
        watch.keep(number, Round(sent=1, rtts_ns=[number]))
    total = watch.total()
    assert (total.sent, total.rtts_ns[0], total.rtts_ns[-1]) == (MOST_KEPT, 5, MOST_KEPT + 4)
    assert ping_watch.summary([watch]).row_count == 1
