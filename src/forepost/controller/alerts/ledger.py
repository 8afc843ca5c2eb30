"""SQL of alerts: each opens, worsens and resolves with its notices in one transaction."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.access.actor import Actor
from forepost.controller.alerts.acknowledgements import change_by_hand, note
from forepost.controller.alerts.alert_rows import line_of_subject, shown
from forepost.controller.alerts.change import Change, EndedAlert, Ending, Open
from forepost.controller.alerts.incident_notices import IncidentNotices
from forepost.controller.alerts.ledger_page import LedgerPage, open_of_rule
from forepost.controller.alerts.metrics import Line
from forepost.controller.alerts.notices import AlertNotices, channels_of
from forepost.controller.alerts.reach import Reach
from forepost.controller.alerts.row_lookup import RowLookup
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.alerts import alerts
from forepost.kit.errors import Conflict, NotFound
from forepost.wire.rest.alert_course import AlertPatch
from forepost.wire.rest.alerts import Alert
from forepost.wire.rest.notify import Channel, Ended

MOST_RECALLED: Final = 20_000
"""Alerts that are over whose cooldown a restart looks for."""


class Ledger:
    def __init__(self, db: Database, notices: AlertNotices, threads: IncidentNotices) -> None:
        self._db, self._notices, self._threads = db, notices, threads

    async def write(self, changes: Sequence[Change], now: datetime) -> list[Alert | None]:
        """Write all of them, or none; once, however often it is tried. Return the alerts.

        None: the rule, or what it is about, is gone, or the alert is not open any more.
        """
        async with self._page(now) as (_, page):
            return await page.write(changes)

    async def resolve_rule(
        self, workspace_id: int, rule_id: int, ended: Ended, now: datetime
    ) -> list[Alert]:
        """All open alerts of a rule that is changed, switched off or removed."""
        async with self._page(now) as (connection, page):
            rows = (await connection.execute(open_of_rule(workspace_id, rule_id))).all()
            return [await page.resolve(row, Ending(ended)) for row in rows]

    async def rule_changed(self, workspace_id: int, rule_id: int, now: datetime) -> None:
        """What is open, and what waits to be told of it, is told where the rule tells now."""
        async with self._page(now) as (connection, page):
            lookup = RowLookup(connection)
            rule = await lookup.rule(workspace_id, rule_id)
            if rule is not None:
                await self._notices.rule_changed(connection, rule)
                await Reach(lookup, page, self._notices).of_rule(rule)

    async def channel_changed(self, workspace_id: int, channel_id: int, now: datetime) -> None:
        """A named channel is enabled, disabled or gone, or has other addresses."""
        async with self._page(now) as (connection, page):
            reach = Reach(RowLookup(connection), page, self._notices)
            await reach.of_channel(workspace_id, channel_id)

    async def set_status(
        self,
        workspace_id: int,
        alert_id: int,
        patch: AlertPatch,
        by: Actor,
        user_id: int,
        now: datetime,
    ) -> tuple[Alert, Line]:
        """By hand. What is resolved stays so, and an acknowledgement keeps its first name."""
        async with self._page(now) as (connection, page):
            query = select(alerts).where(
                alerts.c.workspace_id == workspace_id, alerts.c.id == alert_id
            )
            row = (await connection.execute(query)).one_or_none()
            if row is None:
                raise NotFound("alert not found")
            line = line_of_subject(row.subject)
            if row.status == "resolved":
                if patch.status != "resolved":
                    raise Conflict("alert: it is resolved already")
                return shown(row), line
            if patch.status == "resolved":
                await note(connection, row, "resolved", by, now, text=patch.note)
                return await page.resolve(row, Ending("by_hand")), line
            changed = await change_by_hand(connection, row, patch, by, user_id, now)
            return shown(changed), line

    async def tell_due(self, now: datetime) -> int:
        """Tell what is due of incidents though nothing happens; return of how many."""
        async with self._db.read() as connection:
            found = await self._threads.due(connection, now)
        for incident_id in found:
            async with self._db.write() as connection:
                await self._threads.settle(RowLookup(connection), [incident_id], now)
        return len(found)

    async def ended_since(self, since: datetime) -> list[EndedAlert]:
        """The newest of each line that is over, newest first."""
        query = (
            select(alerts.c.alert_rule_id, alerts.c.subject, alerts.c.resolved_at, alerts.c.ended)
            .where(alerts.c.resolved_at >= since, alerts.c.is_replayed.is_(False))
            .order_by(alerts.c.resolved_at.desc())
            .limit(MOST_RECALLED)
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            EndedAlert(
                row.alert_rule_id,
                line_of_subject(row.subject),
                row.resolved_at,
                row.ended == "by_hand",
            )
            for row in rows
        ]

    async def all_open(self) -> list[Open]:
        query = select(alerts).where(alerts.c.resolved_at.is_(None))
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Open(
                row.alert_rule_id,
                line_of_subject(row.subject),
                row.metric,
                row.severity,
                row.baseline,
                row.last_value,
                row.worst_value,
            )
            for row in rows
        ]

    async def channels_of(self, workspace_id: int, rule_id: int) -> tuple[str, list[Channel]]:
        """A rule's name and where it tells. Raises NotFound."""
        async with self._db.read() as connection:
            lookup = RowLookup(connection)
            rule = await lookup.rule(workspace_id, rule_id)
            if rule is None:
                raise NotFound("alert rule not found")
            return rule.name, await channels_of(connection, rule)

    @asynccontextmanager
    async def _page(self, now: datetime) -> AsyncIterator[tuple[AsyncConnection, LedgerPage]]:
        """Give a transaction that ends by telling what follows from it."""
        async with self._db.write() as connection:
            page = LedgerPage(RowLookup(connection), self._notices, self._threads, now)
            yield connection, page
            await page.settle()
