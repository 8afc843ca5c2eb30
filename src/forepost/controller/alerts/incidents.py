"""Alerts that belong together: which incident an alert joins, and how it ends. SQL."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.place import Place, handles_of, rule_handle, scope_of
from forepost.controller.db.tables.alerts import alerts, incident_handles, incidents

TOGETHER: Final = timedelta(minutes=10)
"""An alert joins an open incident whose last alert is no older, or whose cause is known."""
MOST_OF_RULE: Final = 20
"""When a rule has begun so many incidents in `TOGETHER`, what follows of it is one incident."""


class Joining(msgspec.Struct, frozen=True, kw_only=True):
    """What joins an incident."""

    workspace_id: int
    rule_id: int
    place: Place
    severity: str
    title: str


class Joined(msgspec.Struct, frozen=True):
    incident_id: int
    is_storm: bool = False
    """It is one incident only as its rule raises so many."""


async def join(connection: AsyncConnection, new: Joining, now: datetime) -> Joined | None:
    """Join the open incident that has something in common with it, or open one.

    None for an alert that is about the workspace and nothing in it.
    """
    handles = handles_of(new.place)
    if not handles:
        return None
    found = await _open_with(connection, new.workspace_id, handles, now)
    is_storm = False
    if found is None and await _is_storm(connection, new.rule_id, now):
        handles, is_storm = frozenset({rule_handle(new.rule_id)}), True
        found = await _open_with(connection, new.workspace_id, handles, now)
    if found is None:
        return Joined(await _begin(connection, new, handles, now), is_storm)
    kept = handles & await _handles(connection, found)
    await _narrow(connection, found, kept)
    await connection.execute(
        update(incidents)
        .where(incidents.c.id == found)
        .values(
            **_shown_by(kept, new.place.reporter),
            severity="critical" if new.severity == "critical" else incidents.c.severity,
            alerts=incidents.c.alerts + 1,
            last_alert_at=now,
        )
    )
    return Joined(found, is_storm or scope_of(kept) == "rule")


async def settle(
    connection: AsyncConnection, workspace_id: int, incident_id: int, now: datetime
) -> None:
    """An alert of the incident was resolved: it is over when that was the last."""
    still_open = select(alerts.c.id).where(
        alerts.c.workspace_id == workspace_id,
        alerts.c.incident_id == incident_id,
        alerts.c.resolved_at.is_(None),
    )
    statement = (
        update(incidents)
        .where(
            incidents.c.workspace_id == workspace_id,
            incidents.c.id == incident_id,
            incidents.c.resolved_at.is_(None),
            ~still_open.exists(),
        )
        .values(resolved_at=now)
        .returning(incidents.c.id)
    )
    if (await connection.execute(statement)).one_or_none() is not None:
        await _narrow(connection, incident_id, frozenset())


async def _open_with(
    connection: AsyncConnection, workspace_id: int, handles: frozenset[str], now: datetime
) -> int | None:
    query = (
        select(incidents.c.id)
        .join(incident_handles, incident_handles.c.incident_id == incidents.c.id)
        .where(
            incident_handles.c.workspace_id == workspace_id,
            incident_handles.c.handle.in_(handles),
            incidents.c.resolved_at.is_(None),
            or_(incidents.c.last_alert_at >= now - TOGETHER, incidents.c.cause != ""),
        )
        .order_by(incidents.c.id)
        .limit(1)
    )
    found: int | None = await connection.scalar(query)
    return found


async def _is_storm(connection: AsyncConnection, rule_id: int, now: datetime) -> bool:
    query = select(func.count(incidents.c.id)).where(
        incidents.c.rule_id == rule_id, incidents.c.opened_at >= now - TOGETHER
    )
    return ((await connection.scalar(query)) or 0) >= MOST_OF_RULE


async def _begin(
    connection: AsyncConnection, new: Joining, handles: frozenset[str], now: datetime
) -> int:
    first = min(handles)
    course = f"{new.workspace_id}:{first}".encode()
    statement = (
        insert(incidents)
        .values(
            workspace_id=new.workspace_id,
            title=new.title,
            **_shown_by(handles, new.place.reporter),
            rule_id=new.rule_id,
            course=hashlib.blake2b(course, digest_size=16).hexdigest(),
            severity=new.severity,
            alerts=1,
            opened_at=now,
            last_alert_at=now,
        )
        .returning(incidents.c.id)
    )
    incident_id: int = (await connection.execute(statement)).scalar_one()
    await connection.execute(
        insert(incident_handles),
        [
            {"incident_id": incident_id, "workspace_id": new.workspace_id, "handle": handle}
            for handle in sorted(handles)
        ],
    )
    return incident_id


async def _handles(connection: AsyncConnection, incident_id: int) -> frozenset[str]:
    query = select(incident_handles.c.handle).where(incident_handles.c.incident_id == incident_id)
    return frozenset((await connection.scalars(query)).all())


async def _narrow(connection: AsyncConnection, incident_id: int, kept: frozenset[str]) -> None:
    """Only what all of its alerts have in common brings others to it."""
    await connection.execute(
        delete(incident_handles).where(
            incident_handles.c.incident_id == incident_id,
            incident_handles.c.handle.not_in(kept),
        )
    )


def _shown_by(handles: frozenset[str], reporter: int) -> dict[str, Any]:
    """The columns of an incident that say what it is about."""
    by_kind: dict[str, list[str]] = {}
    for handle in sorted(handles):
        kind, _, of = handle.partition(":")
        by_kind.setdefault(kind, []).append(of)
    agents = [int(one) for one in by_kind.get("agent", [])]
    return {
        "scope": scope_of(handles),
        "agent_id": reporter if reporter in agents else next(iter(agents), None),
        "target": by_kind.get("target", [""])[0],
        "site": by_kind.get("site", [""])[0],
    }
