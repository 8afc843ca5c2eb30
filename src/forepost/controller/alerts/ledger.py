"""SQL of alerts: each opens, worsens and resolves with its notices in one transaction."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts import incidents, subjects
from forepost.controller.alerts.metrics import Line
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.alerts import alert_rules, alerts
from forepost.controller.db.tables.workspaces import members
from forepost.kit.errors import NotFound
from forepost.wire.rest.alerts import Alert, Severity
from forepost.wire.rest.notify import Channel, Notice

Put = Callable[[AsyncConnection, Notice, Sequence[Channel]], Awaitable[None]]
"""Has a notice sent once the transaction of the connection is committed."""

MAILED: Final = ("USER", "ADMIN", "OWNER")

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


class Open(msgspec.Struct, frozen=True):
    """An alert that is open, as a restart finds it."""

    rule_id: int
    line: Line
    metric: str
    severity: Severity
    baseline: str


class Ledger:
    """`put` is the outbox; `panel_url` what links start with."""

    def __init__(self, db: Database, put: Put, panel_url: str) -> None:
        self._db, self._put = db, put
        self._panel_url = panel_url

    async def open(self, begun: NewAlert, now: datetime) -> Alert | None:
        """Write an alert with its incident and notices; once, however often it is tried.

        None: the rule, or what it is about, is gone.
        """
        async with self._db.write() as connection:
            rule = await _rule_row(connection, begun.workspace_id, begun.rule_id)
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
            await self._tell(connection, rule, alert, "triggered")
            return alert

    async def worsen(self, begun: NewAlert, now: datetime) -> Alert | None:
        """A warning has become critical: said again. None: it is not open any more."""
        streak = streak_of(begun.rule_id, begun.line)
        async with self._db.write() as connection:
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
                threshold=begun.threshold,
                message=text,
                updated_at=now,
            )
            rule = await _rule_row(connection, begun.workspace_id, begun.rule_id)
            await self._tell(connection, rule, alert, "triggered")
            return alert

    async def resolve(
        self, workspace_id: int, rule_id: int, line: Line, now: datetime
    ) -> Alert | None:
        """None: it is not open any more."""
        async with self._db.write() as connection:
            known = await _open_of(connection, workspace_id, streak_of(rule_id, line))
            return None if known is None else await self._resolve(connection, known, now)

    async def resolve_rule(self, workspace_id: int, rule_id: int, now: datetime) -> list[Alert]:
        """All open alerts of a rule that is changed, switched off or removed."""
        query = select(alerts).where(
            alerts.c.workspace_id == workspace_id,
            alerts.c.alert_rule_id == rule_id,
            alerts.c.resolved_at.is_(None),
        )
        async with self._db.write() as connection:
            rows = (await connection.execute(query)).all()
            return [await self._resolve(connection, row, now) for row in rows]

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
                return await self._resolve(connection, row, now), line
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
            )
            for row in rows
        ]

    async def channels_of(self, workspace_id: int, rule_id: int) -> tuple[str, list[Channel]]:
        """A rule's name and where it tells. Raises NotFound."""
        async with self._db.read() as connection:
            rule = await _rule_row(connection, workspace_id, rule_id)
            if rule is None:
                raise NotFound("alert rule not found")
            return rule.name, await _channels(connection, rule)

    async def _resolve(self, connection: AsyncConnection, row: Row[Any], now: datetime) -> Alert:
        alert = await _change(
            connection,
            row.workspace_id,
            row.id,
            status="resolved",
            resolved_at=now,
            updated_at=now,
        )
        await incidents.settle(connection, alert.workspace_id, alert.incident_id, now)
        rule = await _rule_row(connection, alert.workspace_id, alert.alert_rule_id)
        await self._tell(connection, rule, alert, "resolved")
        return alert

    async def _tell(
        self,
        connection: AsyncConnection,
        rule: Row[Any] | None,
        alert: Alert,
        event: Literal["triggered", "resolved"],
    ) -> None:
        channels = [] if rule is None else await _channels(connection, rule)
        if not channels:
            return
        notice = Notice(
            event=event,
            alert_id=alert.id,
            workspace_id=alert.workspace_id,
            probe_id=alert.probe_id,
            agent_id=alert.agent_id,
            probe_type=alert.probe_type,
            probe_name=alert.probe_name,
            probe_target=alert.probe_target,
            agent_name=alert.agent_name,
            panel_url=self._panel_url,
            metric=alert.metric,
            value=alert.value,
            threshold=alert.threshold,
            severity=alert.severity,
            message=alert.message,
            triggered_at=alert.triggered_at,
            resolved_at=alert.resolved_at,
            rule_id=alert.alert_rule_id,
            rule_name=alert.rule_name,
            incident_id=alert.incident_id,
        )
        await self._put(connection, notice, channels)


def streak_of(rule_id: int, line: Line) -> str:
    """What there is one open alert of at most."""
    of = msgspec.json.encode((rule_id, line))
    return hashlib.blake2b(of, digest_size=16).hexdigest()


def line_of_subject(subject: str) -> Line:
    return _line.decode(subject)


def shown(row: Row[Any]) -> Alert:
    return Alert(**{f: row._mapping[f] for f in Alert.__struct_fields__})  # noqa: SLF001 - SQLAlchemy's name for it


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


async def _rule_row(
    connection: AsyncConnection, workspace_id: int, rule_id: int
) -> Row[Any] | None:
    query = select(alert_rules).where(
        alert_rules.c.workspace_id == workspace_id, alert_rules.c.id == rule_id
    )
    return (await connection.execute(query)).one_or_none()


async def _channels(connection: AsyncConnection, rule: Row[Any]) -> list[Channel]:
    found: list[Channel] = []
    if rule.notify_webhook:
        found.append(Channel(kind="webhook", url=rule.webhook_url, secret=rule.webhook_secret))
    if rule.notify_email:
        query = (
            select(users.c.email)
            .join(members, members.c.user_id == users.c.id)
            .where(members.c.workspace_id == rule.workspace_id, members.c.role.in_(MAILED))
            .order_by(users.c.id)
        )
        addresses = (await connection.scalars(query)).all()
        found += [Channel(kind="email", url=address) for address in addresses]
    found += [Channel(kind="apprise", url=url) for url in rule.apprise_urls]
    return found
