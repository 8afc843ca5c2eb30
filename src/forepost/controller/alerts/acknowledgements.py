"""What people do with alerts, each with name, note and time. SQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.access.actor import Actor
from forepost.controller.alerts.alert_rows import change_alert, shown
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.alert_course import alert_notes
from forepost.controller.db.tables.alerts import alerts
from forepost.kit.errors import Conflict, Invalid
from forepost.wire.rest.alert_course import AlertPatch
from forepost.wire.rest.alerts import Alert

MOST_NOTES: Final = 1_000
"""Of an alert."""
EXPIRED_AT_ONCE: Final = 200
_NONE: Final = {
    "status": "active",
    "acknowledged_at": None,
    "acknowledged_by": None,
    "acknowledged_name": "",
    "acknowledged_until": None,
}

Done = Literal[
    "acknowledged",
    "returned",
    "expired",
    "resolved",
    "muted",
    "unmuted",
    "worse",
    "eased",
    "escalated",
]


def check_patch(patch: AlertPatch) -> None:
    """Raises Invalid."""
    if patch.minutes is not None and patch.status != "acknowledged":
        raise Invalid("minutes: only with status acknowledged")


async def change_by_hand(
    connection: AsyncConnection,
    row: Row[Any],
    patch: AlertPatch,
    by: Actor,
    user_id: int,
    now: datetime,
) -> Row[Any]:
    """Acknowledge an alert that is open, or take that back. The first keeps his name on it."""
    if patch.status == "active":
        if row.status == "active":
            return row
        await note(connection, row, "returned", by, now, text=patch.note)
        return await change_alert(connection, row.workspace_id, row.id, **_NONE, updated_at=now)
    until = None if patch.minutes is None else now + timedelta(minutes=patch.minutes)
    is_first = row.status != "acknowledged"
    says_no_more = not patch.note and until == row.acknowledged_until
    if not is_first and says_no_more and row.acknowledged_name == by.signature:
        return row
    await note(connection, row, "acknowledged", by, now, text=patch.note, until=until)
    values: dict[str, Any] = {"acknowledged_until": until, "updated_at": now}
    if is_first:
        values |= {
            "status": "acknowledged",
            "acknowledged_at": now,
            "acknowledged_by": user_id,
            "acknowledged_name": by.signature,
        }
    return await change_alert(connection, row.workspace_id, row.id, **values)


async def note(
    connection: AsyncConnection,
    alert: Row[Any] | Alert,
    done: Done,
    by: Actor | None,
    now: datetime,
    *,
    text: str = "",
    until: datetime | None = None,
) -> None:
    """Keep what was done. Raises Conflict where there is too much already."""
    if by is not None:
        query = select(func.count()).where(alert_notes.c.alert_id == alert.id)
        if (await connection.scalar(query) or 0) >= MOST_NOTES:
            raise Conflict(f"an alert has {MOST_NOTES:,} notes at most")
    await connection.execute(
        insert(alert_notes).values(
            workspace_id=alert.workspace_id,
            alert_id=alert.id,
            done=done,
            name="" if by is None else by.signature,
            user_id=None if by is None else by.user_id,
            note=text,
            until=until,
            at=now,
        )
    )


async def expire(db: Database, now: datetime) -> Sequence[Alert]:
    """Take back the acknowledgements whose time is over."""
    due = select(alerts).where(
        alerts.c.resolved_at.is_(None),
        alerts.c.status == "acknowledged",
        alerts.c.acknowledged_until <= now,
    )
    async with db.read() as connection:
        if (await connection.execute(due.limit(1))).first() is None:
            return []
    found: list[Alert] = []
    async with db.write() as connection:
        for row in (await connection.execute(due.limit(EXPIRED_AT_ONCE))).all():
            await note(connection, row, "expired", None, now)
            values = update(alerts).where(alerts.c.id == row.id).values(**_NONE, updated_at=now)
            changed = await connection.execute(values.returning(*alerts.c))
            found.append(shown(changed.one()))
    return found
