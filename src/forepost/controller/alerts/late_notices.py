"""The beginning of an alert that is in no incident, told when quiet hours are over. SQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.alert_course import alert_reminders


async def tell_later(connection: AsyncConnection, alert: Row[Any], at: datetime) -> None:
    """Have the beginning of an alert told then, if it is open still."""
    await connection.execute(delete(alert_reminders).where(alert_reminders.c.alert_id == alert.id))
    await connection.execute(
        insert(alert_reminders).values(
            alert_id=alert.id,
            workspace_id=alert.workspace_id,
            due_at=at,
            is_told=False,
            reminders=0,
        )
    )
