"""How much one agent may be given: looked at where somebody asks for more. SQL."""

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.workloads import microservices
from forepost.controller.workloads.heads import fleet_in, heads_in
from forepost.controller.workloads.placement import PlacedHeads
from forepost.kit.errors import Invalid
from forepost.wire.workloads.delivery import MOST_MICROSERVICES

MOST_CHARS: Final = 15 << 20
"""Of the manifests of one agent, which takes 64 MiB: a character is four bytes at most."""


async def check_room(connection: AsyncConnection, workspace_id: int, microservice_id: int) -> None:
    """Raises Invalid where one of its agents is to have too many by it, or too much."""
    heads = await heads_in(connection, workspace_id)
    fleet = await fleet_in(connection, workspace_id)
    lengths = select(microservices.c.id, func.length(microservices.c.manifest).label("size")).where(
        microservices.c.workspace_id == workspace_id
    )
    size_of = {row.id: row.size for row in await connection.execute(lengths)}
    (this,) = (head for head in heads if head.id == microservice_id)
    field = "labels" if this.labels else "agents"
    placed = PlacedHeads(heads)
    for agent_id, labels in fleet.items():
        if not this.is_for(agent_id, labels):
            continue
        placement = placed.on(agent_id, labels)
        if placement.too_many:
            raise Invalid(
                f"{field}: agent {agent_id} has {MOST_MICROSERVICES} microservices, and no more"
                " can be given to one agent"
            )
        if sum(size_of[head.id] for head in placement.given) > MOST_CHARS:
            raise Invalid(
                f"{field}: all manifests of agent {agent_id} together would have more than"
                f" {MOST_CHARS} characters"
            )
