"""The other way of bidirectional AGENT probes: a probe of its own, made and ended with the first.

An agent that measures that way by a probe somebody made keeps that one and gets no second.
"""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.probes import probe_targets, probes
from forepost.controller.probes.rows import insert_probe, peers_of
from forepost.wire.probes.probe import NewProbe, Probe


async def match(connection: AsyncConnection, first: Probe, now: datetime) -> set[int]:
    """Give every target of `first` its way back, and end those of former targets.

    Return the ids of agents whose lists changed. What somebody set in a way back stays.
    """
    wanted = set(peers_of(first)) if first.bidirectional and first.reverse_of is None else set()
    query = select(probes.c.id, probes.c.agent_id).where(
        probes.c.workspace_id == first.workspace_id, probes.c.reverse_of == first.id
    )
    there = {row.agent_id: row.id for row in (await connection.execute(query)).all()}
    changed = set(there) - wanted
    if changed:
        gone = [there[agent_id] for agent_id in changed]
        await connection.execute(
            delete(probes).where(probes.c.workspace_id == first.workspace_id, probes.c.id.in_(gone))
        )
    for agent_id in sorted(wanted - set(there)):
        if not await _measures(connection, first.workspace_id, agent_id, first.agent_id):
            await insert_probe(
                connection,
                first.workspace_id,
                agent_id,
                _way_back(first),
                now,
                reverse_of=first.id,
            )
            changed.add(agent_id)
    return changed


def _way_back(first: Probe) -> NewProbe:
    return NewProbe(
        type="AGENT",
        enabled=first.enabled,
        interval_sec=first.interval_sec,
        timeout_sec=first.timeout_sec,
        count=first.count,
        duration_sec=first.duration_sec,
        agent_targets=[first.agent_id],
        bidirectional=True,
        labels=first.labels,
        metadata=first.metadata,
    )


async def _measures(
    connection: AsyncConnection, workspace_id: int, agent_id: int, target_agent: int
) -> bool:
    query = (
        select(probes.c.id)
        .join(probe_targets, probe_targets.c.probe_id == probes.c.id)
        .where(
            probes.c.workspace_id == workspace_id,
            probes.c.agent_id == agent_id,
            probes.c.type == "AGENT",
            probe_targets.c.agent_id == target_agent,
        )
        .limit(1)
    )
    return await connection.scalar(query) is not None
