"""The open alerts of an incident, by who is told of them. SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.alert_rows import keys_of
from forepost.controller.alerts.causes import cause_key
from forepost.controller.alerts.threads import IncidentNow
from forepost.controller.db.tables.alerts import alerts
from forepost.wire.rest.notify import NoticeAlert

LISTED: Final = 10
"""Alerts that a notice names; of the others it says how many there are."""
OF_GROUP: Final = frozenset({"site_unreachable", "controller_link"})
"""Causes that no alert is, but several together."""
_open = (alerts.c.resolved_at.is_(None), alerts.c.is_alone.is_(False))
_is_active = alerts.c.status == "active"
_stands = alerts.c.symptom_of.is_(None)


class ReceiverGroup(msgspec.Struct, kw_only=True):
    """Open alerts of an incident that one channel is told of."""

    standing: IncidentNow = IncidentNow()
    first: int = 0
    """Which heads a notice: of the worst the oldest, one that explains others before that."""
    is_cause: bool = False
    """Whether that one explains others."""
    rule_id: int = 0


class AlertCounts(msgspec.Struct, frozen=True):
    """What a channel is told of."""

    standing: int
    symptoms: int
    """Those that others explain."""
    first: list[NoticeAlert]
    """Of the standing ones."""


async def groups_of(
    connection: AsyncConnection, incidents: Sequence[Row[Any]], now: datetime
) -> dict[int, dict[str, ReceiverGroup]]:
    """By incident and channel key."""
    with_cause = [incident.id for incident in incidents if incident.cause]
    causes = (
        select(alerts.c.symptom_of)
        .where(*_open, alerts.c.incident_id.in_(with_cause), alerts.c.symptom_of.is_not(None))
        .distinct()
        .scalar_subquery()
    )
    may_tell = _stands & (alerts.c.told_from.is_(None) | (alerts.c.told_from <= now))
    explains = may_tell & alerts.c.id.in_(causes) if with_cause else alerts.c.id.is_(None)
    query = (
        select(
            alerts.c.incident_id,
            alerts.c.alert_rule_id,
            alerts.c.channel_keys,
            alerts.c.severity,
            alerts.c.agent_id,
            func.count(case((may_tell, alerts.c.id))).label("telling"),
            func.min(case((may_tell & _is_active, alerts.c.created_at))).label("first_active_at"),
            func.min(case((may_tell, alerts.c.id))).label("first"),
            func.min(case((explains, alerts.c.id))).label("first_cause"),
            func.min(case((_stands & (alerts.c.told_from > now), alerts.c.told_from))).label(
                "told_from"
            ),
            func.max(case((may_tell, alerts.c.told_from))).label("released_at"),
        )
        .where(*_open, alerts.c.incident_id.in_([incident.id for incident in incidents]))
        .group_by(
            alerts.c.incident_id,
            alerts.c.alert_rule_id,
            alerts.c.channel_keys,
            alerts.c.severity,
            alerts.c.agent_id,
        )
    )
    found: dict[int, dict[str, ReceiverGroup]] = {incident.id: {} for incident in incidents}
    for row in (await connection.execute(query)).all():
        for key in keys_of(row):
            _add(found[row.incident_id].setdefault(key, ReceiverGroup()), row)
    return found


def _add(group: ReceiverGroup, row: Row[Any]) -> None:
    standing = group.standing
    times = [time for time in (standing.told_from, row.told_from) if time is not None]
    released = [time for time in (standing.released_at, row.released_at) if time is not None]
    active = [time for time in (standing.first_active_at, row.first_active_at) if time is not None]
    reporters = standing.reporters
    severity = standing.severity
    group.rule_id = group.rule_id or row.alert_rule_id
    if row.telling:
        reporters |= {row.agent_id or 0}
        first, is_cause = row.first_cause or row.first, row.first_cause is not None
        is_worse = row.severity == "critical" and severity != "critical"
        is_before = (not is_cause, first) < (not group.is_cause, group.first)
        if not severity or is_worse or (row.severity == severity and is_before):
            severity, group.first, group.is_cause = row.severity, first, is_cause
            group.rule_id = row.alert_rule_id
    group.standing = IncidentNow(
        severity=severity,
        alerts=standing.alerts + row.telling,
        is_open=True,
        told_from=min(times, default=None),
        released_at=max(released, default=None),
        first_active_at=min(active, default=None),
        reporters=reporters,
    )


async def with_cause(
    connection: AsyncConnection, now: IncidentNow, incident: Row[Any], told: int
) -> IncidentNow:
    """The same with why it is. `told`: the alert that headed what was told last."""
    if not incident.cause or incident.cause_ended_at is not None:
        return now
    query = select(alerts.c.symptom_of).where(alerts.c.id == told, *_open)
    lead = (await connection.execute(query)).one_or_none()
    is_why = lead is not None and (lead.symptom_of is not None or incident.cause in OF_GROUP)
    return msgspec.structs.replace(
        now, cause=cause_key(incident.cause, incident.cause_text), explains_told=is_why
    )


async def counts_of(connection: AsyncConnection, incident_id: int, key: str) -> AlertCounts:
    mine = (*_open, alerts.c.incident_id == incident_id, _tells(key))
    counted = await connection.execute(
        select(
            func.count(case((_stands, alerts.c.id))),
            func.count(alerts.c.symptom_of),
        ).where(*mine)
    )
    standing, symptoms = counted.one()
    query = (
        select(alerts.c.id, alerts.c.severity, alerts.c.rule_name, alerts.c.message)
        .where(*mine, _stands)
        .order_by(alerts.c.severity, alerts.c.id)  # critical is before warning
        .limit(LISTED)
    )
    first = [
        NoticeAlert(
            alert_id=row.id, severity=row.severity, rule_name=row.rule_name, message=row.message
        )
        for row in (await connection.execute(query)).all()
    ]
    return AlertCounts(standing, symptoms, first)


def _tells(key: str) -> Any:
    return alerts.c.channel_keys.contains(f'"{key}"', autoescape=True)
