"""SQL of probes and their targets."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.probes import probe_targets, probes
from forepost.kit.errors import Invalid, NotFound
from forepost.wire.base import patched
from forepost.wire.probes import NewProbe, Probe, ProbePatch, ProbeTarget


class Owner(msgspec.Struct, frozen=True):
    """Whose a probe is: what a result is checked against."""

    workspace_id: int
    agent_id: int


class Probes:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of_agent(self, workspace_id: int, agent_id: int) -> list[Probe]:
        """Newest first."""
        query = (
            select(probes)
            .where(probes.c.workspace_id == workspace_id, probes.c.agent_id == agent_id)
            .order_by(probes.c.id.desc())
        )
        async with self._db.read() as connection:
            await _agent_exists(connection, workspace_id, agent_id)
            return await _whole(connection, (await connection.execute(query)).all())

    async def get(self, workspace_id: int, agent_id: int, probe_id: int) -> Probe:
        async with self._db.read() as connection:
            return await _get(connection, workspace_id, agent_id, probe_id)

    async def add(self, workspace_id: int, agent_id: int, new: NewProbe, now: datetime) -> Probe:
        statement = (
            insert(probes)
            .values(
                workspace_id=workspace_id,
                agent_id=agent_id,
                type=new.type,
                enabled=new.enabled,
                interval_sec=new.interval_sec,
                timeout_sec=new.timeout_sec,
                count=new.count,
                duration_sec=new.duration_sec,
                server=new.server,
                bind_interface=new.bind_interface,
                labels=new.labels,
                metadata=new.metadata,
                created_at=now,
                updated_at=now,
            )
            .returning(probes.c.id)
        )
        async with self._db.write() as connection:
            await _agent_exists(connection, workspace_id, agent_id)
            probe_id = (await connection.execute(statement)).scalar_one()
            await _set_targets(
                connection, workspace_id, agent_id, probe_id, new.targets, new.agent_targets, now
            )
            return await _get(connection, workspace_id, agent_id, probe_id)

    async def change(
        self, workspace_id: int, agent_id: int, probe_id: int, patch: ProbePatch, now: datetime
    ) -> Probe:
        async with self._db.write() as connection:
            old = await _get(connection, workspace_id, agent_id, probe_id)
            new = patched(old, _without_targets(patch))
            await connection.execute(
                update(probes)
                .where(probes.c.workspace_id == workspace_id, probes.c.id == probe_id)
                .values(
                    enabled=new.enabled,
                    interval_sec=new.interval_sec,
                    timeout_sec=new.timeout_sec,
                    count=new.count,
                    duration_sec=new.duration_sec,
                    bind_interface=new.bind_interface,
                    labels=new.labels,
                    metadata=new.metadata,
                    updated_at=now,
                )
            )
            hosts, peers = patch.replace_targets, patch.replace_agent_targets
            if hosts is not msgspec.UNSET or peers is not msgspec.UNSET:
                kept = old.targets or []
                await _set_targets(
                    connection,
                    workspace_id,
                    agent_id,
                    probe_id,
                    [t.target for t in kept if t.agent_id is None]
                    if hosts is msgspec.UNSET
                    else hosts,
                    [t.agent_id for t in kept if t.agent_id is not None]
                    if peers is msgspec.UNSET
                    else peers,
                    now,
                )
            return await _get(connection, workspace_id, agent_id, probe_id)

    async def delete(self, workspace_id: int, agent_id: int, probe_id: int) -> None:
        async with self._db.write() as connection:
            await _get(connection, workspace_id, agent_id, probe_id)
            await connection.execute(
                delete(probe_targets).where(probe_targets.c.probe_id == probe_id)
            )
            await connection.execute(
                delete(probes).where(probes.c.workspace_id == workspace_id, probes.c.id == probe_id)
            )

    async def owners(self) -> dict[int, Owner]:
        """Of all probes there are."""
        query = select(probes.c.id, probes.c.workspace_id, probes.c.agent_id)
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
        return {row.id: Owner(row.workspace_id, row.agent_id) for row in rows}

    async def owner(self, probe_id: int) -> Owner | None:
        query = select(probes.c.workspace_id, probes.c.agent_id).where(probes.c.id == probe_id)
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else Owner(row.workspace_id, row.agent_id)

    async def ids_in(self, workspace_id: int) -> tuple[list[int], list[int]]:
        """The ids of a workspace's probes, and of its agents: which series it may see."""
        own_probes = select(probes.c.id).where(probes.c.workspace_id == workspace_id)
        own_agents = select(agents.c.id).where(agents.c.workspace_id == workspace_id)
        async with self._db.read() as connection:
            return (
                list((await connection.scalars(own_probes)).all()),
                list((await connection.scalars(own_agents)).all()),
            )


