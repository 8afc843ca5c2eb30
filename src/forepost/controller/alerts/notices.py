"""What is told of alerts: written, with its channels, in the transaction that causes it. SQL."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Literal

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.alerts import alert_rules, alerts
from forepost.controller.db.tables.workspaces import members
from forepost.controller.outgoing.receivers import receivers_of
from forepost.wire.rest.alerts import Alert
from forepost.wire.rest.notify import Channel, ChannelKind, Notice, key_of_address

Put = Callable[[AsyncConnection, Notice, Sequence[Channel], str], Awaitable[Any]]
"""Has a notice sent once the transaction of the connection is committed, after those of the same
course.
"""
Redirect = Callable[[AsyncConnection, int, Sequence[Channel]], Awaitable[None]]
"""(connection, rule id, channels): what waits of the rule goes there, or nowhere."""

MAILED: Final = ("USER", "ADMIN", "OWNER")


class AlertNotices:
    """`put` and `redirect` are the outbox's; `panel_url` is what links start with."""

    def __init__(self, put: Put, redirect: Redirect, panel_url: str) -> None:
        self._put, self._redirect, self._panel_url = put, redirect, panel_url

    async def rule_changed(self, connection: AsyncConnection, rule: Row[Any]) -> None:
        """What waits to be told of a rule goes where it tells now."""
        await self._redirect(connection, rule.id, await channels_of(connection, rule))

    async def tell(
        self,
        connection: AsyncConnection,
        rule: Row[Any] | None,
        alert: Alert,
        event: Literal["triggered", "resolved"],
    ) -> None:
        channels = [] if rule is None else await channels_of(connection, rule)
        if not channels:
            return
        query = (
            update(alerts)
            .where(alerts.c.workspace_id == alert.workspace_id, alerts.c.id == alert.id)
            .values(notices=alerts.c.notices + 1)
            .returning(alerts.c.notices, alerts.c.streak)
        )
        counted = (await connection.execute(query)).one()
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
            seq=counted.notices,
            status=alert.status,
            ended=alert.ended,
            last_value=alert.last_value,
            worst_value=alert.worst_value,
            duration_sec=_duration_sec(alert),
        )
        await self._put(connection, notice, channels, counted.streak)


async def rule_row(connection: AsyncConnection, workspace_id: int, rule_id: int) -> Row[Any] | None:
    query = select(alert_rules).where(
        alert_rules.c.workspace_id == workspace_id, alert_rules.c.id == rule_id
    )
    return (await connection.execute(query)).one_or_none()


async def channels_of(connection: AsyncConnection, rule: Row[Any]) -> list[Channel]:
    """Where a rule tells: its own webhook, mails and URLs of Apprise, and its named channels."""
    found: list[Channel] = []
    if rule.notify_webhook:
        found.append(
            Channel(
                kind="webhook",
                url=rule.webhook_url,
                secret=rule.webhook_secret,
                key=f"rule:{rule.id}:webhook",
            )
        )
    if rule.notify_email:
        query = (
            select(users.c.email)
            .join(members, members.c.user_id == users.c.id)
            .where(members.c.workspace_id == rule.workspace_id, members.c.role.in_(MAILED))
            .order_by(users.c.id)
        )
        addresses = (await connection.scalars(query)).all()
        found += [_at("email", address) for address in addresses]
    found += [_at("apprise", url) for url in rule.apprise_urls]
    return found + await receivers_of(connection, rule.workspace_id, rule.channel_ids)


def _at(kind: ChannelKind, url: str) -> Channel:
    return Channel(kind=kind, url=url, key=key_of_address(kind, url))


def _duration_sec(alert: Alert) -> int | None:
    if alert.resolved_at is None:
        return None
    return max(0, round((alert.resolved_at - alert.triggered_at).total_seconds()))
