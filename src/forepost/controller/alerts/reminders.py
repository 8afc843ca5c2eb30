"""Tells open alerts again, and to others, when it is time; takes back what was acknowledged for so
long. One row for each open alert of a rule that reminds or escalates. SQL.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.acknowledgements import expire, note
from forepost.controller.alerts.alert_rows import change_alert, keys_of, line_of_subject, shown
from forepost.controller.alerts.incident_notices import IncidentNotices
from forepost.controller.alerts.metrics import AT_TURNS
from forepost.controller.alerts.notices import AlertNotices, escalations_of, ids
from forepost.controller.alerts.pace import Pace, Reminder, ReminderFacts, due
from forepost.controller.alerts.quiet import held_until
from forepost.controller.alerts.row_lookup import RowLookup
from forepost.controller.alerts.watch import Watch
from forepost.controller.alerts.writer import Event
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.alert_course import alert_reminders
from forepost.controller.db.tables.alerts import alert_rules, alerts
from forepost.kit.clock import Clock
from forepost.wire.rest.alerts import Alert

TOGETHER: Final = 50
"""Alerts in one transaction at most."""
MOST_OF_A_TURN: Final = 1_000
LOOK_AGAIN: Final = timedelta(minutes=1)
"""At an alert of which nobody is to be reminded now, and nobody knows for how long."""


class Reminders:
    def __init__(
        self,
        db: Database,
        watch: Watch,
        notices: AlertNotices,
        threads: IncidentNotices,
        is_away: Callable[[int], bool],
        said: Callable[[Event, Alert], None],
        clock: Clock,
    ) -> None:
        self._db, self._watch, self._notices, self._threads = db, watch, notices, threads
        self._is_away, self._said = is_away, said
        self._clock = clock

    async def turn(self) -> None:
        now = self._clock.now()
        for alert in await expire(self._db, now):
            self._said("changed", alert)
        known = self._watch.known.values()
        if any(w.rule.remind_minutes or w.rule.escalate_after_minutes for w in known):
            await self._adopt()
        query = (
            select(alert_reminders.c.alert_id)
            .where(alert_reminders.c.due_at <= now)
            .order_by(alert_reminders.c.due_at)
            .limit(MOST_OF_A_TURN)
        )
        async with self._db.read() as connection:
            found = (await connection.scalars(query)).all()
        for start in range(0, len(found), TOGETHER):
            async with self._db.write() as connection:
                lookup = RowLookup(connection)
                for alert_id in found[start : start + TOGETHER]:
                    await self._look_at(lookup, alert_id, now)

    async def _adopt(self) -> None:
        """Open alerts whose rule reminds or escalates, by now."""
        query = (
            select(alerts, alert_rules.c.remind_minutes, alert_rules.c.escalate_after_minutes)
            .join(alert_rules, alert_rules.c.id == alerts.c.alert_rule_id)
            .outerjoin(alert_reminders, alert_reminders.c.alert_id == alerts.c.id)
            .where(
                alerts.c.resolved_at.is_(None),
                alert_reminders.c.alert_id.is_(None),
                or_(alert_rules.c.remind_minutes > 0, alert_rules.c.escalate_after_minutes > 0),
            )
            .limit(MOST_OF_A_TURN)
        )
        async with self._db.read() as connection:
            if (await connection.execute(query.limit(1))).first() is None:
                return
        async with self._db.write() as connection:
            for row in (await connection.execute(query)).all():
                pace = Pace(row.remind_minutes, row.escalate_after_minutes)
                facts = ReminderFacts(
                    told_at=row.told_from or row.created_at,
                    is_escalated=row.escalated_at is not None,
                )
                look_at = due(facts, pace, row.created_at).look_at
                await connection.execute(
                    insert(alert_reminders).values(
                        alert_id=row.id,
                        workspace_id=row.workspace_id,
                        due_at=look_at or row.created_at,
                        is_told=True,
                        reminders=0,
                    )
                )

    async def _look_at(self, lookup: RowLookup, alert_id: int, now: datetime) -> None:
        connection = lookup.connection
        mine = alert_reminders.c.alert_id == alert_id
        kept = (await connection.execute(select(alert_reminders).where(mine))).one_or_none()
        if kept is None or kept.due_at > now:
            return  # another turn was quicker
        query = select(alerts).where(alerts.c.id == alert_id, alerts.c.resolved_at.is_(None))
        alert = (await connection.execute(query)).one_or_none()
        rule = None
        if alert is not None:
            rule = await lookup.rule(alert.workspace_id, alert.alert_rule_id)
        if alert is None or rule is None:
            await connection.execute(delete(alert_reminders).where(mine))
            return
        if not kept.is_told:
            await self._tell_late(lookup, alert, rule, now)
            return
        pace = Pace(rule.remind_minutes, rule.escalate_after_minutes)
        todo = due(self._facts(alert, kept, rule, now), pace, now)
        later = await self._act(lookup, alert, rule, todo, pace.pause(kept.reminders), now)
        # Where nothing is due any more the row stays, so that it is not made anew.
        look_at = later or todo.look_at or now + timedelta(days=1)
        await connection.execute(update(alert_reminders).where(mine).values(due_at=look_at))
        if todo.reminds and later is None:
            await _count(connection, alert, now)

    def _facts(
        self, alert: Row[Any], kept: Row[Any], rule: Row[Any], now: datetime
    ) -> ReminderFacts:
        return ReminderFacts(
            told_at=alert.told_from or alert.created_at,
            reminders=kept.reminders,
            reminded_at=kept.reminded_at,
            is_escalated=alert.escalated_at is not None,
            waits_until=self._waits_until(alert, rule, now),
        )

    def _waits_until(self, alert: Row[Any], rule: Row[Any], now: datetime) -> datetime | None:
        """When to look again at an alert of which nobody is to be reminded now."""
        if alert.told_from is not None and alert.told_from > now:
            told_from: datetime = alert.told_from
            return told_from
        if alert.status == "acknowledged":
            return alert.acknowledged_until or now + LOOK_AGAIN
        away = alert.agent_id is not None and alert.metric not in AT_TURNS
        if alert.symptom_of is not None or (away and self._is_away(alert.agent_id)):
            return now + LOOK_AGAIN
        watched = self._watch.known.get(alert.alert_rule_id)
        line = line_of_subject(alert.subject)
        if watched is None or self._watch.suppression.covers(watched.rule, line, now):
            return now + LOOK_AGAIN
        return held_until(rule, alert.severity, now)

    async def _act(
        self,
        lookup: RowLookup,
        alert: Row[Any],
        rule: Row[Any],
        todo: Reminder,
        pause: timedelta,
        now: datetime,
    ) -> datetime | None:
        """Return when to remind instead of now, where something else was told not long ago."""
        if todo.escalates:
            await self._escalate(lookup, alert, rule, now)
        if todo.reminds and alert.is_alone:
            await self._notices.tell(lookup.connection, rule, shown(alert), "reminder")
        elif todo.reminds:
            keys = keys_of(alert)
            return await self._threads.remind(lookup, alert.incident_id, keys, pause, now)
        return None

    async def _escalate(
        self, lookup: RowLookup, alert: Row[Any], rule: Row[Any], now: datetime
    ) -> None:
        """From now on those are told, too, whom the rule escalates to."""
        channels = await escalations_of(lookup.connection, rule)
        told_by = await lookup.told_by(rule, ids.decode(alert.routed_to), is_escalated=True)
        changed = await change_alert(
            lookup.connection,
            alert.workspace_id,
            alert.id,
            escalated_at=now,
            channel_keys=told_by,
            updated_at=now,
        )
        await note(lookup.connection, alert, "escalated", None, now)
        if alert.is_alone:
            await self._notices.tell(lookup.connection, rule, shown(changed), "triggered", channels)
        else:
            await self._threads.settle(lookup, [alert.incident_id], now)

    async def _tell_late(
        self, lookup: RowLookup, alert: Row[Any], rule: Row[Any], now: datetime
    ) -> None:
        """What waited for the end of quiet hours, and is in no incident."""
        mine = alert_reminders.c.alert_id == alert.id
        held = held_until(rule, alert.severity, now)
        if held is None:
            await self._notices.tell(lookup.connection, rule, shown(alert), "triggered")
            changes: dict[str, Any] = {"is_told": True, "due_at": now}
        else:
            await change_alert(lookup.connection, alert.workspace_id, alert.id, told_from=held)
            changes = {"due_at": held}
        await lookup.connection.execute(update(alert_reminders).where(mine).values(**changes))


async def _count(connection: AsyncConnection, alert: Row[Any], now: datetime) -> None:
    """All that is told together was reminded of."""
    together = alerts.c.id == alert.id
    if not alert.is_alone:
        together = and_(
            alerts.c.incident_id == alert.incident_id,
            alerts.c.resolved_at.is_(None),
            alerts.c.is_alone.is_(False),
        )
    await connection.execute(
        update(alert_reminders)
        .where(alert_reminders.c.alert_id.in_(select(alerts.c.id).where(together)))
        .values(reminders=alert_reminders.c.reminders + 1, reminded_at=now)
    )
