"""Which alerts are told each by itself, and how often one may be. SQL."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.flaps import MOST_TIMES, SPAN, STEADY
from forepost.controller.db.tables.alert_course import alert_notes
from forepost.controller.db.tables.alerts import alerts

MOST_ALONE: Final = 20
"""Alerts of a rule that are told each by itself in `SPAN`; of the rest the incidents are."""


async def is_told_alone(
    connection: AsyncConnection, rule: Row[Any], streak: str, now: datetime
) -> bool:
    """Whether an alert that opens is told by itself. What comes back again and again is told of as
    an incident.
    """
    if rule.tells != "alerts":
        return False
    query = select(func.count(alerts.c.id)).where(
        alerts.c.workspace_id == rule.workspace_id,
        alerts.c.alert_rule_id == rule.id,
        alerts.c.is_alone.is_(True),
        alerts.c.created_at >= now - SPAN,
    )
    if ((await connection.scalar(query)) or 0) >= MOST_ALONE:
        return False
    return await _lately(connection, streak, now) < MOST_TIMES


async def held_as_flapping(
    connection: AsyncConnection, streak: str, now: datetime
) -> datetime | None:
    """When the beginning of what is in no incident is told, if it is so still; None: at once."""
    return now + STEADY if await _lately(connection, streak, now) >= MOST_TIMES else None


async def held_as_restless(
    connection: AsyncConnection, alert: Row[Any], now: datetime
) -> datetime | None:
    """When the severity of an alert that is told by itself is told, if it is so still; None: at
    once. It has risen and fallen too often by then.
    """
    query = select(func.count(alert_notes.c.id)).where(
        alert_notes.c.alert_id == alert.id,
        alert_notes.c.done.in_(("worse", "eased")),
        alert_notes.c.at >= now - SPAN,
    )
    changes = (await connection.scalar(query)) or 0
    return now + STEADY if changes >= 2 * MOST_TIMES else None


async def _lately(connection: AsyncConnection, streak: str, now: datetime) -> int:
    """How many alerts of it there were within `SPAN`."""
    query = select(func.count(alerts.c.id)).where(
        alerts.c.streak == streak,
        alerts.c.is_alone.is_(True),
        alerts.c.resolved_at >= now - SPAN,
    )
    return (await connection.scalar(query)) or 0
