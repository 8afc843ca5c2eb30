"""Reports become minutes, hours and days: each once, however it comes, on both databases."""

import logging
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from sqlalchemy import insert

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.fleet import agents
from forepost.controller.flows.answer import Question
from forepost.controller.flows.fold_keeper import AT_ONCE, WAITING, FoldKeeper
from forepost.controller.flows.plan import Piece
from forepost.controller.flows.query import TrafficQuery, TrafficReader
from forepost.controller.flows.store import FlowStore
from forepost.controller.series.port import Find, Row
from forepost.controller.series.sqlite import SqliteSeries
from forepost.controller.settings import FlowsSection
from forepost.kit.health import Health
from forepost.wire.flows.history import FlowHistory, FlowTop
from tests.controller.flows.minutes import NIGHT, minute, row
from tests.fakes.clock import FakeClock
from tests.rows import THEN, home

pytestmark = pytest.mark.anyio

DAY, HOUR, MINUTE = 86_400, 3_600, 60
TLS = ("198.18.0.9", "TLS", "example.org", 10)
DNS = ("198.18.0.9", "DNS", "192.0.2.0/24", 1)


class Stage(NamedTuple):
    store: FlowStore
    series: SqliteSeries
    clock: FakeClock
    folding: FoldKeeper
    reading: TrafficReader

    async def commit(self, *rows: Row) -> None:
        await self.series.add(rows)
        self.folding.consider(1, rows)

    def anew(self) -> FoldKeeper:
        """As after a crash: what was noted in RAM is gone."""
        return FoldKeeper(self.store, self.series, self.clock, FlowsSection())

    async def top(self, start: int, end: int, agent_id: int = 0, **question: object) -> FlowTop:
        asked = TrafficQuery(workspace_id=1, agent_id=agent_id, start=start, end=end)
        by = question.setdefault("by", "device")
        return await self.reading.top(asked, by, Question(**question))  # type: ignore[arg-type]

    async def history(self, start: int, end: int, agent_id: int = 0) -> FlowHistory:
        asked = TrafficQuery(workspace_id=1, agent_id=agent_id, start=start, end=end)
        return await self.reading.history(asked, "total", Question(by="total"))


