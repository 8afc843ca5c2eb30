"""What windows suppressed, in its database."""

from datetime import timedelta

import pytest

from forepost.controller.alerts.aims import AgentAims
from forepost.controller.alerts.metrics import Line
from forepost.controller.alerts.rules import Judgement
from forepost.controller.alerts.suppressed import SuppressedAlerts
from forepost.controller.alerts.window_store import WindowStore
from forepost.wire.rest.alerts import Severity
from forepost.wire.rest.maintenance import NewWindow, SuppressedAlert
from tests.controller.alerts.alert_night import Night
from tests.fakes.clock import START

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


class Works:
    """A window of an hour, every day, for all of the workspace."""

    def __init__(self, of: Night) -> None:
        self.night, self.store = of, WindowStore(of.db)
        self.suppressed = SuppressedAlerts(
            of.db,
            of.watch.suppression,
            AgentAims(of.db, lambda _: ("", ())),
            of.clock,
        )

    async def begin(self) -> int:
        new = NewWindow(name="w", starts_at=START, ends_at=START + HOUR, recurrence="daily")
        made = await self.store.add(1, new, "me@example.com", START)
        self.rule = await self.night.rule()
        rules = await self.night.store.rules_of(1)
        self.night.watch.replace(1, rules, await self.store.of(1))
        return made.id

    def would_open(
        self, probe: int = 1, value: float = 50.0, severity: Severity = "warning"
    ) -> bool:
        line: Line = (probe, 1, "PING", f"192.0.2.{probe}")
        verdict = Judgement(True, "packet_loss", value, 5.0, severity, "packet_loss 50 > 5")
        known = self.night.watch.known[self.rule].rule
        return self.night.watch.suppression.hinders(
            known, line, "open", verdict, self.night.clock.now()
        )

    async def rows(self, window: int) -> list[SuppressedAlert]:
        await self.suppressed.turn()
        found, total = await self.suppressed.of_window(1, window, 50, 0)
        assert total == len(found)
        return found


async def test_a_row_for_each_alert_and_each_time_of_the_window(night: Night) -> None:
    works = Works(night)
    window = await works.begin()
    assert works.would_open()
    assert works.would_open(probe=2)
    assert works.would_open(probe=99)  # it is gone by now: there is nothing to say of it
    assert [row.probe_id for row in await works.rows(window)] == [2, 1]
    await night.clock.advance(120)
    assert works.would_open(value=80.0, severity="critical")
    first = next(row for row in await works.rows(window) if row.probe_id == 1)
    assert (first.value, first.severity, first.last_at - first.first_at) == (
        80.0,
        "critical",
        timedelta(minutes=2),
    )
    await night.clock.advance(3_600)
    assert not works.would_open()
    await night.clock.advance(23 * 3_600)
    assert works.would_open()
    assert len(await works.rows(window)) == 3
    assert (await works.store.one(1, window)).suppressed == 3
    await works.store.delete(1, window)
    assert await works.rows(window) == []


async def test_what_a_restart_finds_goes_on_in_the_same_row(night: Night) -> None:
    works = Works(night)
    window = await works.begin()
    assert works.would_open()
    assert len(await works.rows(window)) == 1
    again = Works(night)
    night.watch.suppression.written([], night.clock.now() + 2 * HOUR)
    await night.clock.advance(60)
    again.rule = works.rule
    assert again.would_open(value=70.0)
    (row,) = await again.rows(window)
    assert (row.value, row.first_at) == (70.0, START)