def _without_targets(patch: ProbePatch) -> ProbePatch:
    return msgspec.structs.replace(
        patch, replace_targets=msgspec.UNSET, replace_agent_targets=msgspec.UNSET
    )


async def _set_targets(
    connection: AsyncConnection,
    workspace_id: int,
    agent_id: int,
    probe_id: int,
    hosts: Sequence[str],
    peers: Sequence[int],
    now: datetime,
) -> None:
    if agent_id in peers:
        raise Invalid("agent_targets: a probe cannot target its own agent")
    if peers:
        found = await connection.scalars(
            select(agents.c.id).where(
                agents.c.workspace_id == workspace_id,
                agents.c.id.in_(peers),
                agents.c.deleted_at.is_(None),
            )
        )
        if missing := set(peers) - set(found.all()):
            raise Invalid(f"agent_targets: no agent {min(missing)} in this workspace")
    await connection.execute(delete(probe_targets).where(probe_targets.c.probe_id == probe_id))
    times = {"probe_id": probe_id, "created_at": now, "updated_at": now}
    rows = [{**times, "target": host, "agent_id": None} for host in hosts]
    rows += [{**times, "target": "", "agent_id": peer} for peer in peers]
    if rows:
        await connection.execute(insert(probe_targets), rows)


async def _agent_exists(connection: AsyncConnection, workspace_id: int, agent_id: int) -> None:
    query = select(agents.c.id).where(
        agents.c.workspace_id == workspace_id,
        agents.c.id == agent_id,
        agents.c.deleted_at.is_(None),
    )
    if await connection.scalar(query) is None:
        raise NotFound("agent not found")


async def _get(
    connection: AsyncConnection, workspace_id: int, agent_id: int, probe_id: int
) -> Probe:
    query = select(probes).where(
        probes.c.workspace_id == workspace_id,
        probes.c.agent_id == agent_id,
        probes.c.id == probe_id,
    )
    found = await _whole(connection, (await connection.execute(query)).all())
    if not found:
        raise NotFound("probe not found")
    return found[0]


async def _whole(connection: AsyncConnection, rows: Iterable[Row[Any]]) -> list[Probe]:
    """Probes with their targets, in two statements however many there are."""
    rows = list(rows)
    targets: dict[int, list[ProbeTarget]] = {row.id: [] for row in rows}
    if targets:
        query = (
            select(probe_targets)
            .where(probe_targets.c.probe_id.in_(targets))
            .order_by(probe_targets.c.id)
        )
        for row in (await connection.execute(query)).all():
            targets[row.probe_id].append(
                ProbeTarget(
                    id=row.id,
                    created_at=row.created_at,
                    updated_at=row.updated_at,
                    probe_id=row.probe_id,
                    target=row.target,
                    agent_id=row.agent_id,
                )
            )
    return [
        Probe(
            id=row.id,
            created_at=row.created_at,
            updated_at=row.updated_at,
            workspace_id=row.workspace_id,
            agent_id=row.agent_id,
            type=row.type,
            enabled=row.enabled,
            interval_sec=row.interval_sec,
            timeout_sec=row.timeout_sec,
            count=row._mapping["count"],  # noqa: SLF001 - Row.count is a method
            duration_sec=row.duration_sec,
            server=row.server,
            bind_interface=row.bind_interface,
            labels=row.labels,
            metadata=row.metadata,
            targets=targets[row.id],
        )
        for row in rows
    ]