@pytest.fixture
async def stage(metadata_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    db = Database.at(metadata_url)
    await home(db)
    clock = FakeClock(datetime.fromtimestamp(NIGHT + 3 * DAY, UTC))
    series = await SqliteSeries.open(
        tmp_path / "series.sqlite", clock, Health(logging.getLogger("test"))
    )
    store = FlowStore(db)
    async with db.write() as connection:
        more = dict.fromkeys(("description", "location", "public_ip_override", "version"), "")
        await connection.execute(
            insert(agents).values(
                id=2,
                workspace_id=1,
                name="two",
                psk_sha256="",
                created_at=THEN,
                updated_at=THEN,
                **more,
            )
        )
    folding = FoldKeeper(store, series, clock, FlowsSection())
    yield Stage(store, series, clock, folding, TrafficReader(store, series, clock, FlowsSection()))
    await series.close()
    await db.close()


def reports(starts: Sequence[int], agent_id: int = 1) -> list[Row]:
    return [
        row(minute(start, TLS, DNS), agent_id=agent_id, identity=number)
        for number, start in enumerate(starts, 1)
    ]


async def test_a_report_is_counted_once_however_often_it_comes(stage: Stage) -> None:
    now = NIGHT + 3 * DAY
    rows = reports([now - 120, now - 60])
    for _ in range(3):
        await stage.commit(*rows)
        await stage.commit(*rows)
        await stage.folding.turn()
    for agent_id in (0, 1):
        found = await stage.top(now - 180, now, agent_id)
        assert (found.step_sec, found.total.bytes_in, found.total.bytes_out) == (60, 22, 44)
        assert [(r.name, r.bytes_in, r.flows) for r in found.rows] == [("198.18.0.9", 22, 4)]
        assert found.honesty.reports == 2
        assert found.honesty.drop_rate == pytest.approx(6 / 202)
        assert found.honesty.missed_rate == pytest.approx(10 / 200)
        assert found.honesty.gap_sec == 1.0


async def test_two_reports_of_one_minute_are_added(stage: Stage) -> None:
    """The agent was started anew in the middle of it."""
    at = NIGHT + 3 * DAY - 60
    await stage.commit(row(minute(at, TLS), identity=1), row(minute(at, DNS), identity=7))
    await stage.folding.turn()
    found = await stage.history(at, at + 60, 1)
    assert [(p.time, p.bytes_in) for p in found.lines[0].points] == [(at, 11)]
    assert found.honesty.reports == 2


async def test_a_late_report_lands_in_its_hour_and_its_day(stage: Stage) -> None:
    old = NIGHT + 5 * HOUR
    await stage.commit(*reports([old, old + 60]))
    await stage.folding.turn()
    whole = await stage.top(NIGHT, NIGHT + DAY)
    assert (whole.step_sec, whole.total.bytes_in) == (HOUR, 22)
    assert await stage.store.stale_days(NIGHT + 2 * DAY, 10) == []
    late = row(minute(old + 120, TLS), identity=9, late_sec=2 * DAY)
    await stage.commit(late, late)
    await stage.folding._fold_waiting()
    assert len(await stage.store.stale_days(NIGHT + 2 * DAY, 10)) == 2
    before = await stage.top(NIGHT, NIGHT + DAY)
    await stage.folding.sum_days()
    after = await stage.top(NIGHT, NIGHT + DAY)
    assert before.total == after.total
    assert before.rows == after.rows
    assert after.total.bytes_in == 32
    hours = await stage.history(NIGHT, NIGHT + DAY)
    assert [(p.time, p.bytes_in) for p in hours.lines[0].points] == [(old, 32)]


async def test_what_a_crash_took_from_ram_is_found_in_the_series(stage: Stage) -> None:
    now = NIGHT + 3 * DAY
    stage.clock.set_wall(datetime.fromtimestamp(now - 200, UTC))
    await stage.commit(*reports([now - 300]))
    await stage.folding.turn()
    stage.clock.set_wall(datetime.fromtimestamp(now, UTC))
    late = [row(minute(NIGHT, TLS), identity=50 + n, late_sec=3 * DAY) for n in range(3)]
    await stage.commit(*late, *reports([now - 60, now - 120], agent_id=2))
    again = stage.anew()
    await again._catch_up()
    await again._catch_up()
    found = await stage.top(NIGHT, now, by="agent")
    assert [(r.name, r.label, r.bytes_in) for r in found.rows] == [
        ("1", "edge", 41),
        ("2", "two", 22),
    ]
    assert found.rest is not None
    assert found.rest.bytes_in == 0
    both = await stage.top(NIGHT, now)
    assert both.total == found.total


async def test_when_there_are_too_many_none_is_forgotten(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forepost.controller.flows.fold_keeper.WAITING", 2)
    now = NIGHT + 3 * DAY
    await stage.folding._catch_up()
    await stage.commit(*reports([now - 60 * n for n in range(1, 50)]))
    await stage.folding.turn()
    assert (await stage.top(now - 6 * HOUR, now)).honesty.reports == 49
    assert AT_ONCE < 49 < WAITING


async def test_a_wrong_report_costs_no_other_one(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    now = NIGHT + 3 * DAY
    wrong = msgspec.structs.replace(reports([now])[0], payload=b"{}")
    old = row(minute(NIGHT - 90 * DAY, TLS), identity=77, late_sec=93 * DAY)
    await stage.commit(wrong, old, *reports([now - 60]))
    await stage.folding.turn()
    assert (await stage.top(now - 60, now)).honesty.reports == 1
    assert "its traffic is not counted: body: object missing required field `minute`" in caplog.text
    assert "its traffic is not counted: of too long ago" in caplog.text


async def test_what_is_old_goes(stage: Stage) -> None:
    now = NIGHT + 3 * DAY
    await stage.commit(*reports([now - 60]))
    await stage.folding.turn()
    days = FlowsSection()
    for step, kept in (
        (MINUTE, days.minutes_days),
        (HOUR, days.hours_days),
        (DAY, days.days_days),
    ):
        for later, there in ((kept - 1, 1), (kept + 2, 0)):
            stage.clock.set_wall(datetime.fromtimestamp(now + later * DAY, UTC))
            await stage.folding.sum_days()
            await stage.folding._forget()
            places = await stage.store.sums(1, 1, [Piece(step, now - DAY, now)])
            assert len(places) == there, (step, later)


async def test_reports_go_with_their_minutes_once_they_are_folded(stage: Stage) -> None:
    now = NIGHT + 3 * DAY

    async def reports_there() -> int:
        return len(await stage.series.find(Find(streams=[-1], type="FLOWS")))

    await stage.series.add(reports([now - 60]))  # by a controller that ended before it folded it
    stage.clock.set_wall(datetime.fromtimestamp(now + 9 * DAY, UTC))
    await stage.folding._forget()
    assert await reports_there() == 1
    await stage.store.set_progress((now - HOUR) * 1_000_000)
    await stage.folding._forget()
    assert await reports_there() == 1
    await stage.folding._catch_up()
    await stage.folding._forget()
    assert await reports_there() == 0
    hours = await stage.store.sums(1, 1, [Piece(HOUR, now - DAY, now)])
    assert len(hours) == 1


async def test_a_day_is_the_sum_of_its_hours_and_their_lists(stage: Stage) -> None:
    starts = [NIGHT + HOUR * hour + 60 * n for hour in (0, 7, 23) for n in range(5)]
    await stage.commit(*reports(starts), *reports(starts[:5], agent_id=2))
    await stage.folding.turn()
    for subject in ("device", "application", "remote"):
        found = await stage.top(NIGHT, NIGHT + DAY, by=subject)
        assert found.total.bytes_in == 20 * 11
        assert found.rest is not None
        assert sum(r.bytes_in for r in found.rows) + found.rest.bytes_in == 20 * 11
    found = await stage.top(NIGHT - 30 * DAY, NIGHT + 3 * DAY, by="application", device=TLS[0])
    assert found.step_sec == DAY
    assert [(r.name, r.bytes_in) for r in found.rows] == [("TLS", 200), ("DNS", 20)]
