"""Who is told over a named channel: one receiver for each of its addresses."""

import hashlib
from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.channels import notice_channels
from forepost.wire.rest.notify import Channel


async def receivers_of(
    connection: AsyncConnection,
    workspace_id: int,
    channel_ids: Collection[int],
    *,
    disabled_too: bool = False,
) -> list[Channel]:
    """Of those channels that are there and enabled, each once, in the order of `channel_ids`."""
    if not channel_ids:
        return []
    query = select(notice_channels).where(
        notice_channels.c.workspace_id == workspace_id,
        notice_channels.c.id.in_(channel_ids),
    )
    if not disabled_too:
        query = query.where(notice_channels.c.enabled.is_(True))
    rows = {row.id: row for row in await connection.execute(query)}
    named = [rows[number] for number in dict.fromkeys(channel_ids) if number in rows]
    return [receiver for row in named for receiver in receivers(row)]


def receivers(row: Row[Any]) -> list[Channel]:
    """Of a row of `notice_channels`. Pure."""
    if row.kind == "email":
        return [
            Channel(
                kind="email",
                url=address,
                key=f"channel:{row.id}:{_digest(address)}",
                channel_id=row.id,
                timezone=row.timezone,
                template_id=row.template_id,
            )
            for address in row.addresses
        ]
    return [
        Channel(
            kind=row.kind,
            url=row.url,
            secret=row.secret,
            key=f"channel:{row.id}",
            headers=row.headers,
            channel_id=row.id,
            timezone=row.timezone,
            template_id=row.template_id,
        )
    ]


def named_channel_of(key: str) -> int | None:
    """The channel whose receiver has this key; None: no named one has."""
    kind, _, rest = key.partition(":")
    return int(rest.partition(":")[0]) if kind == "channel" else None


def _digest(address: str) -> str:
    return hashlib.blake2b(address.encode(), digest_size=6).hexdigest()
