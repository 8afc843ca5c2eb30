"""Alerts that began together: of one agent, or of one target seen by several. SQL."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, Select, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.alerts import alerts, incidents
from forepost.kit.errors import NotFound
from forepost.wire.rest.alerts import Incident

TOGETHER: Final = timedelta(minutes=10)
"""An alert joins an open incident whose last alert is no older."""


class Incidents:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(
        self, workspace_id: int, *, is_open: bool | None, limit: int, offset: int
    ) -> tuple[list[Incident], int]:
        """Newest first."""
        mine = select(incidents).where(incidents.c.workspace_id == workspace_id)
        if is_open is not None:
            ended = incidents.c.resolved_at
            mine = mine.where(ended.is_(None) if is_open else ended.is_not(None))
        async with self._db.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(mine.subquery()))
            page = mine.order_by(incidents.c.id.desc()).limit(limit).offset(offset)
            rows = (await connection.execute(page)).all()
        return [_incident(row) for row in rows], total or 0

    async def get(self, workspace_id: int, incident_id: int) -> Incident:
        query = select(incidents).where(
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


async def join(
    connection: AsyncConnection,
    workspace_id: int,
    *,
    agent_id: int | None,
    target: str,
    severity: str,
    title: str,
    now: datetime,
) -> int | None:
    """Join the open incident of the agent or the target, or open one; its id.

    The first alert leaves open which of the two it is; the next one tells. None for an alert that
    is of neither: it is about the workspace.
    """
    if agent_id is None and not target:
        return None
    query = (
        select(incidents)
        .where(
            incidents.c.workspace_id == workspace_id,
            incidents.c.resolved_at.is_(None),
            incidents.c.last_alert_at >= now - TOGETHER,
            or_(
                and_(incidents.c.agent_id.is_not(None), incidents.c.agent_id == agent_id),
                and_(incidents.c.target != "", incidents.c.target == target),
            ),
        )
        .order_by(incidents.c.id)
        .limit(1)
    )
    found = (await connection.execute(query)).one_or_none()
    if found is None:
        statement = (
            insert(incidents)
            .values(
                workspace_id=workspace_id,
                title=title,
                agent_id=agent_id,
                target=target,
                severity=severity,
                alerts=1,
                opened_at=now,
                last_alert_at=now,
            )
            .returning(incidents.c.id)
        )
        return int((await connection.execute(statement)).scalar_one())
    await connection.execute(
        update(incidents)
        .where(incidents.c.workspace_id == workspace_id, incidents.c.id == found.id)
        .values(
            agent_id=found.agent_id if found.agent_id == agent_id else None,
            target=found.target if found.target == target else "",
            severity="critical" if "critical" in (severity, found.severity) else severity,
            alerts=found.alerts + 1,
            last_alert_at=now,
        )
    )
    return int(found.id)


async def settle(
    connection: AsyncConnection, workspace_id: int, incident_id: int | None, now: datetime
) -> None:
    """An alert of the incident was resolved: it is over when that was the last."""
    if incident_id is None:
        return
    still_open = select(alerts.c.id).where(
        alerts.c.workspace_id == workspace_id,
        alerts.c.incident_id == incident_id,
        alerts.c.resolved_at.is_(None),
    )
    await connection.execute(
        update(incidents)
        .where(
            incidents.c.workspace_id == workspace_id,
            incidents.c.id == incident_id,
            incidents.c.resolved_at.is_(None),
            ~still_open.exists(),
        )
        .values(resolved_at=now)
    )


def _incident(row: Row[Any]) -> Incident:
    return Incident(
        id=row.id,
        workspace_id=row.workspace_id,
        title=row.title,
        scope="target" if row.agent_id is None else "agent",
        agent_id=row.agent_id,
        target=row.target,
        severity=row.severity,
        opened_at=row.opened_at,
        resolved_at=row.resolved_at,
        alerts=row.alerts,
    )
