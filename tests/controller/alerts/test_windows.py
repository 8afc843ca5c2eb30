from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.alerts.metrics import Line
from forepost.controller.alerts.windows import WindowTable, check_window, shown
from forepost.kit.errors import Invalid
from forepost.wire.rest.alerts import Rule
from forepost.wire.rest.maintenance import NewWindow, Window
from tests.controller.alerts.alert_rules_made import rule
from tests.fakes.clock import START

HOUR = timedelta(hours=1)
LINE: Line = (1, 1, "PING", "198.51.100.1")


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


def by(
    windows: list[Window],
    line: Line = LINE,
    at: datetime = START,
    of: Rule | None = None,
    aims: set[int] | None = None,
) -> int:
    """The window that covers the line; 0: none."""
    found = WindowTable(windows).covering(of or rule(), line, at, lambda: aims or set())
    return 0 if found is None else found[0].id


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
    found = window(recurrence=recurrence)
    assert shown(found, START + hours * HOUR).active_now is expected
    assert bool(by([found], at=START + hours * HOUR)) is expected
    assert not by([window(recurrence=recurrence, paused=True)], at=START + hours * HOUR)


@given(st.integers(0, 1_000), st.floats(0, 23.9))
def test_every_day_is_like_the_first(days: int, hours: float) -> None:
    found = window(recurrence="daily")
    at = START + (24 * days + hours) * HOUR
    now = shown(found, at)
    assert now.active_now == (hours < 1)
    assert now.next_start == START + (24 * (days + (hours >= 1))) * HOUR
    assert now.next_end == now.next_start + HOUR


def test_one_that_is_paused_or_over_is_never_next() -> None:
    assert shown(window(paused=True), START).next_start is None
    over = shown(window(), START + HOUR)
    assert (over.active_now, over.next_start, over.next_end) == (False, None, None)


def test_what_it_names() -> None:
    assert by([window()])
    named = [window(agent_ids=[2], probe_ids=[7])]
    assert by(named, (7, 9, "PING", ""))
    assert by(named, (1, 2, "PING", ""))
    assert not by(named, (2, 7, "PING", ""))
    assert not by(named)
    assert by(named, of=rule(maintenance_window_id=1))


def test_a_site_is_silent_with_what_others_measure_towards_it() -> None:
    named = [window(agent_ids=[2])]
    assert by(named, (7, 9, "PING", "198.51.100.2"), aims={2})
    assert not by(named, (7, 9, "PING", "198.51.100.2"), aims={3})


def test_a_mute_is_of_its_probe_agent_and_target_together() -> None:
    muted = [window(alert_id=5, agent_ids=[2], probe_ids=[7], target="a")]
    assert by(muted, (7, 2, "PING", "a"))
    for other in ((7, 2, "PING", "b"), (7, 3, "PING", "a"), (8, 2, "PING", "a")):
        assert not by(muted, other, aims={2})
    assert by([window(alert_id=5, agent_ids=[2])], (0, 2, "", ""))
    assert not by([window(alert_id=5, agent_ids=[2])], (7, 2, "", ""))


def test_a_clock_that_is_put_back() -> None:
    table = WindowTable([window()])

    def is_on(at: datetime) -> bool:
        return table.covering(rule(), LINE, at, set) is not None

    assert is_on(START)
    assert not is_on(START + 10 * HOUR)
    assert is_on(START + HOUR / 2)
    assert not is_on(START - HOUR)
    assert is_on(START)


@given(st.lists(st.integers(-100, 400), min_size=1, max_size=30))
def test_a_table_that_was_asked_before_says_the_same_as_a_new_one(minutes: list[int]) -> None:
    windows = [
        window(id=1, recurrence="daily", ends_at=START + HOUR / 4),
        window(id=2, starts_at=START + HOUR / 2, probe_ids=[1]),
        window(id=3, starts_at=START + 3 * HOUR, ends_at=START + 4 * HOUR, agent_ids=[1]),
        window(id=4, starts_at=START + 2 * HOUR, ends_at=START + 5 * HOUR, agent_ids=[4]),
    ]
    table = WindowTable(windows)
    for minute in minutes:
        at = START + minute * HOUR / 60
        found = table.covering(rule(), LINE, at, set)
        assert (0 if found is None else found[0].id) == by(windows, at=at)


def test_a_thousand_windows_cost_no_look_at_each() -> None:
    looks = 0

    class Counted(Window, frozen=True, kw_only=True):
        def __getattribute__(self, name: str) -> Any:
            nonlocal looks
            looks += name == "starts_at"
            return super().__getattribute__(name)

    fields = {f: getattr(window(recurrence="daily"), f) for f in Window.__struct_fields__}
    many = [Counted(**(fields | {"id": one, "probe_ids": [one]})) for one in range(1, 1_001)]
    table = WindowTable(many)
    assert table.covering(rule(), LINE, START, set) is not None
    after_first, looks = looks, 0
    assert after_first >= 1_000
    for second in range(1_000):
        assert (
            table.covering(rule(), (2_000, 1, "PING", ""), START + HOUR * second / 3_600, set)
            is None
        )
    assert looks == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weekdays": ["mon", "mon"], "recurrence": "weekly"}, "weekdays: one of them"),
        ({"ends_at": START}, "ends_at: must be after"),
        ({"ends_at": START + 100 * 365 * 24 * HOUR, "recurrence": "weekly"}, "ends_at: a weekly"),
        ({"timezone": "Europe/Atlantis"}, 'timezone: no time zone is called "Europe/Atlantis"'),
        ({"day_of_month": 0, "recurrence": "monthly"}, "day_of_month: 0 is no day"),
        ({"week_of_month": 0, "recurrence": "monthly", "weekdays": ["mon"]}, "week_of_month: 0"),
    ],
)
def test_one_that_makes_no_sense_is_refused(change: dict[str, Any], said: str) -> None:
    fields: dict[str, Any] = {"name": "w", "starts_at": START, "ends_at": START + HOUR}
    check_window(NewWindow(**fields))
    check_window(NewWindow(**(fields | {"ends_at": START + 100 * 365 * 24 * HOUR})))
    with pytest.raises(Invalid) as refused:
        check_window(NewWindow(**(fields | change)))
    assert str(refused.value).startswith(said)
