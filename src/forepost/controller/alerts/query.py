"""SQL of alerts as people ask for them."""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Row, Select, func, select

from forepost.controller.alerts.alert_rows import line_of_subject, shown
from forepost.controller.alerts.metrics import Line
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.alerts import alert_changes, alerts
from forepost.controller.db.tables.workspaces import members, workspaces
from forepost.kit.errors import Invalid, NotFound
from forepost.wire.rest.alerts import Alert


class AlertFilter(msgspec.Struct, frozen=True, kw_only=True):
    """None admits everything."""

    status: str | None = None
    severity: str | None = None
    probe_id: int | None = None
    agent_id: int | None = None
    rule_id: int | None = None
    incident_id: int | None = None


Now = Callable[[Alert, Line], Alert]
"""The same alert with what is known of it now."""


class AlertQueries:
    def __init__(self, db: Database, now: Now) -> None:
        self._db, self._now = db, now

    async def in_workspace(
        self, workspace_id: int, only: AlertFilter, limit: int, offset: int
    ) -> tuple[list[Alert], int]:
        mine = select(alerts).where(alerts.c.workspace_id == workspace_id)
        return await self._page(_filtered(mine, only), limit, offset)

    async def changed(
        self, workspace_id: int, since: int, only: AlertFilter, limit: int
    ) -> tuple[list[Alert], int, int]:
        """Alerts that were opened or changed after a number, in that order; how many there are, and
        the number to go on from. Raises Invalid.
        """
        number = alert_changes.c.id
        mine = (
            select(alerts, number.label("change"))
            .join(alert_changes, alert_changes.c.alert_id == alerts.c.id)
            .where(alert_changes.c.workspace_id == workspace_id, number > since)
        )
        filtered = _filtered(mine, only)
        async with self._db.read() as connection:
            newest = await connection.scalar(select(func.max(number))) or 0
            if since > newest:
                raise Invalid("since: is ahead of all changes; begin with since=0")
            total = await connection.scalar(select(func.count()).select_from(filtered.subquery()))
            rows = (await connection.execute(filtered.order_by(number).limit(limit))).all()
        # A page that is not full has passed all that there was, of whatever kind.
        then = rows[-1].change if len(rows) == limit else newest
        return [self._shown(row) for row in rows], total or 0, then

    async def of_caller(
        self, user_id: int, only: AlertFilter, limit: int, offset: int
    ) -> tuple[list[Alert], int]:
        """Of all workspaces that a person is a member of."""
        return await self._page(_filtered(_of(user_id), only), limit, offset)

    async def active(self, user_id: int) -> int:
        mine = _of(user_id).where(alerts.c.status == "active")
        async with self._db.read() as connection:
            return (await connection.scalar(select(func.count()).select_from(mine.subquery()))) or 0

    async def one(self, user_id: int, alert_id: int) -> Alert:
        """Raises NotFound, alike for one that is not there and one of others."""
        query = _of(user_id).where(alerts.c.id == alert_id)
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound("alert not found")
        return self._shown(row)

    async def one_of(self, workspace_id: int, alert_id: int) -> Alert | None:
        query = select(alerts).where(alerts.c.workspace_id == workspace_id, alerts.c.id == alert_id)
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else self._shown(row)

    async def with_line(self, workspace_id: int, alert_id: int) -> tuple[Alert, Line]:
        """With what it is about in full. Raises NotFound."""
        query = select(alerts).where(alerts.c.workspace_id == workspace_id, alerts.c.id == alert_id)
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound("alert not found")
        return self._shown(row), line_of_subject(row.subject)

    async def _page(self, mine: Select[Any], limit: int, offset: int) -> tuple[list[Alert], int]:
        """Newest first."""
        async with self._db.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(mine.subquery()))
            page = mine.order_by(alerts.c.triggered_at.desc(), alerts.c.id.desc())
            rows = (await connection.execute(page.limit(limit).offset(offset))).all()
        return [self._shown(row) for row in rows], total or 0

    def _shown(self, row: Row[Any]) -> Alert:
        return self._now(shown(row), line_of_subject(row.subject))


def _of(user_id: int) -> Select[Any]:
    return (
        select(alerts)
        .join(members, members.c.workspace_id == alerts.c.workspace_id)
        .join(workspaces, workspaces.c.id == alerts.c.workspace_id)
        .where(members.c.user_id == user_id, workspaces.c.deleted_at.is_(None))
    )


def _filtered(query: Select[Any], only: AlertFilter) -> Select[Any]:
    for column, wanted in (
        (alerts.c.status, only.status),
        (alerts.c.severity, only.severity),
        (alerts.c.probe_id, only.probe_id),
        (alerts.c.agent_id, only.agent_id),
        (alerts.c.alert_rule_id, only.rule_id),
        (alerts.c.incident_id, only.incident_id),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    return query
