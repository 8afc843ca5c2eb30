"""Probes and their targets as rows: reading whole ones, setting targets."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.presence import agents_exist
from forepost.controller.db.tables.probes import probe_targets, probes
from forepost.controller.probes.targets import spelled
from forepost.kit.errors import Invalid, NotFound
from forepost.wire.probes.probe import NewProbe, Probe, ProbeTarget


async def insert_probe(
    connection: AsyncConnection,
    workspace_id: int,
    agent_id: int,
    new: NewProbe,
    now: datetime,
    *,
    reverse_of: int | None = None,
) -> int:
    """Add a probe with its targets; return its id."""
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
            bidirectional=new.bidirectional,
            reverse_of=reverse_of,
            external_id=new.external_id,
            labels=new.labels,
            metadata=new.metadata,
            created_at=now,
            updated_at=now,
        )
        .returning(probes.c.id)
    )
    probe_id: int = (await connection.execute(statement)).scalar_one()
    await set_targets(
        connection, workspace_id, agent_id, probe_id, new.targets, new.agent_targets, now
    )
    return probe_id


async def set_targets(
    connection: AsyncConnection,
    workspace_id: int,
    agent_id: int,
    probe_id: int,
    hosts: list[str],
    peers: Sequence[int],
    now: datetime,
) -> None:
    """Replace a probe's targets. Raises Invalid."""
    if agent_id in peers:
        raise Invalid("agent_targets: a probe cannot target its own agent")
    await agents_exist(connection, workspace_id, peers, "agent_targets")
    await connection.execute(delete(probe_targets).where(probe_targets.c.probe_id == probe_id))
    times = {"probe_id": probe_id, "created_at": now, "updated_at": now}
    rows = [{**times, "target": host, "agent_id": None} for host in spelled(hosts)]
    rows += [{**times, "target": "", "agent_id": peer} for peer in dict.fromkeys(peers)]
    if rows:
        await connection.execute(insert(probe_targets), rows)


async def one(
    connection: AsyncConnection, workspace_id: int, agent_id: int, probe_id: int
) -> Probe:
    """Raises NotFound."""
    query = select(probes).where(
        probes.c.workspace_id == workspace_id,
        probes.c.agent_id == agent_id,
        probes.c.id == probe_id,
    )
    found = await whole(connection, (await connection.execute(query)).all())
    if not found:
        raise NotFound("probe not found")
    return found[0]


async def whole(connection: AsyncConnection, rows: Iterable[Row[Any]]) -> list[Probe]:
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
    return [probe_of(row, targets[row.id]) for row in rows]


def probe_of(row: Row[Any], targets: list[ProbeTarget] | None) -> Probe:
    return Probe(
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
        targets=targets,
        bidirectional=row.bidirectional,
        direction="forward" if row.reverse_of is None else "reverse",
        reverse_of=row.reverse_of,
        external_id=row.external_id,
    )


def hosts_of(probe: Probe) -> list[str]:
    return [target.target for target in probe.targets or () if target.agent_id is None]


def peers_of(probe: Probe) -> list[int]:
    return [target.agent_id for target in probe.targets or () if target.agent_id is not None]
