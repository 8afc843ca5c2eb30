"""Whoever makes a report that is due: it is mailed once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import anyio
import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.reports import report_files, reports
from forepost.controller.db.tables.workspaces import members, workspaces
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
