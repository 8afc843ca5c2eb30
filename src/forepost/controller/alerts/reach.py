"""Whom open alerts reach, when rules or channels are otherwise than when they opened. SQL."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, select, update

from forepost.controller.alerts.alert_rows import decoded_keys, keys_of, shown
from forepost.controller.alerts.ledger_page import LedgerPage, open_of_rule
from forepost.controller.alerts.notices import AlertNotices, channels_of, ids
from forepost.controller.alerts.row_lookup import RowLookup, at_address
from forepost.controller.db.tables.alerts import alerts
from forepost.controller.db.tables.deliveries import deliveries
from forepost.controller.outgoing.receivers import named_channel_of
from forepost.wire.rest.notify import Channel

AT_ONCE: Final = 500
"""Alerts in one statement."""


class Reach:
    """Within one transaction; what follows for incidents is told when the page is settled."""

    def __init__(self, lookup: RowLookup, page: LedgerPage, notices: AlertNotices) -> None:
        self._lookup, self._connection = lookup, lookup.connection
        self._page, self._notices = page, notices

    async def of_rule(self, rule: Row[Any]) -> None:
        """What is open is told where the rule tells now: a channel that is new hears of it, one
        that is taken out hears that it does no more.
        """
        rows = (await self._connection.execute(open_of_rule(rule.workspace_id, rule.id))).all()
        for led, is_escalated in {(row.routed_to, row.escalated_at is not None) for row in rows}:
            told_by = await self._lookup.told_by(rule, ids.decode(led), is_escalated=is_escalated)
            moved = [
                row
                for row in rows
                if row.routed_to == led
                and (row.escalated_at is not None) == is_escalated
                and row.channel_keys != told_by
            ]
            await self._move(rule, moved, told_by)

    async def of_channel(self, workspace_id: int, channel_id: int) -> None:
        """The same of all rules, when a channel is changed or gone. One that is enabled hears of
        what it has not heard of.
        """
        query = select(alerts).where(
            alerts.c.workspace_id == workspace_id, alerts.c.resolved_at.is_(None)
        )
        rows = (await self._connection.execute(query)).all()
        for rule_id in {row.alert_rule_id for row in rows}:
            rule = await self._lookup.rule(workspace_id, rule_id)
            if rule is not None:
                await self.of_rule(rule)
        for row in rows:
            keys = [key for key in keys_of(row) if named_channel_of(key) == channel_id]
            if not keys:
                continue
            rule = await self._lookup.rule(workspace_id, row.alert_rule_id)
            if row.is_alone and rule is not None:
                await self._catch_up(rule, row, keys)
            elif not row.is_alone:
                self._page.touch(row)

    async def _move(self, rule: Row[Any], rows: Sequence[Row[Any]], told_by: str) -> None:
        for start in range(0, len(rows), AT_ONCE):
            numbers = [row.id for row in rows[start : start + AT_ONCE]]
            await self._connection.execute(
                update(alerts)
                .where(alerts.c.workspace_id == rule.workspace_id, alerts.c.id.in_(numbers))
                .values(channel_keys=told_by)
            )
        after = set(decoded_keys(told_by))
        for row in rows:
            if row.is_alone:
                await self._move_alone(rule, row, after)
            else:
                self._page.touch(row, lost=set(keys_of(row)) - after)

    async def _move_alone(self, rule: Row[Any], row: Row[Any], after: set[str]) -> None:
        before = set(keys_of(row))
        await self._catch_up(rule, row, sorted(after - before))
        for key in sorted(before - after):
            channel = None
            if named_channel_of(key) is not None:
                channel = await self._lookup.channel(row.workspace_id, rule.id, key)
            if channel is not None and await self._has_heard(row, channel):
                alert = shown(row)
                await self._notices.tell(self._connection, rule, alert, "withdrawn", [channel])

    async def _catch_up(self, rule: Row[Any], row: Row[Any], keys: list[str]) -> None:
        """Have these hear of an open alert that is told by itself, where they have not."""
        if row.told_from is not None and row.told_from > self._page.now:
            return
        there = await channels_of(self._connection, rule, shown(row))
        new = [
            one
            for one in there
            if at_address(one).key in keys and not await self._has_heard(row, one)
        ]
        await self._notices.tell(self._connection, rule, shown(row), "triggered", new)

    async def _has_heard(self, row: Row[Any], channel: Channel) -> bool:
        """Whether the beginning of the alert was told, or is about to be."""
        query = select(deliveries.c.event).where(
            deliveries.c.workspace_id == row.workspace_id,
            deliveries.c.alert_id == row.id,
            deliveries.c.receiver == channel.key,
            deliveries.c.state != "superseded",
        )
        last = await self._connection.scalar(query.order_by(deliveries.c.id.desc()).limit(1))
        return last is not None and last != "withdrawn"
