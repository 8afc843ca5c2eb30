"""Whether agents went silent together."""

from datetime import timedelta

from forepost.controller.alerts.silence import silent_together
from tests.fakes.clock import START

SECOND = timedelta(seconds=1)
NOW = START + timedelta(hours=1)


def ago(*seconds: float) -> dict[int, object]:
    return {agent: NOW - sec * SECOND for agent, sec in enumerate(seconds, 1)}


def test_most_agents_within_a_minute() -> None:
    assert silent_together(ago(100, 90, 110, 5), NOW) == {1, 2, 3}  # type: ignore[arg-type]
    assert silent_together(ago(100, 90), NOW) == set()  # type: ignore[arg-type]
    assert silent_together(ago(100, 90, 110, 5, 5, 5), NOW) == set()  # type: ignore[arg-type]
    assert silent_together(ago(100, 900, 1_800, 5), NOW) == set()  # type: ignore[arg-type]


def test_who_was_gone_before_is_not_counted() -> None:
    day = 86_400
    assert silent_together(ago(60, 61, 62, 2 * day, 2 * day, 3 * day), NOW) == {1, 2, 3}  # type: ignore[arg-type]
    assert silent_together({}, NOW) == set()
