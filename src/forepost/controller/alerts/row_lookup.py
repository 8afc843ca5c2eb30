"""Rules, their channels and what alerts are about, each read once in a transaction. SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.notices import channels_of, escalations_of, once
from forepost.controller.alerts.route_facts import AlertFacts, routed_alert, routes_in
from forepost.controller.alerts.routes import channel_ids, verdicts
from forepost.controller.alerts.subjects import Subjects
from forepost.controller.db.tables.alerts import alert_rules
from forepost.controller.outgoing.receivers import named_channel_of, receivers_of
from forepost.wire.rest.notify import Channel, key_of_address
from forepost.wire.rest.routes import NoticeRoute


class RowLookup:
    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.subjects = Subjects(connection)
        self._rules: dict[int, Row[Any] | None] = {}
        self._channels: dict[int, list[Channel]] = {}
        self._escalations: dict[int, list[Channel]] = {}
        self._routes: dict[int, list[NoticeRoute]] = {}

    async def rule(self, workspace_id: int, rule_id: int) -> Row[Any] | None:
        if rule_id not in self._rules:
            query = select(alert_rules).where(
                alert_rules.c.workspace_id == workspace_id, alert_rules.c.id == rule_id
            )
            self._rules[rule_id] = (await self.connection.execute(query)).one_or_none()
        return self._rules[rule_id]

    async def _told(self, rule: Row[Any]) -> list[Channel]:
        """Where the rule tells, also over channels that are disabled now. Rules that tell one
        address are one receiver with one key.
        """
        if rule.id not in self._channels:
            told = await channels_of(self.connection, rule, disabled_too=True)
            self._channels[rule.id] = once(at_address(one) for one in told)
        return self._channels[rule.id]

    async def channel(self, workspace_id: int, rule_id: int, key: str) -> Channel | None:
        """The one with this key, as it is now; None: it is gone or disabled, or is an address that
        the rule tells no more.
        """
        number = named_channel_of(key)
        if number is not None:
            channels = await receivers_of(self.connection, workspace_id, [number])
        else:
            rule = await self.rule(workspace_id, rule_id)
            if rule is None:
                return None
            channels = [*await self._told(rule), *await self._escalations_of(rule)]
        return next((channel for channel in channels if channel.key == key), None)

    async def _escalations_of(self, rule: Row[Any]) -> list[Channel]:
        """Whom the rule escalates to, also over channels that are disabled now."""
        if rule.id not in self._escalations:
            found = await escalations_of(self.connection, rule, disabled_too=True)
            self._escalations[rule.id] = found
        return self._escalations[rule.id]

    async def led_to(self, rule: Row[Any], about: AlertFacts, at: datetime) -> list[int]:
        """The named channels that routes lead an alert of the rule to, at this time."""
        workspace_id = rule.workspace_id
        if workspace_id not in self._routes:
            self._routes[workspace_id] = await routes_in(self.connection, workspace_id)
        routes = self._routes[workspace_id]
        if not routes:
            return []
        seen = await routed_alert(self.subjects, rule, about)
        return channel_ids(verdicts(routes, seen, at))

    async def told_by(
        self, rule: Row[Any], led: Sequence[int], *, is_escalated: bool = False
    ) -> str:
        """Keys of the channels that tell an alert of the rule, as they are kept (JSON). One that is
        disabled is among them: it may be enabled before the end.
        """
        routed = await receivers_of(self.connection, rule.workspace_id, led, disabled_too=True)
        others = await self._escalations_of(rule) if is_escalated else []
        keys = {one.key for one in once([*await self._told(rule), *routed, *others])}
        return msgspec.json.encode(sorted(keys)).decode()


def at_address(channel: Channel) -> Channel:
    """Return the channel with the key of its address, where it has that of a rule."""
    if not channel.key.startswith("rule:"):
        return channel
    return msgspec.structs.replace(channel, key=key_of_address(channel.kind, channel.url))
