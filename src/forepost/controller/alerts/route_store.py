"""SQL of routes, in their order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.route_facts import (
    facts_of,
    routed_alert,
    routes_in,
    tells_by_itself,
)
from forepost.controller.alerts.routes import RoutedAlert, channel_ids, verdicts
from forepost.controller.alerts.store import check_agents
from forepost.controller.alerts.subjects import Subjects
from forepost.controller.calendar import zone_of
from forepost.controller.db.engine import EXTERNAL_ID_TAKEN, Database, unique
from forepost.controller.db.tables.alerts import alert_rules, alerts
from forepost.controller.db.tables.channels import notice_channels, notice_routes
from forepost.controller.db.tables.fleet import agents
from forepost.kit.errors import Invalid, NotFound
from forepost.wire.base import patched
from forepost.wire.rest.routes import NewRoute, NoticeRoute, RoutePatch, RoutePreview, RouteQuestion

_KEPT: Final = [field for field in NewRoute.__struct_fields__ if field != "position"]


class RouteStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def all_of(self, workspace_id: int) -> list[NoticeRoute]:
        async with self._db.read() as connection:
            return await routes_in(connection, workspace_id)

    async def get(self, workspace_id: int, route_id: int) -> NoticeRoute:
        async with self._db.read() as connection:
            return _one(await routes_in(connection, workspace_id), route_id)

    async def add(self, workspace_id: int, new: NewRoute, now: datetime) -> NoticeRoute:
        with unique(EXTERNAL_ID_TAKEN):
            async with self._db.write_more(notice_routes, workspace_id) as connection:
                await _check(connection, workspace_id, new)
                before = await routes_in(connection, workspace_id, held=True)
                values = {field: msgspec.to_builtins(getattr(new, field)) for field in _KEPT}
                statement = (
                    insert(notice_routes)
                    .values(
                        workspace_id=workspace_id,
                        position=len(before) + 1,
                        created_at=now,
                        updated_at=now,
                        **values,
                    )
                    .returning(notice_routes.c.id)
                )
                number = int((await connection.execute(statement)).scalar_one())
                if new.position is not None:
                    await _move(connection, workspace_id, number, new.position)
                return _one(await routes_in(connection, workspace_id), number)

    async def change(
        self, workspace_id: int, route_id: int, patch: RoutePatch, now: datetime
    ) -> NoticeRoute:
        """What was told before is told to its end over the channels where it began."""
        with unique(EXTERNAL_ID_TAKEN):
            async with self._db.write() as connection:
                old = _one(await routes_in(connection, workspace_id, held=True), route_id)
                known = NewRoute(**{field: getattr(old, field) for field in _KEPT})
                new = patched(known, patch)
                await _check(connection, workspace_id, new)
                values = {field: msgspec.to_builtins(getattr(new, field)) for field in _KEPT}
                await connection.execute(
                    update(notice_routes)
                    .where(
                        notice_routes.c.workspace_id == workspace_id,
                        notice_routes.c.id == route_id,
                    )
                    .values(updated_at=now, **values)
                )
                if new.position is not None:
                    await _move(connection, workspace_id, route_id, new.position)
                return _one(await routes_in(connection, workspace_id), route_id)

    async def delete(self, workspace_id: int, route_id: int) -> None:
        async with self._db.write() as connection:
            _one(await routes_in(connection, workspace_id, held=True), route_id)
            await connection.execute(
                delete(notice_routes).where(
                    notice_routes.c.workspace_id == workspace_id, notice_routes.c.id == route_id
                )
            )
            await _number(connection, workspace_id, await routes_in(connection, workspace_id))

    async def preview(
        self, workspace_id: int, question: RouteQuestion, now: datetime
    ) -> RoutePreview:
        """What routes would say of an alert. Raises NotFound."""
        at = question.at or now
        async with self._db.read() as connection:
            routes = await routes_in(connection, workspace_id)
            about = await _about(connection, workspace_id, question)
        found = verdicts(routes, about, at)
        return RoutePreview(at=at, routes=found, channel_ids=channel_ids(found))


async def _about(
    connection: AsyncConnection, workspace_id: int, question: RouteQuestion
) -> RoutedAlert:
    """Raises NotFound."""
    if question.alert_id is not None:
        alert = await _row(connection, alerts, workspace_id, question.alert_id)
        if alert is None:
            raise NotFound("alert not found")
        rule = await _row(connection, alert_rules, workspace_id, alert.alert_rule_id)
        return await routed_alert(Subjects(connection), rule, facts_of(alert))
    rule = None
    if question.rule_id is not None:
        rule = await _row(connection, alert_rules, workspace_id, question.rule_id)
        if rule is None:
            raise NotFound("alert rule not found")
    if question.agent_id is not None:
        await check_agents(connection, workspace_id, {question.agent_id}, "agent_id")
    return RoutedAlert(
        labels=question.labels,
        severity=question.severity,
        rule_id=question.rule_id,
        agent_id=question.agent_id,
        probe_type=question.probe_type or "",
        metric=question.metric or ("" if rule is None else rule.metric),
        is_told=rule is not None and tells_by_itself(rule),
    )


async def _row(
    connection: AsyncConnection, table: Table, workspace_id: int, number: int
) -> Row[Any] | None:
    query = select(table).where(table.c.workspace_id == workspace_id, table.c.id == number)
    return (await connection.execute(query)).one_or_none()


async def _check(connection: AsyncConnection, workspace_id: int, new: NewRoute) -> None:
    """Raises Invalid for what is not there."""
    if new.hours is not None:
        zone_of(new.hours.timezone, "hours.timezone")
    for field, noun, table, wanted in (
        ("channel_ids", "channel", notice_channels, new.channel_ids),
        ("match.rule_ids", "rule", alert_rules, new.match.rule_ids),
        ("match.agent_ids", "agent", agents, new.match.agent_ids),
    ):
        query = select(table.c.id).where(
            table.c.workspace_id == workspace_id, table.c.id.in_(wanted)
        )
        there = set((await connection.scalars(query)).all()) if wanted else set()
        if missing := set(wanted) - there:
            raise Invalid(f"{field}: no {noun} {min(missing)} in this workspace")


async def _move(
    connection: AsyncConnection, workspace_id: int, route_id: int, position: int
) -> None:
    """Put a route there; the others keep their order."""
    routes = await routes_in(connection, workspace_id)
    moved = _one(routes, route_id)
    others = [route for route in routes if route.id != route_id]
    others.insert(position - 1, moved)
    await _number(connection, workspace_id, others)


async def _number(
    connection: AsyncConnection, workspace_id: int, routes: Sequence[NoticeRoute]
) -> None:
    for position, route in enumerate(routes, start=1):
        if route.position != position:
            await connection.execute(
                update(notice_routes)
                .where(notice_routes.c.workspace_id == workspace_id, notice_routes.c.id == route.id)
                .values(position=position)
            )


def _one(routes: Sequence[NoticeRoute], route_id: int) -> NoticeRoute:
    for route in routes:
        if route.id == route_id:
            return route
    raise NotFound("route not found")
