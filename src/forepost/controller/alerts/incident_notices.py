"""What is told of incidents: each receiver's thread is brought up to how it is now. SQL."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Row, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.alert_rows import keys_of, shown
from forepost.controller.alerts.notice_of_alert import notice_of
from forepost.controller.alerts.notices import Put
from forepost.controller.alerts.row_lookup import RowLookup
from forepost.controller.alerts.threads import IncidentNow, LastNotice, ThreadEvent, step
from forepost.controller.db.tables.alerts import alerts, incident_threads, incidents
from forepost.wire.rest.notify import Notice, NoticeAlert, NoticeIncident

Withdraw = Callable[[AsyncConnection, str, str], Awaitable[None]]
"""(connection, course, channel key): what waits there is told no more."""

LISTED: Final = 10
"""Alerts that a notice names; of the others it says how many there are."""
DUE_AT_ONCE: Final = 100
"""Incidents in one look at what is due."""

_open = (alerts.c.resolved_at.is_(None), alerts.c.is_alone.is_(False))


class _Group(msgspec.Struct, kw_only=True):
    """Open alerts of an incident that one channel is told of."""

    standing: IncidentNow = IncidentNow()
    first: int = 0
    """The oldest of the worst."""
    rule_id: int = 0


class IncidentNotices:
    """`put` and `withdraw` are the outbox's; `panel_url` is what links start with."""

    def __init__(self, put: Put, withdraw: Withdraw, panel_url: str) -> None:
        self._put, self._withdraw, self._panel_url = put, withdraw, panel_url

    async def due(self, connection: AsyncConnection, now: datetime) -> list[int]:
        """Incidents of which something is to be told though nothing happens."""
        query = (
            select(incident_threads.c.incident_id)
            .where(incident_threads.c.due_at <= now)
            .order_by(incident_threads.c.due_at)
            .limit(DUE_AT_ONCE)
        )
        return list(dict.fromkeys((await connection.scalars(query)).all()))

    async def settle(self, lookup: RowLookup, incident_ids: Iterable[int], now: datetime) -> None:
        """Tell every receiver of these incidents what has become of them."""
        for incident_id in incident_ids:
            query = select(incidents).where(incidents.c.id == incident_id)
            incident = (await lookup.connection.execute(query)).one()
            groups = await _groups(lookup.connection, incident_id, now)
            query_threads = select(incident_threads).where(
                incident_threads.c.incident_id == incident_id
            )
            rows = (await lookup.connection.execute(query_threads)).all()
            threads = {row.channel_key: row for row in rows}
            for key in {**dict.fromkeys(threads), **dict.fromkeys(groups)}:
                group = groups.get(key, _Group())
                await self._bring_up(lookup, incident, key, group, threads.get(key), now)

    async def remind(
        self,
        lookup: RowLookup,
        incident_id: int,
        keys: Iterable[str],
        pause: timedelta,
        now: datetime,
    ) -> datetime | None:
        """Tell how it is, though nothing is otherwise, in those threads of an incident in which
        nothing was told for so long. Return when to try again where that is none of them.
        """
        query = select(incidents).where(incidents.c.id == incident_id)
        incident = (await lookup.connection.execute(query)).one()
        query_threads = select(incident_threads).where(
            incident_threads.c.incident_id == incident_id,
            incident_threads.c.channel_key.in_(list(keys)),
            incident_threads.c.severity != "",
        )
        threads = (await lookup.connection.execute(query_threads)).all()
        quiet = [thread for thread in threads if thread.told_at <= now - pause]
        for thread in quiet:
            key, seq = thread.channel_key, thread.notices + 1
            channel = await lookup.channel(
                incident.workspace_id, thread.rule_id, key, thread.alert_id
            )
            if channel is not None:
                notice = await self._notice(
                    lookup.connection, incident, key, "reminder", thread.alert_id, seq
                )
                await self._put(lookup.connection, notice, [channel], incident.course)
                told = {"notices": seq, "told_at": now}
                await _keep(lookup.connection, incident, key, thread, told, now)
        if quiet or not threads:
            return None
        first: datetime = min(thread.told_at for thread in threads)
        return first + pause

    async def _bring_up(
        self,
        lookup: RowLookup,
        incident: Row[Any],
        key: str,
        group: _Group,
        thread: Row[Any] | None,
        now: datetime,
    ) -> None:
        heard = LastNotice(at=now)
        if thread is not None:
            heard = LastNotice(
                severity=thread.severity,
                alerts=thread.alerts,
                grown=thread.grown,
                at=thread.told_at,
            )
        todo = step(heard, group.standing, now)
        rule_id = group.rule_id or (0 if thread is None else thread.rule_id)
        values: dict[str, Any] = {"due_at": todo.due_at, "rule_id": rule_id}
        if todo.event is not None:
            first = group.first or (0 if thread is None else thread.alert_id)
            channel = await lookup.channel(incident.workspace_id, rule_id, key, first)
            if channel is None:
                await self._withdraw(lookup.connection, incident.course, key)
            values |= {
                "severity": "" if todo.event == "resolved" else group.standing.severity,
                "alerts": group.standing.alerts,
                "grown": 0 if todo.event == "triggered" else heard.grown + (todo.event == "grew"),
                "notices": (0 if thread is None else thread.notices) + 1,
                "told_at": now,
                "alert_id": first,
            }
            if channel is not None:
                notice = await self._notice(
                    lookup.connection, incident, key, todo.event, first, values["notices"]
                )
                await self._put(lookup.connection, notice, [channel], incident.course)
        elif (None if thread is None else thread.due_at) == todo.due_at:
            return
        await _keep(lookup.connection, incident, key, thread, values, now)

    async def _notice(
        self,
        connection: AsyncConnection,
        incident: Row[Any],
        key: str,
        event: ThreadEvent | Literal["reminder"],
        first: int,
        seq: int,
    ) -> Notice:
        lead = await connection.execute(select(alerts).where(alerts.c.id == first))
        alert = shown(lead.one())
        told = await _told(connection, incident.id, key)
        counted = await connection.execute(
            select(
                func.count(case((alerts.c.symptom_of.is_(None), alerts.c.id))),
                func.count(alerts.c.symptom_of),
            ).where(*_open, alerts.c.incident_id == incident.id, _tells(key))
        )
        standing, symptoms = counted.one()
        body = NoticeIncident(
            id=incident.id,
            title=incident.title,
            scope=incident.scope,
            cause=incident.cause,
            cause_text=incident.cause_text,
            opened_at=incident.opened_at,
            open_alerts=standing,
            symptoms=symptoms,
            alerts=told,
            more=max(0, standing - len(told)),
        )
        return notice_of(
            alert,
            event,
            seq=seq,
            panel_url=self._panel_url,
            incident=body,
            message=_sentence(alert.message, body, event),
        )


