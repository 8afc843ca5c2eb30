"""Rules, their channels and what alerts are about, each read once in a transaction. SQL."""

from typing import Any

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.notices import channels_of, escalations_of
from forepost.controller.alerts.subjects import Subjects
from forepost.controller.db.tables.alerts import alert_rules
from forepost.wire.rest.notify import Channel, key_of_address


class RowLookup:
    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.subjects = Subjects(connection)
        self._rules: dict[int, Row[Any] | None] = {}
        self._channels: dict[int, list[Channel]] = {}

    async def rule(self, workspace_id: int, rule_id: int) -> Row[Any] | None:
        if rule_id not in self._rules:
            query = select(alert_rules).where(
                alert_rules.c.workspace_id == workspace_id, alert_rules.c.id == rule_id
            )
            self._rules[rule_id] = (await self.connection.execute(query)).one_or_none()
        return self._rules[rule_id]

    async def channels(self, rule: Row[Any]) -> list[Channel]:
        """Where the rule tells. Rules that tell one address are one receiver with one key."""
        if rule.id not in self._channels:
            found = [_at_address(one) for one in await channels_of(self.connection, rule)]
            self._channels[rule.id] = list({one.key: one for one in found}.values())
        return self._channels[rule.id]

    async def channel(self, workspace_id: int, rule_id: int, key: str) -> Channel | None:
        """The one with this key, as it is now; None: the rule tells it no more."""
        rule = await self.rule(workspace_id, rule_id)
        if rule is None:
            return None
        channels = [*await self.channels(rule), *await self.escalations(rule)]
        return next((channel for channel in channels if channel.key == key), None)

    async def escalations(self, rule: Row[Any]) -> list[Channel]:
        """Whom the rule escalates to."""
        return await escalations_of(self.connection, rule)


def _at_address(channel: Channel) -> Channel:
    if not channel.key.startswith("rule:"):
        return channel
    return msgspec.structs.replace(channel, key=key_of_address(channel.kind, channel.url))
