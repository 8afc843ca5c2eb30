"""Which agents of a workspace are there: what several slices ask before they refer to one."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.fleet import agents
from forepost.kit.errors import Invalid, NotFound


async def agent_exists(connection: AsyncConnection, workspace_id: int, agent_id: int) -> None:
    """Raises NotFound."""
    if not await agents_in(connection, workspace_id, [agent_id]):
        raise NotFound("agent not found")


async def agents_exist(
    connection: AsyncConnection, workspace_id: int, ids: Iterable[int], field: str
) -> None:
    """Raises Invalid, naming the field of the body that has them."""
    wanted = set(ids)
    if missing := wanted - await agents_in(connection, workspace_id, wanted):
        raise Invalid(f"{field}: no agent {min(missing)} in this workspace")


async def agents_in(connection: AsyncConnection, workspace_id: int, ids: Iterable[int]) -> set[int]:
    """Those of `ids` that are agents of the workspace and not deleted."""
    wanted = set(ids)
    if not wanted:
        return set()
    query = select(agents.c.id).where(
        agents.c.workspace_id == workspace_id,
        agents.c.id.in_(wanted),
        agents.c.deleted_at.is_(None),
    )
    return set((await connection.scalars(query)).all())