def _sentence(message: str, incident: NoticeIncident, event: str) -> str:
    """The worst alert's, with how many others there are and why."""
    others = incident.open_alerts + incident.symptoms - 1
    if event == "resolved" or others < 1:
        return message
    why = f"; {incident.cause_text}" if incident.cause_text else ""
    return f"{message} (and {others} more{why})"


async def _groups(
    connection: AsyncConnection, incident_id: int, now: datetime
) -> dict[str, _Group]:
    """By channel key."""
    stands = alerts.c.symptom_of.is_(None)
    waits = alerts.c.told_from > now
    may_tell = stands & (alerts.c.told_from.is_(None) | (alerts.c.told_from <= now))
    query = (
        select(
            alerts.c.alert_rule_id,
            alerts.c.channel_keys,
            alerts.c.severity,
            func.count(case((may_tell, alerts.c.id))).label("telling"),
            func.min(case((may_tell, alerts.c.id))).label("first"),
            func.min(case((stands & waits, alerts.c.told_from))).label("told_from"),
        )
        .where(*_open, alerts.c.incident_id == incident_id)
        .group_by(alerts.c.alert_rule_id, alerts.c.channel_keys, alerts.c.severity)
    )
    found: dict[str, _Group] = {}
    for row in (await connection.execute(query)).all():
        for key in keys_of(row):
            _add(found.setdefault(key, _Group()), row)
    return found


def _add(group: _Group, row: Row[Any]) -> None:
    standing = group.standing
    times = [time for time in (standing.told_from, row.told_from) if time is not None]
    severity = standing.severity
    group.rule_id = group.rule_id or row.alert_rule_id
    if row.telling:
        is_worse = row.severity == "critical" and severity != "critical"
        if not severity or is_worse or (row.severity == severity and row.first < group.first):
            severity, group.first, group.rule_id = row.severity, row.first, row.alert_rule_id
    group.standing = IncidentNow(
        severity=severity,
        alerts=standing.alerts + row.telling,
        is_open=True,
        told_from=min(times, default=None),
    )


async def _told(connection: AsyncConnection, incident_id: int, key: str) -> list[NoticeAlert]:
    query = (
        select(alerts.c.id, alerts.c.severity, alerts.c.rule_name, alerts.c.message)
        .where(
            *_open, alerts.c.incident_id == incident_id, alerts.c.symptom_of.is_(None), _tells(key)
        )
        .order_by(alerts.c.severity, alerts.c.id)  # critical is before warning
        .limit(LISTED)
    )
    return [
        NoticeAlert(
            alert_id=row.id, severity=row.severity, rule_name=row.rule_name, message=row.message
        )
        for row in (await connection.execute(query)).all()
    ]


def _tells(key: str) -> Any:
    return alerts.c.channel_keys.contains(f'"{key}"', autoescape=True)


async def _keep(
    connection: AsyncConnection,
    incident: Row[Any],
    key: str,
    thread: Row[Any] | None,
    values: dict[str, Any],
    now: datetime,
) -> None:
    if thread is None:
        nothing = {"severity": "", "alerts": 0, "notices": 0, "grown": 0, "alert_id": 0}
        await connection.execute(
            insert(incident_threads).values(
                **{**nothing, "told_at": now, **values},
                incident_id=incident.id,
                channel_key=key,
                workspace_id=incident.workspace_id,
            )
        )
        return
    await connection.execute(
        update(incident_threads)
        .where(incident_threads.c.incident_id == incident.id, incident_threads.c.channel_key == key)
        .values(**values)
    )
