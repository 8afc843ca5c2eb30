"""What happened to an alert, in order. SQL."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.alert_course import alert_notes, suppressed_alerts
from forepost.controller.db.tables.alerts import alerts
from forepost.controller.db.tables.channels import notice_channels
from forepost.controller.db.tables.deliveries import deliveries
from forepost.kit.errors import NotFound
from forepost.wire.disclosure import public_channel
from forepost.wire.rest.alert_course import AlertEvent

MOST_OF_A_KIND: Final = 1_000
"""Of what was told, and of what people did; the newest."""
_ORDER: Final = ("opened", "worse", "eased", "suppressed", "acknowledged", "told", "ended")


class AlertHistory:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, workspace_id: int, alert_id: int) -> list[AlertEvent]:
        """Raises NotFound."""
        query = select(alerts).where(alerts.c.workspace_id == workspace_id, alerts.c.id == alert_id)
        async with self._db.read() as connection:
            alert = (await connection.execute(query)).one_or_none()
            if alert is None:
                raise NotFound("alert not found")
            found = await _done(connection, alert)
            # Its text is that of its newest severity.
            changed = any(event.what in ("worse", "eased") for event in found)
            text = "" if changed else alert.message
            found.append(AlertEvent(at=alert.created_at, what="opened", note=text))
            found += await _told(connection, alert)
            found += await _suppressed(connection, alert)
        if alert.resolved_at is not None:
            found.append(AlertEvent(at=alert.resolved_at, what="ended", ended=alert.ended))
        return sorted(found, key=_place)


async def _done(connection: AsyncConnection, alert: Row[Any]) -> list[AlertEvent]:
    query = (
        select(alert_notes)
        .where(
            alert_notes.c.workspace_id == alert.workspace_id,
            alert_notes.c.alert_id == alert.id,
        )
        .order_by(alert_notes.c.id.desc())
        .limit(MOST_OF_A_KIND)
    )
    return [
        AlertEvent(at=row.at, what=row.done, name=row.name, note=row.note, until=row.until)
        for row in (await connection.execute(query)).all()
    ]


async def _suppressed(connection: AsyncConnection, alert: Row[Any]) -> list[AlertEvent]:
    query = (
        select(suppressed_alerts)
        .where(
            suppressed_alerts.c.workspace_id == alert.workspace_id,
            suppressed_alerts.c.streak == alert.streak,
            suppressed_alerts.c.kind == "worsen",
            suppressed_alerts.c.first_at >= alert.created_at,
        )
        .order_by(suppressed_alerts.c.id.desc())
        .limit(MOST_OF_A_KIND)
    )
    if alert.resolved_at is not None:
        query = query.where(suppressed_alerts.c.first_at <= alert.resolved_at)
    return [
        AlertEvent(at=row.first_at, what="suppressed", note=row.message, window_id=row.window_id)
        for row in (await connection.execute(query)).all()
    ]


async def _told(connection: AsyncConnection, alert: Row[Any]) -> list[AlertEvent]:
    """By itself, or with the incident that it is in, while it was open."""
    mine = deliveries.c.alert_id == alert.id
    if alert.incident_id is not None and not alert.is_alone:
        end = alert.resolved_at
        with_others = (deliveries.c.incident_id == alert.incident_id) & (
            deliveries.c.created_at >= alert.created_at
        )
        if end is not None:
            with_others &= deliveries.c.created_at <= end
        mine = or_(mine, with_others)
    query = (
        select(deliveries, notice_channels.c.name.label("channel"))
        .outerjoin(
            notice_channels,
            (notice_channels.c.id == deliveries.c.channel_id)
            & (notice_channels.c.workspace_id == deliveries.c.workspace_id),
        )
        .where(deliveries.c.workspace_id == alert.workspace_id, mine)
        .order_by(deliveries.c.id.desc())
        .limit(MOST_OF_A_KIND)
    )
    return [
        AlertEvent(
            at=row.sent_at or row.created_at,
            what="told",
            event=row.event,
            channel=row.channel or _masked(row.kind, row.destination),
            state=row.state,
        )
        for row in (await connection.execute(query)).all()
    ]


def _masked(kind: str, destination: str) -> str:
    """To whom that has no name, as every member may see it."""
    if kind == "email":
        return f"***@{destination.rpartition('@')[2]}"
    return public_channel(destination)


def _place(event: AlertEvent) -> tuple[datetime, int]:
    order = _ORDER.index(event.what) if event.what in _ORDER else _ORDER.index("acknowledged")
    return event.at, order
