"""SQL of microservices."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import UNSET
from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database, unique
from forepost.controller.db.presence import agents_exist
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.workloads import (
    agent_microservices,
    image_registries,
    microservice_agents,
    microservices,
)
from forepost.controller.db.tables.workspaces import workspaces
from forepost.controller.workloads.heads import (
    fleet_in,
    heads_for,
    heads_in,
    labels_of,
    registry_heads_in,
)
from forepost.controller.workloads.manifests import (
    StoredManifest,
    changed_manifest,
    check_placement,
    manifest_of,
    read_manifest,
)
from forepost.controller.workloads.placement import (
    MicroserviceHead,
    PlacedHeads,
    RegistryHead,
    revision_of,
    used_registries,
)
from forepost.controller.workloads.registry_store import registries_named, registry_exists
from forepost.controller.workloads.rollout_store import begin_rollout, former_texts
from forepost.controller.workloads.room import check_room
from forepost.kit.errors import NotFound
from forepost.wire.labels import Labels
from forepost.wire.workloads.delivery import Registry
from forepost.wire.workloads.manifest import Microservice
from forepost.wire.workloads.rest import MicroservicePatch, NewMicroservice, RolloutRule

TAKEN: Final = "name: a microservice of this workspace has it, or its external_id"


class StoredMicroservice(msgspec.Struct, frozen=True, kw_only=True):
    """A microservice as it is kept."""

    workspace_id: int
    head: MicroserviceHead
    spec: Microservice
    text: str
    """The manifest as it is written down."""
    rollout: RolloutRule | None
    external_id: str
    revision: int
    created_at: datetime
    updated_at: datetime


class Layout(msgspec.Struct, frozen=True):
    """All microservices of a workspace and all its agents, at one moment."""

    heads: Sequence[MicroserviceHead]
    registries: Mapping[str, RegistryHead]
    fleet: Mapping[int, Labels]


class AgentDocument(msgspec.Struct, frozen=True):
    """What one agent is to have."""

    revision: str
    manifests: Sequence[str] = ()
    digests: Sequence[str] = ()
    registries: Sequence[Registry] = ()


class Microservices:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def page(
        self, workspace_id: int, limit: int, offset: int
    ) -> tuple[list[StoredMicroservice], int]:
        """By name, and how many there are in all."""
        mine = microservices.c.workspace_id == workspace_id
        ids = select(microservices.c.id).where(mine).order_by(microservices.c.name)
        async with self._db.snapshot() as connection:
            total = await connection.scalar(
                select(func.count()).select_from(microservices).where(mine)
            )
            page = (await connection.scalars(ids.limit(limit).offset(offset))).all()
            found = await _stored(connection, workspace_id, microservices.c.id.in_(page))
        return sorted(found, key=lambda one: one.head.name), total or 0

    async def get(self, workspace_id: int, microservice_id: int) -> StoredMicroservice:
        async with self._db.snapshot() as connection:
            return await _one(connection, workspace_id, microservice_id)

    async def layout(self, workspace_id: int) -> Layout:
        async with self._db.snapshot() as connection:
            return Layout(
                await heads_in(connection, workspace_id),
                await registry_heads_in(connection, workspace_id),
                await fleet_in(connection, workspace_id),
            )

    async def workspaces(self) -> list[int]:
        """Those that have a microservice, and are there."""
        query = (
            select(microservices.c.workspace_id)
            .join(workspaces, workspaces.c.id == microservices.c.workspace_id)
            .where(workspaces.c.deleted_at.is_(None))
            .distinct()
        )
        async with self._db.read() as connection:
            return sorted((await connection.scalars(query)).all())

    async def due(self, workspace_id: int, agent_id: int, has: str) -> AgentDocument:
        """What an agent is to have now; empty but for the revision where it has that."""
        async with self._db.snapshot() as connection:
            query = select(agents.c.labels).where(
                agents.c.workspace_id == workspace_id,
                agents.c.id == agent_id,
                agents.c.deleted_at.is_(None),
            )
            found = (await connection.execute(query)).one_or_none()
            if found is None:
                raise NotFound("agent not found")
            labels = labels_of(found.labels)
            heads = await heads_for(connection, workspace_id, agent_id)
            given = PlacedHeads(heads).on(agent_id, labels).given
            wanted = [head.on(agent_id) for head in given]
            known = await registry_heads_in(connection, workspace_id)
            used = [known[name] for name in used_registries(wanted) if name in known]
            revision = revision_of(wanted, used)
            if revision == has:
                return AgentDocument(revision)
            names = [one.name for one in used]
            return AgentDocument(
                revision,
                await _texts(connection, agent_id, given),
                [one.digest for one in wanted],
                await registries_named(connection, workspace_id, names),
            )

    async def add(
        self, workspace_id: int, new: NewMicroservice, now: datetime
    ) -> StoredMicroservice:
        check_placement(new.agents, new.labels)
        made = manifest_of(secrets.token_hex(16), new)
        statement = (
            insert(microservices)
            .values(
                workspace_id=workspace_id,
                uuid=made.spec.uuid,
                **_columns(made),
                labels=new.labels,
                rollout=msgspec.to_builtins(new.rollout),
                external_id=new.external_id,
                revision=1,
                created_at=now,
                updated_at=now,
            )
            .returning(microservices.c.id)
        )
        with unique(TAKEN):
            async with self._db.write_more(microservices, workspace_id) as connection:
                await registry_exists(connection, workspace_id, made.spec.registry)
                await agents_exist(connection, workspace_id, new.agents, "agents")
                made_id = int((await connection.execute(statement)).scalar_one())
                await _name_agents(connection, made_id, new.agents)
                if new.agents or new.labels:
                    await check_room(connection, workspace_id, made_id)
                return await _one(connection, workspace_id, made_id)

    async def change(
        self, workspace_id: int, microservice_id: int, patch: MicroservicePatch, now: datetime
    ) -> StoredMicroservice:
        """Raises Conflict for another manifest while one is on its way in waves."""
        with unique(TAKEN):
            async with self._db.write() as connection:
                old = await _one(connection, workspace_id, microservice_id, held=True)
                made = changed_manifest(old.spec, patch)
                labels = old.head.labels if patch.labels is UNSET else patch.labels
                named = old.head.agent_ids if patch.agents is UNSET else frozenset(patch.agents)
                check_placement(named, labels)
                rule = old.rollout if patch.rollout is UNSET else patch.rollout
                if made.spec.registry != old.spec.registry:
                    await registry_exists(connection, workspace_id, made.spec.registry)
                await agents_exist(connection, workspace_id, named - old.head.agent_ids, "agents")
                if made.head.digest != old.head.wanted.digest:
                    fleet = await fleet_in(connection, workspace_id)
                    await begin_rollout(connection, old.head, rule, fleet, now)
                external_id = old.external_id if patch.external_id is UNSET else patch.external_id
                await connection.execute(
                    update(microservices)
                    .where(microservices.c.id == microservice_id)
                    .values(
                        **_columns(made),
                        labels=labels,
                        rollout=msgspec.to_builtins(rule),
                        external_id=external_id,
                        revision=microservices.c.revision + 1,
                        updated_at=now,
                    )
                )
                if named != old.head.agent_ids:
                    await _name_agents(connection, microservice_id, named)
                is_longer = len(made.text) > len(old.text)
                if is_longer or named != old.head.agent_ids or labels != old.head.labels:
                    await check_room(connection, workspace_id, microservice_id)
                return await _one(connection, workspace_id, microservice_id)

    async def delete(self, workspace_id: int, microservice_id: int) -> MicroserviceHead:
        """Return what was there."""
        async with self._db.write() as connection:
            old = await _one(connection, workspace_id, microservice_id, held=True)
            await connection.execute(
                delete(microservices).where(microservices.c.id == microservice_id)
            )
        return old.head

    async def forget_lost_workspaces(self) -> None:
        """Of workspaces that are deleted nothing is kept, least of all a password."""
        gone = select(workspaces.c.id).where(workspaces.c.deleted_at.is_not(None))
        theirs = select(agents.c.id).where(agents.c.workspace_id.in_(gone))
        async with self._db.write() as connection:
            for table in (microservices, image_registries):
                await connection.execute(delete(table).where(table.c.workspace_id.in_(gone)))
            await connection.execute(
                delete(agent_microservices).where(agent_microservices.c.agent_id.in_(theirs))
            )


async def drop_of_agent(connection: AsyncConnection, agent_id: int) -> None:
    """The agent is deleted: nothing is for it any more, and what it said is forgotten."""
    for table in (microservice_agents, agent_microservices):
        await connection.execute(delete(table).where(table.c.agent_id == agent_id))


def _columns(made: StoredManifest) -> dict[str, Any]:
    return {
        "name": made.spec.name,
        "manifest": made.text,
        "digest": made.head.digest,
        "fingerprint": made.head.fingerprint,
        "registry": made.head.registry,
    }


async def _name_agents(
    connection: AsyncConnection, microservice_id: int, named: Iterable[int]
) -> None:
    of_it = microservice_agents.c.microservice_id == microservice_id
    await connection.execute(delete(microservice_agents).where(of_it))
    rows = [{"microservice_id": microservice_id, "agent_id": one} for one in sorted(set(named))]
    if rows:
        await connection.execute(insert(microservice_agents), rows)


async def _texts(
    connection: AsyncConnection, agent_id: int, given: Sequence[MicroserviceHead]
) -> list[str]:
    """The manifests that an agent is to have, in this order."""
    ids = [head.id for head in given if not head.is_former_on(agent_id)]
    query = select(microservices.c.id, microservices.c.manifest).where(microservices.c.id.in_(ids))
    found = {row.id: row.manifest for row in await connection.execute(query)}
    former = [head.id for head in given if head.is_former_on(agent_id)]
    found |= await former_texts(connection, former)
    return [found[head.id] for head in given]


async def _one(
    connection: AsyncConnection, workspace_id: int, microservice_id: int, *, held: bool = False
) -> StoredMicroservice:
    """`held`: it is about to be changed."""
    this = microservices.c.id == microservice_id
    if held:
        await connection.execute(select(microservices.c.id).where(this).with_for_update())
    found = await _stored(connection, workspace_id, this)
    if not found:
        raise NotFound("microservice not found")
    return found[0]


async def _stored(
    connection: AsyncConnection, workspace_id: int, which: ColumnElement[bool]
) -> list[StoredMicroservice]:
    query = select(microservices).where(microservices.c.workspace_id == workspace_id, which)
    heads = {head.id: head for head in await heads_in(connection, workspace_id, which)}
    return [
        StoredMicroservice(
            workspace_id=row.workspace_id,
            head=heads[row.id],
            spec=read_manifest(row.manifest),
            text=row.manifest,
            rollout=msgspec.convert(row.rollout, RolloutRule | None),
            external_id=row.external_id,
            revision=row.revision,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in await connection.execute(query)
    ]
