"""SQL of alerts: each opens, worsens and resolves with its notices in one transaction."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts import incidents, subjects
from forepost.controller.alerts.metrics import Line
from forepost.controller.alerts.notices import AlertNotices, channels_of, rule_row
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.alerts import alerts
from forepost.kit.errors import NotFound
from forepost.wire.rest.alerts import Alert, Severity
from forepost.wire.rest.notify import Channel, Ended

_KEPT: Final = [f for f in Alert.__struct_fields__ if f != "is_known"]
_line: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


class NewAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A condition that has become true, as it was judged."""

    workspace_id: int
    rule_id: int
    line: Line
    metric: str
    value: float | None
    threshold: float | None
    severity: Severity
    text: str
    at: datetime
    baseline: str = ""


class Ending(msgspec.Struct, frozen=True):
    """How an alert ended, with the last value and the worst."""

    ended: Ended
    last_value: float | None = None
    worst_value: float | None = None


RECOVERED: Final = Ending("recovered")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written of one line of a rule."""

    kind: Literal["open", "worsen", "resolve"]
    workspace_id: int
    rule_id: int
    line: Line
    begun: NewAlert | None = None
    """None: it is over."""
    ending: Ending = RECOVERED


class Open(msgspec.Struct, frozen=True):
    """An alert that is open, as a restart finds it."""

    rule_id: int
    line: Line
    metric: str
    severity: Severity
    baseline: str
    last_value: float | None = None
    worst_value: float | None = None


class Ledger:
    def __init__(self, db: Database, notices: AlertNotices) -> None:
        self._db, self._notices = db, notices

    async def write(self, changes: Sequence[Change], now: datetime) -> list[Alert | None]:
        """Write all of them, or none; once, however often it is tried. Return the alerts.

        None: the rule, or what it is about, is gone, or the alert is not open any more.
        """
        async with self._db.write() as connection:
            return [await self._write(connection, change, now) for change in changes]

    async def _write(
        self, connection: AsyncConnection, change: Change, now: datetime
    ) -> Alert | None:
        if change.begun is None:
            streak = streak_of(change.rule_id, change.line)
            known = await _open_of(connection, change.workspace_id, streak)
            if known is None:
                return None
            return await self._resolve(connection, known, change.ending, now)
        if change.kind == "worsen":
            return await self._worsen(connection, change.begun, now)
        return await self._open(connection, change.begun, now)

    async def _open(
        self, connection: AsyncConnection, begun: NewAlert, now: datetime
    ) -> Alert | None:
        """With its incident and notices."""
        rule = await rule_row(connection, begun.workspace_id, begun.rule_id)
        about = await subjects.of(connection, begun.workspace_id, begun.line)
        if rule is None or not rule.enabled or about is None:
            return None
        streak = streak_of(begun.rule_id, begun.line)
        known = await _open_of(connection, begun.workspace_id, streak)
        if known is not None:
            return shown(known)
        incident_id = await incidents.join(
            connection,
            begun.workspace_id,
            agent_id=about.agent_id,
            target=about.target,
            severity=begun.severity,
            title=f"{rule.name}: {about.name or about.agent_name}",
            now=now,
        )
        statement = (
            insert(alerts)
            .values(
                workspace_id=begun.workspace_id,
                alert_rule_id=begun.rule_id,
                rule_name=rule.name,
                incident_id=incident_id,
                probe_id=about.probe_id,
                agent_id=about.agent_id,
                probe_type=about.type,
                probe_name=about.name,
                probe_target=about.target,
                agent_name=about.agent_name,
                metric=begun.metric,
                value=begun.value,
                last_value=begun.value,
                worst_value=begun.value,
                threshold=begun.threshold,
                severity=begun.severity,
                status="active",
                message=about.sentence(begun.text),
                triggered_at=begun.at,
                subject=msgspec.json.encode(begun.line).decode(),
                streak=streak,
                baseline=begun.baseline,
                created_at=now,
                updated_at=now,
            )
            .returning(*alerts.c)
        )
        alert = shown((await connection.execute(statement)).one())
        await self._notices.tell(connection, rule, alert, "triggered")
        return alert

    async def _worsen(
        self, connection: AsyncConnection, begun: NewAlert, now: datetime
    ) -> Alert | None:
        """A warning has become critical: said again."""
        streak = streak_of(begun.rule_id, begun.line)
        known = await _open_of(connection, begun.workspace_id, streak)
        if known is None:
            return None
        about = await subjects.of(connection, begun.workspace_id, begun.line)
        text = begun.text if about is None else about.sentence(begun.text)
        alert = await _change(
            connection,
            begun.workspace_id,
            known.id,
            severity=begun.severity,
            value=begun.value,
            last_value=begun.value,
            worst_value=begun.value,
            threshold=begun.threshold,
            message=text,
            updated_at=now,
        )
        rule = await rule_row(connection, begun.workspace_id, begun.rule_id)
        await self._notices.tell(connection, rule, alert, "triggered")
        return alert

    async def resolve_rule(
        self, workspace_id: int, rule_id: int, ended: Ended, now: datetime
    ) -> list[Alert]:
        """All open alerts of a rule that is changed, switched off or removed."""
        query = select(alerts).where(
            alerts.c.workspace_id == workspace_id,
            alerts.c.alert_rule_id == rule_id,
            alerts.c.resolved_at.is_(None),
        )
        async with self._db.write() as connection:
            rows = (await connection.execute(query)).all()
            return [await self._resolve(connection, row, Ending(ended), now) for row in rows]

    async def rule_changed(self, workspace_id: int, rule_id: int) -> None:
        """What waits to be told of it goes where it tells now."""
        async with self._db.write() as connection:
            rule = await rule_row(connection, workspace_id, rule_id)
            if rule is not None:
                await self._notices.rule_changed(connection, rule)

    async def set_status(
        self,
        workspace_id: int,
        alert_id: int,
        status: Literal["acknowledged", "resolved"],
        user_id: int,
        now: datetime,
    ) -> tuple[Alert, Line]:
        """By hand. What is resolved stays so, and an acknowledgement keeps its first name."""
        async with self._db.write() as connection:
            query = select(alerts).where(
                alerts.c.workspace_id == workspace_id, alerts.c.id == alert_id
            )
            row = (await connection.execute(query)).one_or_none()
            if row is None:
                raise NotFound("alert not found")
            line = line_of_subject(row.subject)
            if row.status in ("resolved", status):
                return shown(row), line
            if status == "resolved":
                return await self._resolve(connection, row, Ending("by_hand"), now), line
            alert = await _change(
                connection,
                workspace_id,
                alert_id,
                status=status,
                acknowledged_at=now,
                acknowledged_by=user_id,
                updated_at=now,
            )
            return alert, line

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
            rule = await rule_row(connection, workspace_id, rule_id)
            if rule is None:
                raise NotFound("alert rule not found")
            return rule.name, await channels_of(connection, rule)

    async def _resolve(
        self, connection: AsyncConnection, row: Row[Any], ending: Ending, now: datetime
    ) -> Alert:
        alert = await _change(
            connection,
            row.workspace_id,
            row.id,
            status="resolved",
            resolved_at=now,
            updated_at=now,
            ended=ending.ended,
            last_value=row.last_value if ending.last_value is None else ending.last_value,
            worst_value=row.worst_value if ending.worst_value is None else ending.worst_value,
        )
        await incidents.settle(connection, alert.workspace_id, alert.incident_id, now)
        rule = await rule_row(connection, alert.workspace_id, alert.alert_rule_id)
        await self._notices.tell(connection, rule, alert, "resolved")
        return alert


def streak_of(rule_id: int, line: Line) -> str:
    """What there is one open alert of at most."""
    of = msgspec.json.encode((rule_id, line))
    return hashlib.blake2b(of, digest_size=16).hexdigest()


def line_of_subject(subject: str) -> Line:
    return _line.decode(subject)


def shown(row: Row[Any]) -> Alert:
    return Alert(**{f: row._mapping[f] for f in _KEPT})  # noqa: SLF001 - SQLAlchemy's name for it


async def _change(
    connection: AsyncConnection, workspace_id: int, alert_id: int, **values: Any
) -> Alert:
    statement = (
        update(alerts)
        .where(alerts.c.workspace_id == workspace_id, alerts.c.id == alert_id)
        .values(**values)
        .returning(*alerts.c)
    )
    return shown((await connection.execute(statement)).one())


async def _open_of(connection: AsyncConnection, workspace_id: int, streak: str) -> Row[Any] | None:
    query = select(alerts).where(
        alerts.c.workspace_id == workspace_id,
        alerts.c.streak == streak,
        alerts.c.resolved_at.is_(None),
    )
    return (await connection.execute(query)).one_or_none()
