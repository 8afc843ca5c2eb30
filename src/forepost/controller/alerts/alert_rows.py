"""Rows of alerts, as they are shown and found again. SQL."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.metrics import Line
from forepost.controller.db.tables.alerts import alerts
from forepost.wire.rest.alerts import Alert

_KEPT: Final = [f for f in Alert.__struct_fields__ if f != "is_known"]
_keys: msgspec.json.Decoder[list[str]] = msgspec.json.Decoder(list[str])
_line: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


def streak_of(rule_id: int, line: Line) -> str:
    """What there is one open alert of at most."""
    of = msgspec.json.encode((rule_id, line))
    return hashlib.blake2b(of, digest_size=16).hexdigest()


def line_of_subject(subject: str) -> Line:
    return _line.decode(subject)


def keys_of(row: Row[Any]) -> list[str]:
    """Of the channels that tell it."""
    return decoded_keys(row.channel_keys)


def decoded_keys(keys: str) -> list[str]:
    return _keys.decode(keys)


def shown(row: Row[Any]) -> Alert:
    return Alert(**{f: row._mapping[f] for f in _KEPT})  # noqa: SLF001 - SQLAlchemy's name for it


async def change_alert(
    connection: AsyncConnection, workspace_id: int, alert_id: int, **values: Any
) -> Row[Any]:
    statement = (
        update(alerts)
        .where(alerts.c.workspace_id == workspace_id, alerts.c.id == alert_id)
        .values(**values)
        .returning(*alerts.c)
    )
    return (await connection.execute(statement)).one()


async def incidents_before(
    connection: AsyncConnection, streaks: Collection[str], since: datetime
) -> dict[str, int]:
    """By streak, the incident of the newest alert that ended since then."""
    query = (
        select(alerts.c.streak, alerts.c.incident_id)
        .where(
            alerts.c.streak.in_(streaks),
            alerts.c.resolved_at >= since,
            alerts.c.incident_id.is_not(None),
        )
        .order_by(alerts.c.id)
    )
    return {row.streak: row.incident_id for row in (await connection.execute(query)).all()}


async def open_alerts(connection: AsyncConnection, streaks: Collection[str]) -> dict[str, Row[Any]]:
    """By streak; there is one open alert of each at most."""
    query = select(alerts).where(alerts.c.streak.in_(streaks), alerts.c.resolved_at.is_(None))
    return {row.streak: row for row in (await connection.execute(query)).all()}
