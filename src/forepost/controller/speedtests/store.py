"""SQL of the queue of speed tests."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.presence import agent_exists
from forepost.controller.db.tables.speedtests import speedtest_servers, speedtests
from forepost.kit.errors import Conflict, NotFound
from forepost.wire.speedtests.queue import NewSpeedtest, Speedtest, SpeedtestServer

WAIT: Final = timedelta(minutes=15)
"""How long a test may wait for its agent, and from then on for its end."""
MOST_WAITING: Final = 20
"""Of one agent."""
OPEN: Final = ("pending", "running")


class Speedtests:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(
        self, workspace_id: int, agent_id: int, limit: int, offset: int
    ) -> tuple[list[Speedtest], int]:
        """Newest first, and how many there are."""
        mine = select(speedtests).where(*_of_agent(workspace_id, agent_id))
        async with self._db.read() as connection:
            await agent_exists(connection, workspace_id, agent_id)
            total = await connection.scalar(select(func.count()).select_from(mine.subquery()))
            page = mine.order_by(speedtests.c.id.desc()).limit(limit).offset(offset)
            rows = (await connection.execute(page)).all()
        return [_speedtest(row) for row in rows], total or 0

    async def get(self, workspace_id: int, agent_id: int, queue_id: int) -> Speedtest:
        async with self._db.read() as connection:
            return await _one(connection, workspace_id, agent_id, queue_id)

    async def add(
        self,
        workspace_id: int,
        agent_id: int,
        new: NewSpeedtest,
        requested_by: int | None,
        now: datetime,
    ) -> Speedtest:
        """Raises Conflict when too many wait already."""
        waiting = (
            select(func.count())
            .select_from(speedtests)
            .where(*_of_agent(workspace_id, agent_id), speedtests.c.status.in_(OPEN))
        )
        statement = (
            insert(speedtests)
            .values(
                workspace_id=workspace_id,
                agent_id=agent_id,
                server_id=new.server_id,
                server_name=new.server_name,
                status="pending",
                requested_by=requested_by,
                expires_at=now + WAIT,
                error="",
                created_at=now,
                updated_at=now,
            )
            .returning(*speedtests.c)
        )
        async with self._db.write() as connection:
            await agent_exists(connection, workspace_id, agent_id)
            if (await connection.scalar(waiting) or 0) >= MOST_WAITING:
                raise Conflict(f"{MOST_WAITING} tests of this agent are waiting already")
            return _speedtest((await connection.execute(statement)).one())

    async def cancel(
        self, workspace_id: int, agent_id: int, queue_id: int, now: datetime
    ) -> Speedtest:
        """Raises Conflict for one that has ended."""
        async with self._db.write() as connection:
            found = await _one(connection, workspace_id, agent_id, queue_id)
            if found.status not in OPEN:
                raise Conflict(f"the test is {found.status}")
            return await _set(connection, found.id, now, status="cancelled", completed_at=now)

    async def next_of(self, workspace_id: int, agent_id: int, now: datetime) -> Speedtest | None:
        """The oldest that waits, now running; None while one runs: there are never two at once."""
        mine = _of_agent(workspace_id, agent_id)
        busy = select(speedtests.c.id).where(*mine, speedtests.c.status == "running").limit(1)
        oldest = (
            select(speedtests.c.id)
            .where(*mine, speedtests.c.status == "pending", speedtests.c.expires_at > now)
            .order_by(speedtests.c.id)
            .limit(1)
        )
        async with self._db.write() as connection:
            if await connection.scalar(busy) is not None:
                return None
            queue_id = await connection.scalar(oldest)
            if queue_id is None:
                return None
            return await _set(
                connection,
                queue_id,
                now,
                status="running",
                started_at=now,
                expires_at=now + WAIT,
            )

    async def ended(
        self, workspace_id: int, agent_id: int, queue_id: int, error: str, now: datetime
    ) -> Speedtest | None:
        """A result came; None where it is of no open test of this agent."""
        async with self._db.write() as connection:
            try:
                found = await _one(connection, workspace_id, agent_id, queue_id)
            except NotFound:
                return None
            if found.status not in OPEN:
                return None
            status = "failed" if error else "completed"
            return await _set(
                connection, queue_id, now, status=status, error=error, completed_at=now
            )

    async def expire(self, now: datetime) -> list[Speedtest]:
        """End those that waited too long; return them."""
        late = (speedtests.c.status.in_(OPEN), speedtests.c.expires_at <= now)
        statement = (
            update(speedtests)
            .where(*late)
            .values(status="expired", completed_at=now, updated_at=now)
            .returning(*speedtests.c)
        )
        query = select(speedtests.c.id).where(*late).limit(1)
        async with self._db.read() as connection:
            if await connection.scalar(query) is None:
                return []
        async with self._db.write() as connection:
            return [_speedtest(row) for row in (await connection.execute(statement)).all()]

    async def set_servers(
        self, agent_id: int, servers: Sequence[SpeedtestServer], now: datetime
    ) -> None:
        async with self._db.write() as connection:
            await connection.execute(
                delete(speedtest_servers).where(speedtest_servers.c.agent_id == agent_id)
            )
            await connection.execute(
                insert(speedtest_servers).values(
                    agent_id=agent_id, servers=msgspec.to_builtins(servers), reported_at=now
                )
            )

    async def servers(self, workspace_id: int, agent_id: int) -> list[SpeedtestServer]:
        query = select(speedtest_servers.c.servers).where(speedtest_servers.c.agent_id == agent_id)
        async with self._db.read() as connection:
            await agent_exists(connection, workspace_id, agent_id)
            found = await connection.scalar(query)
        return msgspec.convert(found or [], list[SpeedtestServer])


def _of_agent(workspace_id: int, agent_id: int) -> tuple[ColumnElement[bool], ...]:
    return speedtests.c.workspace_id == workspace_id, speedtests.c.agent_id == agent_id


async def _one(
    connection: AsyncConnection, workspace_id: int, agent_id: int, queue_id: int
) -> Speedtest:
    query = select(speedtests).where(
        *_of_agent(workspace_id, agent_id), speedtests.c.id == queue_id
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("speed test not found")
    return _speedtest(row)


async def _set(
    connection: AsyncConnection, queue_id: int, now: datetime, **values: Any
) -> Speedtest:
    statement = (
        update(speedtests)
        .where(speedtests.c.id == queue_id)
        .values(updated_at=now, **values)
        .returning(*speedtests.c)
    )
    return _speedtest((await connection.execute(statement)).one())


def _speedtest(row: Row[Any]) -> Speedtest:
    return Speedtest(
        id=row.id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        workspace_id=row.workspace_id,
        agent_id=row.agent_id,
        server_id=row.server_id,
        server_name=row.server_name,
        status=row.status,
        requested_by=row.requested_by,
        requested_at=row.created_at,
        expires_at=row.expires_at,
        started_at=row.started_at,
        completed_at=row.completed_at,
        error=row.error,
    )
