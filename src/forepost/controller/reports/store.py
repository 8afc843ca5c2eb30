"""SQL of reports, and of what was made of them and is mailed."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Select, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.mailed_members import mailed_members
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.reports import report_files, reports
from forepost.controller.db.tables.workspaces import workspaces
from forepost.controller.email_address import canonical
from forepost.controller.reports.kept_rows import DAMAGED, kept_report, read_each
from forepost.controller.reports.schedule import check_schedule, next_due
from forepost.kit.errors import Invalid, NotFound
from forepost.wire.base import patched
from forepost.wire.rest.reports import KeptReport, NewReport, ReportPatch

MOST_DUE: Final = 20
"""That are looked at together."""
NOBODY: Final = "nobody is mailed: no recipient is a USER of the workspace any more"
LEFT_OUT: Final = "not mailed to {}: no USER of the workspace any more"


class ReportMail(msgspec.Struct, frozen=True, kw_only=True):
    """What the recipients of a report are mailed."""

    subject: str
    text: str
    html: str
    file_name: str = ""
    """"": nothing is attached."""
    media_type: str = ""
    content: bytes = b""


PutMail = Callable[[AsyncConnection, int, str, ReportMail, int | None], Awaitable[None]]
"""(connection, workspace id, address, mail, id of the file): send it after the commit."""


class ReportStore:
    def __init__(self, db: Database, put: PutMail) -> None:
        self._db, self._put = db, put

    async def all_of(self, workspace_id: int) -> list[KeptReport]:
        which = _which().where(reports.c.workspace_id == workspace_id).order_by(reports.c.id)
        async with self._db.read() as connection:
            return await read_each(connection, which)

    async def get(self, workspace_id: int, report_id: int) -> KeptReport:
        """Raises NotFound."""
        async with self._db.read() as connection:
            return await _one(connection, workspace_id, report_id)

    async def add(self, workspace_id: int, new: NewReport, now: datetime) -> KeptReport:
        """Raises Invalid and Conflict."""
        async with self._db.write_more(reports, workspace_id) as connection:
            new = await _checked(connection, workspace_id, new)
            statement = insert(reports).values(
                workspace_id=workspace_id,
                due_at=_due(new, now),
                last_error="",
                created_at=now,
                updated_at=now,
                **msgspec.structs.asdict(new),
            )
            row = (await connection.execute(statement.returning(*reports.c))).one()
        return kept_report(row)

    async def change(
        self, workspace_id: int, report_id: int, patch: ReportPatch, now: datetime
    ) -> KeptReport:
        """Raises Invalid and NotFound."""
        async with self._db.write() as connection:
            known = await _one(connection, workspace_id, report_id)
            fields = {name: getattr(known, name) for name in NewReport.__struct_fields__}
            new = await _checked(connection, workspace_id, patched(NewReport(**fields), patch))
            statement = (
                update(reports)
                .where(reports.c.workspace_id == workspace_id, reports.c.id == report_id)
                .values(**_mended(known), due_at=_due(new, now), updated_at=now)
                .values(**msgspec.structs.asdict(new))
                .returning(*reports.c)
            )
            return kept_report((await connection.execute(statement)).one())

    async def delete(self, workspace_id: int, report_id: int) -> None:
        """Raises NotFound."""
        async with self._db.write() as connection:
            await _one(connection, workspace_id, report_id)
            await connection.execute(
                delete(reports).where(
                    reports.c.workspace_id == workspace_id, reports.c.id == report_id
                )
            )

    async def due(self, now: datetime) -> list[KeptReport]:
        """Of all workspaces that are there, the longest due first."""
        return await self._waiting(reports.c.due_at <= now)

    async def of_the_future(self, now: datetime) -> list[KeptReport]:
        """Those that were made or changed after `now`: the clock ran ahead, and they are due late
        for that.
        """
        later = or_(reports.c.last_run_at > now, reports.c.updated_at > now)
        return await self._waiting(and_(reports.c.due_at > now, later))

    async def _waiting(self, when: ColumnElement[bool]) -> list[KeptReport]:
        which = (
            _which()
            .join(workspaces, workspaces.c.id == reports.c.workspace_id)
            .where(when, workspaces.c.deleted_at.is_(None))
            .order_by(reports.c.due_at, reports.c.id)
            .limit(MOST_DUE)
        )
        async with self._db.read() as connection:
            return await read_each(connection, which)

    async def set_aside(self, report: KeptReport) -> None:
        """A damaged one is due no more, until somebody sets it anew."""
        own = update(reports).where(reports.c.id == report.id)
        async with self._db.write() as connection:
            await connection.execute(own.values(due_at=None))

    async def finish(
        self, report: KeptReport, mail: ReportMail | None, error: str, now: datetime, *, asked: bool
    ) -> KeptReport | None:
        """What was due is done, and mailed, in one: who ends before that does it anew, and who
        comes second does nothing. None: it is another one now, and nobody is mailed.

        `asked`: somebody asked for it, and it stays due as it was.
        """
        due = report.due_at if asked else _due(report, now)
        statement = (
            update(reports)
            .where(
                reports.c.workspace_id == report.workspace_id,
                reports.c.id == report.id,
                reports.c.updated_at == report.updated_at,
                reports.c.due_at.is_(None)
                if report.due_at is None
                else reports.c.due_at == report.due_at,
            )
            .values(due_at=due, last_run_at=now, last_error=error)
            .returning(*reports.c)
        )
        async with self._db.write() as connection:
            row = (await connection.execute(statement)).one_or_none()
            if row is None:
                return None
            left_out = "" if mail is None else await self._mail(connection, report, mail, now)
            if left_out:
                own = reports.c.id == report.id
                named = update(reports).where(own).values(last_error=left_out)
                row = (await connection.execute(named.returning(*reports.c))).one()
        return kept_report(row)

    async def forget(self, before: datetime) -> None:
        """What was mailed before."""
        async with self._db.write() as connection:
            await connection.execute(delete(report_files).where(report_files.c.made_at < before))

    async def _mail(
        self, connection: AsyncConnection, report: KeptReport, mail: ReportMail, now: datetime
    ) -> str:
        """Return who is not mailed, and why."""
        members = await _mailed(connection, report.workspace_id)
        told = [address for address in report.recipients if address in members]
        if not told:
            return NOBODY
        file_id = None
        if mail.file_name:
            kept = insert(report_files).values(
                workspace_id=report.workspace_id,
                name=mail.file_name,
                media_type=mail.media_type,
                content=mail.content,
                made_at=now,
            )
            file_id = await connection.scalar(kept.returning(report_files.c.id))
        for address in told:
            await self._put(connection, report.workspace_id, address, mail, file_id)
        gone = [address for address in report.recipients if address not in told]
        return LEFT_OUT.format(", ".join(gone)) if gone else ""


def _which() -> Select[int, int]:
    return select(reports.c.id, reports.c.workspace_id)


async def _one(connection: AsyncConnection, workspace_id: int, report_id: int) -> KeptReport:
    """Raises NotFound."""
    own = reports.c.workspace_id == workspace_id, reports.c.id == report_id
    found = await read_each(connection, _which().where(*own))
    if not found:
        raise NotFound("report not found")
    return found[0]


def _mended(known: KeptReport) -> dict[str, Any]:
    """What somebody who sets a damaged one anew does not say."""
    if known.last_error != DAMAGED:
        return {}
    return {"last_run_at": None, "last_error": "", "created_at": known.created_at}


async def _checked(connection: AsyncConnection, workspace_id: int, report: NewReport) -> NewReport:
    """With each address once, in its one form. Raises Invalid."""
    check_schedule(report)
    addresses = [
        canonical(text, f"recipients[{place}]") for place, text in enumerate(report.recipients)
    ]
    members = await _mailed(connection, workspace_id)
    for place, address in enumerate(addresses):
        if address not in members:
            raise Invalid(
                f"recipients[{place}]: {address} is no member of the workspace who is USER or more"
            )
    query = select(agents.c.id).where(
        agents.c.workspace_id == workspace_id, agents.c.deleted_at.is_(None)
    )
    if report.agent_ids:
        there = set(await connection.scalars(query.where(agents.c.id.in_(report.agent_ids))))
        for place, agent_id in enumerate(report.agent_ids):
            if agent_id not in there:
                raise Invalid(f"agent_ids[{place}]: there is no agent {agent_id} here")
    unique = [*dict.fromkeys(addresses)]
    agent_ids = [*dict.fromkeys(report.agent_ids)]
    return msgspec.structs.replace(report, recipients=unique, agent_ids=agent_ids)


async def _mailed(connection: AsyncConnection, workspace_id: int) -> Sequence[str]:
    return (await connection.scalars(mailed_members(workspace_id))).all()


def _due(report: NewReport, now: datetime) -> datetime | None:
    """What nobody is mailed is not made by itself."""
    return next_due(report, now) if report.enabled and report.recipients else None
