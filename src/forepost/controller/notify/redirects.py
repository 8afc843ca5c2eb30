"""What waits goes where it is to be told now, or nowhere. SQL."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.deliveries import deliveries
from forepost.controller.notify.delivery_order import WAITING
from forepost.controller.notify.destinations import host_of
from forepost.controller.notify.store import SUPERSEDED
from forepost.wire.rest.notify import Channel


async def redirect(
    connection: AsyncConnection,
    of: ColumnElement[bool],
    channels: Sequence[Channel],
    why: str,
    now: datetime,
) -> None:
    """What waits of `of` goes to these channels as they are now, at once where one has moved; what
    is for none of them is superseded, `why` being said in the log.

    What is on its way arrives where it was sent; another attempt of it goes the new way.
    """
    await move(connection, of, channels, now)
    kept = [one.key for one in channels]
    gone = (of, deliveries.c.receiver.not_in(kept))
    await let_go(connection, of, kept)
    await connection.execute(
        update(deliveries)
        .where(*gone, deliveries.c.state.in_(WAITING))
        .values(**SUPERSEDED, last_error=why)
    )


async def let_go(
    connection: AsyncConnection, of: ColumnElement[bool], kept: Collection[str]
) -> None:
    """What was given up of `of` is tried again by nobody where its receiver is none of these."""
    await connection.execute(
        update(deliveries)
        .where(of, deliveries.c.receiver.not_in(kept), deliveries.c.state == "failed")
        .values(secret="", headers={}, body="", html="")
    )


async def move(
    connection: AsyncConnection, of: ColumnElement[bool], channels: Sequence[Channel], now: datetime
) -> None:
    """What waits of `of` for one of these channels goes to it as it is now; so does what was given
    up, if somebody has it tried again.
    """
    for channel in channels:
        mine = (
            of,
            deliveries.c.state.in_((*WAITING, "failed")),
            deliveries.c.receiver == channel.key,
        )
        has_moved = or_(
            deliveries.c.destination != channel.url, deliveries.c.secret != channel.secret
        )
        await connection.execute(
            update(deliveries)
            .where(*mine, deliveries.c.state == "pending", has_moved)
            .values(next_at=now)
        )
        await connection.execute(
            update(deliveries)
            .where(*mine)
            .values(
                destination=channel.url,
                secret=channel.secret,
                headers=channel.headers,
                host=host_of(channel),
            )
        )
