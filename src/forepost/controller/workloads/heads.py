"""SQL that says which microservices and registries a workspace has, without their contents."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.workloads import (
    image_registries,
    microservice_agents,
    microservice_rollouts,
    microservices,
)
from forepost.controller.workloads.placement import (
    ManifestHead,
    MicroserviceHead,
    RegistryHead,
    Released,
)
from forepost.wire.labels import Labels

RUNNING = "running"

_HEADS = select(
    microservices.c.id,
    microservices.c.uuid,
    microservices.c.name,
    microservices.c.digest,
    microservices.c.fingerprint,
    microservices.c.registry,
    microservices.c.labels,
    microservice_rollouts.c.reached,
    microservice_rollouts.c.former_digest,
    microservice_rollouts.c.former_fingerprint,
    microservice_rollouts.c.former_registry,
).outerjoin(
    microservice_rollouts,
    (microservice_rollouts.c.microservice_id == microservices.c.id)
    & (microservice_rollouts.c.state == RUNNING),
)


async def heads_in(
    connection: AsyncConnection, workspace_id: int, which: ColumnElement[bool] | None = None
) -> list[MicroserviceHead]:
    """Those of a workspace, the oldest first. `which`: only some of them."""
    of_them = microservices.c.workspace_id == workspace_id, true() if which is None else which
    rows = (await connection.execute(_HEADS.where(*of_them).order_by(microservices.c.id))).all()
    links = (
        select(microservice_agents)
        .join(microservices, microservices.c.id == microservice_agents.c.microservice_id)
        .where(*of_them)
    )
    named: dict[int, set[int]] = {}
    for link in await connection.execute(links):
        named.setdefault(link.microservice_id, set()).add(link.agent_id)
    return [_head(row, named.get(row.id, ())) for row in rows]


async def heads_for(
    connection: AsyncConnection, workspace_id: int, agent_id: int
) -> list[MicroserviceHead]:
    """Those that may be for one agent: they name it, or go by labels."""
    names_it = microservices.c.id.in_(
        select(microservice_agents.c.microservice_id).where(
            microservice_agents.c.agent_id == agent_id
        )
    )
    goes_by_labels = microservices.c.id.not_in(select(microservice_agents.c.microservice_id))
    return await heads_in(connection, workspace_id, or_(names_it, goes_by_labels))


async def registry_heads_in(
    connection: AsyncConnection, workspace_id: int
) -> dict[str, RegistryHead]:
    query = select(
        image_registries.c.id,
        image_registries.c.name,
        image_registries.c.revision,
        image_registries.c.updated_at,
    ).where(image_registries.c.workspace_id == workspace_id)
    return {
        row.name: RegistryHead(row.id, row.name, row.revision, row.updated_at)
        for row in await connection.execute(query)
    }


async def fleet_in(connection: AsyncConnection, workspace_id: int) -> Mapping[int, Labels]:
    """The agents of a workspace that are there, in order, with their labels."""
    query = (
        select(agents.c.id, agents.c.labels)
        .where(agents.c.workspace_id == workspace_id, agents.c.deleted_at.is_(None))
        .order_by(agents.c.id)
    )
    return {row.id: labels_of(row.labels) for row in await connection.execute(query)}


def labels_of(found: Any) -> Labels:
    return found if isinstance(found, dict) else {}


def _head(row: Row[*tuple[Any, ...]], agent_ids: Iterable[int]) -> MicroserviceHead:
    released = None
    if row.former_digest is not None:
        former = ManifestHead(row.former_digest, row.former_fingerprint, row.former_registry)
        released = Released(former, frozenset(row.reached))
    return MicroserviceHead(
        id=row.id,
        uuid=row.uuid,
        name=row.name,
        wanted=ManifestHead(row.digest, row.fingerprint, row.registry),
        agent_ids=frozenset(agent_ids),
        labels=labels_of(row.labels),
        released=released,
    )
