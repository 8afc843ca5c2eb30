"""SQL of tags that are set here for agents."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.jobs import agent_tags
from forepost.kit.errors import Invalid, NotFound
from forepost.wire.jobs.agent_api import MOST_TAGS, RESERVED_TAGS, Tag
from forepost.wire.jobs.delivery import WantedTag


class TagStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, workspace_id: int, agent_id: int) -> list[WantedTag]:
        """By name. Raises NotFound."""
        async with self._db.snapshot() as connection:
            await _check_agent(connection, workspace_id, agent_id)
            return await tags_in(connection, agent_id)

    async def set(
        self, workspace_id: int, agent_id: int, tags: Iterable[Tag], now: datetime
    ) -> list[WantedTag]:
        """Set these, and leave the others; return all. Raises NotFound, Invalid."""
        for tag in tags:
            if tag.name in RESERVED_TAGS:
                raise Invalid(f"tags: {tag.name} is every agent's own, and cannot be set")
        return await self._change(
            workspace_id, agent_id, {tag.name: (tag.value, False) for tag in tags}, now
        )

    async def remove(
        self, workspace_id: int, agent_id: int, name: str, now: datetime
    ) -> list[WantedTag]:
        """Have the agent have it no more. Raises NotFound, Invalid."""
        return await self._change(workspace_id, agent_id, {name: ("", True)}, now)

    async def _change(
        self, workspace_id: int, agent_id: int, changed: dict[str, tuple[str, bool]], now: datetime
    ) -> list[WantedTag]:
        async with self._db.write() as connection:
            await _check_agent(connection, workspace_id, agent_id, held=True)
            before = {one.tag.name: one for one in await tags_in(connection, agent_id)}
            if len(before.keys() | changed.keys()) > MOST_TAGS:
                raise Invalid(f"tags: an agent has {MOST_TAGS} at most")
            mine = agent_tags.c.agent_id == agent_id
            await connection.execute(
                delete(agent_tags).where(mine, agent_tags.c.name.in_([*changed]))
            )
            now_ms = int(now.timestamp() * 1_000)
            rows = [
                {
                    "agent_id": agent_id,
                    "name": name,
                    "value": value,
                    "is_removed": is_removed,
                    "number": max(now_ms, before[name].number + 1 if name in before else 0),
                }
                for name, (value, is_removed) in changed.items()
            ]
            if rows:
                await connection.execute(insert(agent_tags), rows)
            return await tags_in(connection, agent_id)


async def tags_in(connection: AsyncConnection, agent_id: int) -> list[WantedTag]:
    """By name."""
    query = select(agent_tags).where(agent_tags.c.agent_id == agent_id).order_by(agent_tags.c.name)
    return [
        WantedTag(
            tag=Tag(name=row.name, value=row.value), number=row.number, is_removed=row.is_removed
        )
        for row in await connection.execute(query)
    ]


async def _check_agent(
    connection: AsyncConnection, workspace_id: int, agent_id: int, *, held: bool = False
) -> None:
    """`held`: its tags are about to be changed. Raises NotFound."""
    query = select(agents.c.id).where(
        agents.c.id == agent_id,
        agents.c.workspace_id == workspace_id,
        agents.c.deleted_at.is_(None),
    )
    if held:
        query = query.with_for_update()
    if await connection.scalar(query) is None:
        raise NotFound("agent not found")
