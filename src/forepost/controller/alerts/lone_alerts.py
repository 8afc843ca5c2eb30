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


class LoneAlerts:
    """Counts those of one transaction, too, before they are written."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self._connection, self._now = connection, now
        self._of_rule: dict[int, int] = {}

    async def may_be(self, rule: Row[Any], streak: str) -> bool:
        """Whether an alert that opens is told by itself: then it is counted. What comes back again
        and again is told of as an incident.
        """
        if rule.tells != "alerts":
            return False
        if rule.id not in self._of_rule:
            query = select(func.count(alerts.c.id)).where(
                alerts.c.workspace_id == rule.workspace_id,
                alerts.c.alert_rule_id == rule.id,
                alerts.c.is_alone.is_(True),
                alerts.c.created_at >= self._now - SPAN,
            )
            self._of_rule[rule.id] = (await self._connection.scalar(query)) or 0
        if self._of_rule[rule.id] >= MOST_ALONE or await self._lately(streak) >= MOST_TIMES:
            return False
        self._of_rule[rule.id] += 1
        return True

    async def held_as_flapping(self, streak: str) -> datetime | None:
        """When what is in no incident is told, if it is so still then; None: at once."""
        return self._now + STEADY if await self._lately(streak) >= MOST_TIMES else None

    async def held_as_restless(self, alert: Row[Any]) -> datetime | None:
        """When the severity of an alert that is told by itself is told, if it is so still; None: at
        once. It has risen and fallen too often by then.
        """
        query = select(func.count(alert_notes.c.id)).where(
            alert_notes.c.alert_id == alert.id,
            alert_notes.c.done.in_(("worse", "eased")),
            alert_notes.c.at >= self._now - SPAN,
        )
        changes = (await self._connection.scalar(query)) or 0
        return self._now + STEADY if changes >= 2 * MOST_TIMES else None

    async def _lately(self, streak: str) -> int:
        """How many alerts of it there were within `SPAN`."""
        query = select(func.count(alerts.c.id)).where(
            alerts.c.streak == streak,
            alerts.c.is_alone.is_(True),
            alerts.c.resolved_at >= self._now - SPAN,
        )
        return (await self._connection.scalar(query)) or 0
