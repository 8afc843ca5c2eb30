"""Reports that are made by themselves: each time once, whatever the controller's clock does."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import anyio
import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.reports import reports
from forepost.controller.db.tables.workspaces import members, workspaces
from forepost.controller.reports.facts import ReportNeeds
from forepost.controller.reports.maker import ReportMaker, ReportOrder
from forepost.controller.reports.pdf import Typesetter
from forepost.controller.reports.runs import ReportRuns
from forepost.controller.reports.store import ReportMail, ReportStore
from forepost.controller.series.port import Series
from forepost.wire.rest.reports import NewReport
from forepost.wire.rest.sla import SlaReport
from forepost.wire.rest.voice import VoiceThresholds
from tests.fakes.clock import START, FakeClock

pytestmark = pytest.mark.anyio
ME = "me@example.com"
DAY = timedelta(days=1)
STEP_MIN = 30


def saying(value: Any) -> Callable[..., Awaitable[Any]]:
    async def say(*_asked: Any) -> Any:
        return value

    return say


def needs(clock: FakeClock, series: Series) -> ReportNeeds:
    """Of a workspace where nothing is."""
    sla = SlaReport(start=START, end=START, probes=[], sites=[], labelled_sites=[])
    return ReportNeeds(
        series=series,
        clock=clock,
        workspace_name=saying("w"),
        agents=saying([]),
        sla=saying(sla),
        incidents=saying([]),
        voice_probes=saying([]),
        thresholds=saying(VoiceThresholds()),
        workspace_of_agent=saying(1),
        workspace_of_probe=saying((1, 1)),
    )


class Stage:
    """A workspace with a report of each day, made at 08:00 of the next."""

    def __init__(self, db: Database) -> None:
        self.clock = FakeClock(START + timedelta(hours=7))
        self.store = ReportStore(db, self._put)
        self.maker = ReportMaker(needs(self.clock, {}), Typesetter())  # type: ignore[arg-type]
        self.runs = self.controller()
        self.mailed: list[str] = []
        """The days that were reported on."""

    def controller(self) -> ReportRuns:
        return ReportRuns(self.store, self.maker, self.clock, has_mail=True)

    async def add(self, **fields: Any) -> None:
        fields = {"repeats": "daily", "format": "html", "recipients": [ME], **fields}
        await self.store.add(1, NewReport(name="r", **fields), self.clock.now())

    async def live(self, hours: float) -> None:
        for _ in range(round(hours * 60 / STEP_MIN)):
            await self.clock.advance(STEP_MIN * 60)
            await self.runs.run_due()

    def step(self, by: timedelta) -> None:
        self.clock.set_wall(self.clock.now() + by)

    async def _put(
        self, _c: AsyncConnection, _w: int, _to: str, mail: ReportMail, _file: int | None
    ) -> None:
        self.mailed.append(mail.subject.rpartition(", ")[2].removesuffix(" (UTC)"))


@pytest.fixture
async def stage(metadata_url: str) -> AsyncIterator[Stage]:
    db = Database.at(metadata_url)
    times = {"created_at": START, "updated_at": START}
    async with db.write() as connection:
        user = {"id": 1, "email": ME, "name": "", "password_hash": "x", "verified": True}
        await connection.execute(insert(users).values(**user, role="USER", **times))
        place = {"id": 1, "name": "w", "description": "", "owner_id": 1}
        await connection.execute(insert(workspaces).values(**place, **times))
        role = {"workspace_id": 1, "user_id": 1, "role": "OWNER"}
        await connection.execute(insert(members).values(**role, **times))
    yield Stage(db)
    await db.close()


def days(first: int, last: int) -> list[str]:
    return [f"2026-01-{number:02}" for number in range(first, last + 1)]


@pytest.mark.parametrize(("ahead_h", "last"), [(0.5, 5), (2, 6), (8, 6), (26, 7)])
async def test_a_clock_that_was_a_day_ahead_costs_no_report(
    stage: Stage, ahead_h: float, last: int
) -> None:
    await stage.add()
    await stage.live(48)  # until 07:00 of the 3rd
    stage.step(DAY)
    await stage.live(ahead_h)
    stage.step(-DAY)
    wrong = len(stage.mailed)
    await stage.live(24 * 4)
    # What was made of days that were not over is made again, when they are.
    assert sorted({*stage.mailed}) == ["2025-12-31", *days(1, last)]
    after = stage.mailed[wrong:]
    assert after == sorted({*after})
    assert stage.mailed.count("2026-01-01") == 1


async def test_a_clock_that_was_a_month_ahead_costs_none_that_comes_afterwards(
    stage: Stage,
) -> None:
    await stage.add()
    await stage.live(24)
    stage.step(30 * DAY)
    await stage.live(3)
    stage.step(-30 * DAY)
    wrong = len(stage.mailed)
    stage.runs = stage.controller()
    await stage.live(24 * 4)
    assert stage.mailed[wrong:] == days(2, 5)


async def test_one_that_was_made_or_edited_while_it_was_ahead_is_made_too(stage: Stage) -> None:
    stage.step(30 * DAY)
    await stage.add()
    stage.step(-30 * DAY)
    await stage.live(24 * 3)
    assert stage.mailed == ["2025-12-31", *days(1, 2)]


@pytest.mark.parametrize("back_h", [1, 5, 20])
async def test_a_clock_that_was_a_day_behind_mails_none_twice(stage: Stage, back_h: float) -> None:
    await stage.add()
    await stage.live(50)  # until 09:00 of the 3rd
    assert stage.mailed == ["2025-12-31", *days(1, 2)]
    stage.step(-DAY)
    stage.runs = stage.controller()
    await stage.live(back_h)
    stage.step(DAY)
    await stage.live(24)
    assert stage.mailed == ["2025-12-31", *days(1, 3)]


async def test_two_controllers_with_clocks_apart_do_not_mail_for_ever(stage: Stage) -> None:
    await stage.add()
    other = stage.controller()
    for _ in range(10):
        await stage.live(0.5)
        stage.step(30 * DAY)
        await other.run_due()
        stage.step(-30 * DAY)
    assert stage.mailed == ["2026-01-29", "2025-12-31", "2026-01-30"]


async def test_who_asks_for_many_pages_takes_no_report_its_turn(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forepost.controller.reports.maker.LONGEST_WAIT_SEC", 0.05)
    monkeypatch.setattr("forepost.controller.reports.runs.LONGEST_WAIT_SEC", 0.05)
    await stage.add()
    await stage.clock.advance(3_600)
    read = stage.maker._read

    async def slowly(order: ReportOrder) -> Any:
        await anyio.sleep(0.2)
        return await read(order)

    monkeypatch.setattr(stage.maker, "_read", slowly)
    asked = ReportOrder(
        workspace_id=1, title="t", kind="voice", since=START - DAY, until=START, timezone="UTC"
    )
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stage.maker.make, asked, "html")
        await anyio.sleep(0.05)
        await stage.runs.run_due()
    assert stage.mailed == ["2025-12-31"]


async def test_a_zone_that_is_no_more_is_not_named(stage: Stage) -> None:
    await stage.add(timezone="Europe/Berlin")
    async with stage.store._db.write() as connection:
        await connection.execute(update(reports).values(timezone="Europe/Atlantis"))
    await stage.live(25)
    assert stage.mailed == ["2025-12-31", "2026-01-01"]  # and "(UTC)", by which it is made now
