"""Routes, and what they look at of an alert. SQL."""

from typing import Any, Final

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.routes import RoutedAlert
from forepost.controller.alerts.subjects import Subjects
from forepost.controller.db.tables.channels import notice_routes
from forepost.wire.rest.routes import NoticeRoute

_FIELDS: Final = NoticeRoute.__struct_fields__


class AlertFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Of an alert that is about to be written, or of one that is open."""

    workspace_id: int
    alert_rule_id: int
    probe_id: int | None
    agent_id: int | None
    probe_type: str
    metric: str
    severity: str


def facts_of(row: Row[Any]) -> AlertFacts:
    return AlertFacts(**{f: row._mapping[f] for f in AlertFacts.__struct_fields__})  # noqa: SLF001 - SQLAlchemy's name for it


async def routes_in(
    connection: AsyncConnection, workspace_id: int, *, held: bool = False
) -> list[NoticeRoute]:
    """The routes of a workspace in their order; `held`: they are about to be changed."""
    query = (
        select(notice_routes)
        .where(notice_routes.c.workspace_id == workspace_id)
        .order_by(notice_routes.c.position, notice_routes.c.id)
    )
    if held:
        query = query.with_for_update()
    rows = (await connection.execute(query)).all()
    return [msgspec.convert({f: row._mapping[f] for f in _FIELDS}, NoticeRoute) for row in rows]  # noqa: SLF001 - SQLAlchemy's name for it


async def routed_alert(subjects: Subjects, rule: Row[Any] | None, about: AlertFacts) -> RoutedAlert:
    """An alert as routes see it. What is gone has no labels."""
    return RoutedAlert(
        labels=await subjects.labels(about.workspace_id, about.probe_id, about.agent_id),
        severity=about.severity,
        rule_id=about.alert_rule_id,
        agent_id=about.agent_id,
        probe_type=about.probe_type,
        metric=about.metric,
        is_told=rule is not None and tells_by_itself(rule),
    )


def tells_by_itself(rule: Row[Any]) -> bool:
    return bool(rule.notify_webhook or rule.notify_email or rule.apprise_urls or rule.channel_ids)
