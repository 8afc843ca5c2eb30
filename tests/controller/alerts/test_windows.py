from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.alerts.windows import covered, lasts, names
from forepost.wire.rest.alerts import Window
from tests.controller.alerts.alert_rules_made import rule
from tests.fakes.clock import START

HOUR = timedelta(hours=1)


def window(**fields: Any) -> Window:
    """An hour from START on, for all."""
    known: dict[str, Any] = {
        "id": 1,
        "created_at": START,
        "updated_at": START,
        "workspace_id": 1,
        "name": "w",
        "starts_at": START,
        "ends_at": START + HOUR,
        "recurrence": "none",
        "agent_ids": [],
        "probe_ids": [],
    }
    return Window(**(known | fields))


@pytest.mark.parametrize(
    ("recurrence", "hours", "expected"),
    [
        ("none", -0.1, False),
        ("none", 0, True),
        ("none", 1, False),
        ("none", 24, False),
        ("daily", -24, False),
        ("daily", 24.5, True),
        ("daily", 25, False),
        ("weekly", 24.5, False),
        ("weekly", 168, True),
    ],
)
def test_when_it_lasts(recurrence: str, hours: float, expected: bool) -> None:
    assert lasts(window(recurrence=recurrence), START + hours * HOUR) is expected


@given(st.integers(0, 1_000), st.floats(0, 23.9))
def test_every_day_is_like_the_first(days: int, hours: float) -> None:
    found = window(recurrence="daily")
    assert lasts(found, START + (24 * days + hours) * HOUR) == (hours < 1)


def test_what_it_names() -> None:
    assert names(window(), 1, 2)
    named = window(agent_ids=[2], probe_ids=[7])
    assert names(named, 7, 9)
    assert names(named, 1, 2)
    assert not names(named, 2, 7)
    assert not covered([named], rule(), 1, 1, START)
    assert covered([named], rule(maintenance_window_id=1), 1, 1, START)
