"""What is told of incidents: each receiver's thread is brought up to how it is now. SQL."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.alert_rows import shown
from forepost.controller.alerts.flaps import Flaps
from forepost.controller.alerts.incident_words import sentence
from forepost.controller.alerts.notice_of_alert import notice_of
from forepost.controller.alerts.notices import Put
from forepost.controller.alerts.receiver_groups import (
    ReceiverGroup,
    counts_of,
    groups_of,
    with_cause,
)
from forepost.controller.alerts.row_lookup import RowLookup
from forepost.controller.alerts.threads import MOST_REPORTERS, LastNotice, Step, step
from forepost.controller.db.tables.alerts import alerts, incident_threads, incidents
from forepost.wire.rest.notify import Channel, NoticeEvent, NoticeIncident

Withdraw = Callable[[AsyncConnection, str, str], Awaitable[None]]
"""(connection, course, channel key): what waits there is told no more."""

DUE_AT_ONCE: Final = 100
"""Incidents in one look at what is due."""
_reporters: msgspec.json.Decoder[frozenset[int]] = msgspec.json.Decoder(frozenset[int])
_flaps: msgspec.json.Decoder[Flaps] = msgspec.json.Decoder(Flaps)


class _Thread(msgspec.Struct, frozen=True, kw_only=True):
    """What one receiver was told of an incident, and how it is now."""

    incident: Row[Any]
    key: str
    row: Row[Any] | None
    """None: nothing was told."""
    group: ReceiverGroup

    @property
    def flaps(self) -> Flaps:
        return Flaps() if self.row is None else _flaps.decode(self.row.flaps)

    @property
    def rule_id(self) -> int:
        return self.group.rule_id or (0 if self.row is None else self.row.rule_id)

    @property
    def lead(self) -> int:
        """The alert that heads what is told."""
        return self.group.first or (0 if self.row is None else self.row.alert_id)

    @property
    def seq(self) -> int:
        """Of the next notice."""
        return 1 + (0 if self.row is None else self.row.notices)

    def heard(self, now: datetime) -> LastNotice:
        if self.row is None:
            return LastNotice(at=now)
        return LastNotice(
            severity=self.row.severity,
            alerts=self.row.alerts,
            grown=self.row.grown,
            cause=self.row.cause,
            reporters=_reporters.decode(self.row.reporters),
            at=self.row.told_at,
            flaps=self.flaps,
        )


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

    async def settle(
        self,
        lookup: RowLookup,
        incident_ids: Iterable[int],
        now: datetime,
        lost: Mapping[int, Collection[str]] | None = None,
    ) -> None:
        """Tell every receiver of these incidents what has become of them. `lost`: incident to the
        keys of those who are told no more of what is open.
        """
        numbers = list(incident_ids)
        if not numbers:
            return
        for thread in await self._threads(lookup.connection, numbers, now):
            is_lost = thread.key in (lost or {}).get(thread.incident.id, ())
            if is_lost and not thread.group.standing.is_open:
                await self._let_go(lookup, thread, now)
            else:
                await self._bring_up(lookup, thread, now)

    async def _threads(
        self, connection: AsyncConnection, incident_ids: Sequence[int], now: datetime
    ) -> list[_Thread]:
        """Of all of these, read at once."""
        query = select(incidents).where(incidents.c.id.in_(incident_ids)).order_by(incidents.c.id)
        found = (await connection.execute(query)).all()
        groups = await groups_of(connection, found, now)
        query_threads = select(incident_threads).where(
            incident_threads.c.incident_id.in_(incident_ids)
        )
        rows: dict[int, dict[str, Row[Any]]] = {incident.id: {} for incident in found}
        for row in (await connection.execute(query_threads)).all():
            rows[row.incident_id][row.channel_key] = row
        return [
            _Thread(
                incident=incident,
                key=key,
                row=rows[incident.id].get(key),
                group=groups[incident.id].get(key, ReceiverGroup()),
            )
            for incident in found
            for key in {**dict.fromkeys(rows[incident.id]), **dict.fromkeys(groups[incident.id])}
        ]

    async def remind(
        self,
        lookup: RowLookup,
        incident_id: int,
        keys: Collection[str],
        pause: timedelta,
        now: datetime,
    ) -> datetime | None:
        """Tell how it is, though nothing is otherwise, in those threads of an incident in which
        nothing was told for so long. Return when to try again where that is none of them.
        """
        told = [
            (thread, thread.row.told_at)
            for thread in await self._threads(lookup.connection, [incident_id], now)
            if thread.key in keys and thread.row is not None and thread.row.severity
        ]
        quiet = [
            thread for thread, told_at in told if told_at <= now - pause and not thread.flaps.since
        ]
        for thread in quiet:
            channel = await self._channel(lookup, thread)
            if channel is not None:
                await self._tell(lookup.connection, thread, channel, "reminder", now)
                await _keep(lookup.connection, thread, now, **_told(thread, now))
        if quiet or not told:
            return None
        first: datetime = max(min(told_at for _, told_at in told) + pause, now)
        return first

    async def _channel(self, lookup: RowLookup, thread: _Thread) -> Channel | None:
        return await lookup.channel(thread.incident.workspace_id, thread.rule_id, thread.key)

    async def _let_go(self, lookup: RowLookup, thread: _Thread, now: datetime) -> None:
        """Say that the receiver is told no more of what is open still."""
        if thread.row is None or not thread.row.severity:
            return
        await self._withdraw(lookup.connection, thread.incident.course, thread.key)
        channel = await self._channel(lookup, thread)
        if channel is not None:
            await self._tell(lookup.connection, thread, channel, "withdrawn", now)
        closed = {**_told(thread, now), "severity": "", "flaps": "{}", "due_at": None}
        await _keep(lookup.connection, thread, now, **closed)

    async def _bring_up(self, lookup: RowLookup, thread: _Thread, now: datetime) -> None:
        heard = thread.heard(now)
        standing = thread.group.standing
        if heard.severity or standing.is_open:
            told = 0 if thread.row is None else thread.row.alert_id
            standing = await with_cause(lookup.connection, standing, thread.incident, told)
        todo = step(heard, standing, now)
        values: dict[str, Any] = {
            "due_at": todo.due_at,
            "rule_id": thread.rule_id,
            "flaps": msgspec.json.encode(todo.flaps).decode(),
        }
        if todo.flaps.since is not None:
            values["alert_id"] = thread.lead  # it is another each time
        if standing.cause and heard.severity:
            values["cause"] = standing.cause  # told, or what was told is the cause itself
        if todo.event is not None:
            channel = await self._channel(lookup, thread)
            if channel is None:
                await self._withdraw(lookup.connection, thread.incident.course, thread.key)
                await self._leave_out(lookup.connection, thread, todo, now)
                return
            await self._tell(lookup.connection, thread, channel, todo.event, now, todo.flaps)
            is_anew = todo.event == "triggered" or (
                todo.event == "flapping" and heard.flaps.since is None
            )
            is_again = todo.event in ("grew", "flapping")
            values |= _told(thread, now) | {
                "severity": "" if todo.event == "resolved" else standing.severity or heard.severity,
                "alerts": standing.alerts,
                "grown": 0 if is_anew else heard.grown + is_again,
                "cause": standing.cause,
                "reporters": _encoded(heard.reporters | standing.reporters),
            }
        elif _is_kept(thread, values):
            return
        await _keep(lookup.connection, thread, now, **values)

    async def _leave_out(
        self, connection: AsyncConnection, thread: _Thread, todo: Step, now: datetime
    ) -> None:
        """A channel that is disabled or gone hears nothing: when it is enabled before the end it is
        told how it is then.
        """
        if thread.row is None:
            return
        over = {"severity": "", "flaps": "{}"} if todo.event == "resolved" else {}
        await _keep(connection, thread, now, due_at=None, **over)

    async def _tell(
        self,
        connection: AsyncConnection,
        thread: _Thread,
        channel: Channel,
        event: NoticeEvent,
        now: datetime,
        flaps: Flaps | None = None,
    ) -> None:
        incident = thread.incident
        lead = await connection.execute(select(alerts).where(alerts.c.id == thread.lead))
        alert = shown(lead.one())
        counts = await counts_of(connection, incident.id, thread.key)
        flaps = thread.flaps if flaps is None else flaps
        body = NoticeIncident(
            id=incident.id,
            title=incident.title,
            scope=incident.scope,
            cause=incident.cause,
            cause_text=incident.cause_text,
            cause_ended_at=incident.cause_ended_at,
            opened_at=incident.opened_at,
            open_alerts=counts.standing,
            symptoms=counts.symptoms,
            alerts=counts.first,
            more=max(0, counts.standing - len(counts.first)),
            times=max(1, flaps.times_lately(now)),
            flapping_since=flaps.since,
        )
        notice = notice_of(
            alert,
            event,
            seq=thread.seq,
            panel_url=self._panel_url,
            incident=body,
            began=incident.reopened_at or incident.opened_at,
            message=sentence(alert.message, body, event, now),
        )
        await self._put(connection, notice, [channel], incident.course)


def _encoded(reporters: frozenset[int]) -> str:
    return msgspec.json.encode(sorted(reporters)[:MOST_REPORTERS]).decode()


def _told(thread: _Thread, now: datetime) -> dict[str, Any]:
    """What is kept of a notice that was put."""
    return {"notices": thread.seq, "told_at": now, "alert_id": thread.lead}


def _is_kept(thread: _Thread, values: Mapping[str, Any]) -> bool:
    """Whether nothing is otherwise than what is kept of it."""
    if thread.row is None:
        return values["due_at"] is None
    return all(getattr(thread.row, name) == value for name, value in values.items())


async def _keep(connection: AsyncConnection, thread: _Thread, now: datetime, **values: Any) -> None:
    incident, key = thread.incident, thread.key
    if thread.row is None:
        nothing = {"severity": "", "alerts": 0, "notices": 0, "grown": 0, "alert_id": 0}
        of_thread = {"rule_id": thread.rule_id, "channel_key": key, "incident_id": incident.id}
        await connection.execute(
            insert(incident_threads).values(
                **{**nothing, **of_thread, "told_at": now, **values},
                workspace_id=incident.workspace_id,
            )
        )
        return
    await connection.execute(
        update(incident_threads)
        .where(incident_threads.c.incident_id == incident.id, incident_threads.c.channel_key == key)
        .values(**values)
    )
