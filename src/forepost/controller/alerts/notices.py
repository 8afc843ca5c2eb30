"""What is told of alerts: written, with its channels, in the transaction that causes it. SQL."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.notice_of_alert import notice_of
from forepost.controller.alerts.route_facts import routes_in
from forepost.controller.db.mailed_members import mailed_members
from forepost.controller.db.tables.alerts import alerts
from forepost.controller.outgoing.receivers import receivers_of
from forepost.wire.rest.alerts import Alert
from forepost.wire.rest.notify import Channel, ChannelKind, Notice, NoticeEvent, key_of_address

Put = Callable[[AsyncConnection, Notice, Sequence[Channel], str], Awaitable[Any]]
"""Has a notice sent once the transaction of the connection is committed, after those of the same
course.
"""
Redirect = Callable[[AsyncConnection, int, Sequence[Channel]], Awaitable[None]]
"""(connection, rule id, channels): what waits of the rule goes there, or nowhere."""

ids: msgspec.json.Decoder[list[int]] = msgspec.json.Decoder(list[int])


class AlertNotices:
    """`put` and `redirect` are the outbox's; `panel_url` is what links start with."""

    def __init__(self, put: Put, redirect: Redirect, panel_url: str) -> None:
        self._put, self._redirect, self._panel_url = put, redirect, panel_url

    async def rule_changed(self, connection: AsyncConnection, rule: Row[Any]) -> None:
        """What waits to be told of a rule goes where it tells now."""
        own = [*await channels_of(connection, rule), *await escalations_of(connection, rule)]
        routes = await routes_in(connection, rule.workspace_id)
        led = {number for route in routes for number in route.channel_ids}
        named = await receivers_of(connection, rule.workspace_id, [*rule.channel_ids, *sorted(led)])
        await self._redirect(connection, rule.id, [*own, *named])

    async def tell(
        self,
        connection: AsyncConnection,
        rule: Row[Any] | None,
        alert: Alert,
        event: NoticeEvent,
        only: Sequence[Channel] | None = None,
    ) -> None:
        """`only`: over these channels instead of all."""
        channels = list(only or ())
        if rule is not None and only is None:
            channels = await channels_of(connection, rule, alert)
        if not channels:
            return
        query = (
            update(alerts)
            .where(alerts.c.workspace_id == alert.workspace_id, alerts.c.id == alert.id)
            .values(notices=alerts.c.notices + 1)
            .returning(alerts.c.notices, alerts.c.streak)
        )
        counted = (await connection.execute(query)).one()
        notice = notice_of(alert, event, seq=counted.notices, panel_url=self._panel_url)
        await self._put(connection, notice, channels, counted.streak)


async def channels_of(
    connection: AsyncConnection,
    rule: Row[Any],
    alert: Alert | None = None,
    *,
    disabled_too: bool = False,
) -> list[Channel]:
    """Where a rule tells: its own webhook, mails and URLs of Apprise, and its named channels; of an
    alert also where routes have led it. Each receiver once. `disabled_too`: also where it would.
    """
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
        addresses = (await connection.scalars(mailed_members(rule.workspace_id))).all()
        found += [_at("email", address) for address in addresses]
    found += [_at("apprise", url) for url in rule.apprise_urls]
    led = [] if alert is None else await _led(connection, alert)
    named = [*rule.channel_ids, *led]
    found += await receivers_of(connection, rule.workspace_id, named, disabled_too=disabled_too)
    if alert is not None and alert.escalated_at is not None:
        found += await escalations_of(connection, rule)
    return once(found)


async def _led(connection: AsyncConnection, alert: Alert) -> list[int]:
    query = select(alerts.c.routed_to).where(
        alerts.c.workspace_id == alert.workspace_id, alerts.c.id == alert.id
    )
    found: str | None = await connection.scalar(query)
    return ids.decode(found or "[]")


def once(channels: Iterable[Channel]) -> list[Channel]:
    """Each receiver once. A member whom the rule itself mails is not mailed by a named channel
    again: never the other way round, as routes and escalations come later, and a key that is told
    no more is told the end.
    """
    found = list({one.key: one for one in channels}.values())
    mailed = {one.url for one in found if one.kind == "email" and one.channel_id is None}
    return [one for one in found if one.channel_id is None or one.url not in mailed]


async def escalations_of(
    connection: AsyncConnection, rule: Row[Any], *, disabled_too: bool = False
) -> list[Channel]:
    """Whom a rule tells, too, when nobody has an alert after a while."""
    urls = [_at("apprise", url) for url in rule.escalate_apprise_urls]
    named = await receivers_of(
        connection, rule.workspace_id, rule.escalate_channel_ids, disabled_too=disabled_too
    )
    return once([*urls, *named])


def _at(kind: ChannelKind, url: str) -> Channel:
    return Channel(kind=kind, url=url, key=key_of_address(kind, url))
