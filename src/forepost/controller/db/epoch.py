"""A number that another process raises when it changed who may come in.

A controller knows sessions, keys and roles in RAM; it looks at this number to notice what was done
past it (`forepost user`).
"""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.access import access_epoch


async def raise_epoch(connection: AsyncConnection) -> None:
    """In the transaction of the change."""
    await connection.execute(update(access_epoch).values(epoch=access_epoch.c.epoch + 1))


async def epoch_now(connection: AsyncConnection) -> int:
    return await connection.scalar(select(access_epoch.c.epoch)) or 0
