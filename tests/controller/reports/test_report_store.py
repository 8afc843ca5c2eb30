"""Whoever makes a report that is due: it is mailed once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import anyio
import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.reports import report_files, reports
from forepost.controller.db.tables.workspaces import members, workspaces
from forepost.controller.reports.kept_rows import DAMAGED
from forepost.controller.reports.store import NOBODY, ReportMail, ReportStore
from forepost.kit.errors import Invalid
from forepost.wire.rest.reports import KeptReport, NewReport, ReportPatch
from tests.fakes.clock import START

pytestmark = pytest.mark.anyio
ME = "me@example.com"
MAIL = ReportMail(
    subject="s", text="t", html="h", file_name="r.pdf", media_type="application/pdf", content=b"%"
)
LATER = START + timedelta(days=1)


class Mails:
    def __init__(self) -> None:
        self.sent: list[tuple[str, int | None]] = []

    async def put(
        self, _c: AsyncConnection, _w: int, to: str, _mail: ReportMail, file: int | None
    ) -> None:
        self.sent.append((to, file))


@pytest.fixture
async def db(metadata_url: str) -> AsyncIterator[Database]:
    opened = Database.at(metadata_url)
    times = {"created_at": START, "updated_at": START}
    async with opened.write() as connection:
        user: dict[str, Any] = {"email": ME, "name": "", "role": "USER", "verified": True}
        values = {**user, "password_hash": "x", **times}
        known = {name: value for name, value in values.items() if name in users.c}
        await connection.execute(insert(users).values(id=1, **known))
        place = {"name": "w", "description": "", "owner_id": 1, **times}
        await connection.execute(insert(workspaces).values(id=1, **place))
        role = {"workspace_id": 1, "user_id": 1, "role": "OWNER", **times}
        await connection.execute(insert(members).values(**role))
    yield opened
    await opened.close()


async def due(store: ReportStore, db: Database) -> KeptReport:
    made = await store.add(1, NewReport(name="r", repeats="daily", hour=0, recipients=[ME]), START)
    assert made.due_at == LATER
    (found,) = await store.due(LATER)
    return found


async def test_two_who_make_it_at_the_same_time_mail_it_once(db: Database) -> None:
    mails = Mails()
    store = ReportStore(db, mails.put)
    report = await due(store, db)
    ended: list[KeptReport | None] = []

    async def finish() -> None:
        ended.append(await store.finish(report, MAIL, "", LATER, asked=False))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(finish)
        tasks.start_soon(finish)
    assert [one is None for one in ended].count(True) == 1
    assert mails.sent == [(ME, 1)]
    assert await store.due(LATER) == []
    assert (await store.get(1, report.id)).due_at == LATER + timedelta(days=1)


async def test_one_that_was_changed_meanwhile_is_not_mailed(db: Database) -> None:
    mails = Mails()
    store = ReportStore(db, mails.put)
    report = await due(store, db)
    await store.change(1, report.id, ReportPatch(kind="voice"), LATER)
    assert await store.finish(report, MAIL, "", LATER, asked=False) is None
    assert mails.sent == []


async def test_a_failure_is_told_in_the_row_and_waits_for_the_next_time(db: Database) -> None:
    mails = Mails()
    store = ReportStore(db, mails.put)
    report = await due(store, db)
    ended = await store.finish(report, None, "PDF: took too long", LATER, asked=False)
    assert ended is not None
    assert (ended.last_error, ended.due_at) == ("PDF: took too long", LATER + timedelta(days=1))
    assert mails.sent == []


async def test_who_asks_for_one_moves_none_that_is_due(db: Database) -> None:
    mails = Mails()
    store = ReportStore(db, mails.put)
    report = await due(store, db)
    ended = await store.finish(report, MAIL, "", LATER, asked=True)
    assert ended is not None
    assert (ended.due_at, ended.last_run_at, len(mails.sent)) == (LATER, LATER, 1)


async def test_nobody_is_left_and_the_row_says_so(db: Database) -> None:
    mails = Mails()
    store = ReportStore(db, mails.put)
    report = await due(store, db)
    async with db.write() as connection:
        await connection.execute(update(members).values(role="VIEWER"))
    ended = await store.finish(report, MAIL, "", LATER, asked=False)
    assert ended is not None
    assert (ended.last_error, mails.sent) == (NOBODY, [])
    with pytest.raises(Invalid, match="is no member"):
        await store.add(1, NewReport(name="r", recipients=[ME]), START)


async def test_what_is_of_a_deleted_workspace_is_not_due(db: Database) -> None:
    store = ReportStore(db, Mails().put)
    await due(store, db)
    async with db.write() as connection:
        await connection.execute(update(workspaces).values(deleted_at=START))
    assert await store.due(LATER) == []


async def test_what_was_mailed_is_forgotten_with_the_deliveries(db: Database) -> None:
    store = ReportStore(db, Mails().put)
    report = await due(store, db)
    await store.finish(report, MAIL, "", LATER, asked=False)
    await store.forget(LATER)
    async with db.read() as connection:
        assert len((await connection.execute(report_files.select())).all()) == 1
    await store.forget(LATER + timedelta(seconds=1))
    async with db.read() as connection:
        assert (await connection.execute(report_files.select())).all() == []
        assert len((await connection.execute(reports.select())).all()) == 1


async def test_a_workspace_that_is_deleted_while_its_report_is_made_mails_nobody(
    db: Database,
) -> None:
    mails = Mails()
    store = ReportStore(db, mails.put)
    report = await due(store, db)
    async with db.write() as connection:
        await connection.execute(update(workspaces).values(deleted_at=LATER))
    await store.finish(report, MAIL, "", LATER, asked=False)
    assert mails.sent == []


async def test_who_is_left_out_is_named(db: Database) -> None:
    mails = Mails()
    store = ReportStore(db, mails.put)
    async with db.write() as connection:
        known = (await connection.execute(select(users).where(users.c.id == 1))).one()._asdict()
        await connection.execute(
            insert(users).values(**known | {"id": 2, "email": "b@example.com"})
        )
        role = {"workspace_id": 1, "user_id": 2, "role": "USER"}
        await connection.execute(insert(members).values(**role, created_at=START, updated_at=START))
    both = [ME, "b@example.com"]
    report = await store.add(1, NewReport(name="r", recipients=both), START)
    async with db.write() as connection:
        await connection.execute(update(users).where(users.c.id == 2).values(email="c@example.com"))
    ended = await store.finish(report, MAIL, "", LATER, asked=True)
    assert ended is not None
    assert [to for to, _ in mails.sent] == [ME]
    assert ended.last_error == "not mailed to b@example.com: no USER of the workspace any more"


@pytest.mark.parametrize(
    "damage",
    [
        {"kind": "workspacd"},
        {"repeats": "dailx"},
        {"hour": 200},
        {"weekday": "non"},
        {"agent_ids": ["7"]},
        {"recipients": {}},
        {"days": -7},
    ],
)
async def test_a_damaged_row_costs_its_own_report_alone(
    db: Database, damage: dict[str, Any]
) -> None:
    store = ReportStore(db, Mails().put)
    well = await store.add(1, NewReport(name="r", repeats="daily", hour=0, recipients=[ME]), START)
    ill = await store.add(1, NewReport(name="x", repeats="daily", hour=0, recipients=[ME]), START)
    async with db.write() as connection:
        await connection.execute(update(reports).where(reports.c.id == ill.id).values(damage))
    await check_damaged(store, well, ill)


# PostgreSQL keeps no such value.
@pytest.mark.parametrize("metadata_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "damage", ["recipients='[\"'", "updated_at='2026-x'", "name=CAST(x'80ff' AS TEXT)"]
)
async def test_the_same_where_a_byte_is_none_of_its_type(db: Database, damage: str) -> None:
    store = ReportStore(db, Mails().put)
    new = NewReport(name="r", repeats="daily", hour=0, recipients=[ME])
    well, ill = await store.add(1, new, START), await store.add(1, new, START)
    async with db.write() as connection:
        await connection.execute(text(f"UPDATE reports SET {damage} WHERE id={ill.id}"))
    await check_damaged(store, well, ill)


async def check_damaged(store: ReportStore, well: KeptReport, ill: KeptReport) -> None:
    listed = await store.all_of(1)
    assert [(one.id, one.last_error) for one in listed] == [(well.id, ""), (ill.id, DAMAGED)]
    assert {one.id: one.last_error for one in await store.due(LATER)} == {
        well.id: "",
        ill.id: DAMAGED,
    }
    await store.set_aside(ill)
    assert [one.id for one in await store.due(LATER)] == [well.id]
    anew = ReportPatch(name="again", repeats="daily", hour=0, recipients=[ME], enabled=True)
    mended = await store.change(1, ill.id, anew, START)
    assert (mended.last_error, mended.due_at) == ("", LATER)
    await store.delete(1, ill.id)
    assert [one.id for one in await store.all_of(1)] == [well.id]
