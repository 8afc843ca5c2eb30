"""Incidents as people ask for them. SQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, or_, select

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.alerts import alerts, incidents
from forepost.kit.errors import NotFound
from forepost.wire.rest.incidents import Incident

_open_alerts = (
    select(func.count(alerts.c.id))
    .where(alerts.c.incident_id == incidents.c.id, alerts.c.resolved_at.is_(None))
    .scalar_subquery()
    .label("open_alerts")
)


class Incidents:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(
        self, workspace_id: int, *, is_open: bool | None, limit: int, offset: int
    ) -> tuple[list[Incident], int]:
        """Newest first."""
        mine = select(incidents, _open_alerts).where(incidents.c.workspace_id == workspace_id)
        if is_open is not None:
            ended = incidents.c.resolved_at
            mine = mine.where(ended.is_(None) if is_open else ended.is_not(None))
        async with self._db.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(mine.subquery()))
            page = mine.order_by(incidents.c.id.desc()).limit(limit).offset(offset)
            rows = (await connection.execute(page)).all()
        return [_incident(row) for row in rows], total or 0

    async def between(
        self, workspace_id: int, start: datetime, end: datetime, limit: int
    ) -> list[Incident]:
        """Those that were open at some time between the two, newest first."""
        ended = incidents.c.resolved_at
        query = (
            select(incidents, _open_alerts)
            .where(
                incidents.c.workspace_id == workspace_id,
                incidents.c.opened_at < end,
                or_(ended.is_(None), ended > start),
            )
            .order_by(incidents.c.id.desc())
            .limit(limit)
        )
        async with self._db.read() as connection:
            return [_incident(row) for row in (await connection.execute(query)).all()]

    async def get(self, workspace_id: int, incident_id: int) -> Incident:
        query = select(incidents, _open_alerts).where(
            incidents.c.workspace_id == workspace_id, incidents.c.id == incident_id
        )
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound("incident not found")
        return _incident(row)

    async def open_counts(self) -> dict[int, int]:
        """Workspace to how many are open; those without any are left out."""
        query: Select[Any] = (
            select(incidents.c.workspace_id, func.count())
            .where(incidents.c.resolved_at.is_(None))
            .group_by(incidents.c.workspace_id)
        )
        async with self._db.read() as connection:
            return {row[0]: row[1] for row in (await connection.execute(query)).all()}


def _incident(row: Row[Any]) -> Incident:
    return Incident(**{f: row._mapping[f] for f in Incident.__struct_fields__})  # noqa: SLF001 - SQLAlchemy's name for it
