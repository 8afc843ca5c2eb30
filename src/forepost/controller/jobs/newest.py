"""Of what agents say without end the newest is kept. SQL."""

from sqlalchemy import ColumnElement, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection


async def keep_newest(
    connection: AsyncConnection, table: Table, mine: ColumnElement[bool], most: int
) -> None:
    """Drop all but the newest rows of `table` among `mine`; those that came last are the newest."""
    beyond = select(table.c.id).where(mine).order_by(table.c.id.desc()).offset(most).limit(1)
    last = await connection.scalar(beyond)
    if last is not None:
        await connection.execute(delete(table).where(mine, table.c.id <= last))
