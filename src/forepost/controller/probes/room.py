"""Whether an agent has room for a probe beside those that it has, and others for its other way.

Two changes at the same moment may both find it (PostgreSQL): the agent then leaves out the latest.
"""

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.probes import probe_targets, probes
from forepost.controller.probes.rows import peers_of, probe_of
from forepost.kit.errors import Conflict
from forepost.wire.probes.budget import cost, refusal
from forepost.wire.probes.cost import NOTHING, Cost
from forepost.wire.probes.probe import Probe


async def check(connection: AsyncConnection, probe: Probe, old: Probe | None = None) -> None:
    """`probe` is among those of its agent already, in the place of `old`; its other way is not.
    Raises Conflict, which names the field and the sum.
    """
    new = _partners(probe) - (_partners(old) if old else set())
    taken = await _taken(connection, probe.workspace_id, {probe.agent_id, *new})
    after = taken[probe.agent_id]
    before = after - cost(probe) + (cost(old) if old else NOTHING)
    if why := refusal(after, before):
        raise Conflict(why)
    if why := _refused_by_partners(probe, new, taken):
        raise Conflict(why)


async def refused(connection: AsyncConnection, probe: Probe, dest: int) -> str:
    """Why there is no room for a copy of `probe` at agent `dest`; "" where there is."""
    partners = _partners(probe)
    taken = await _taken(connection, probe.workspace_id, {dest, *partners})
    before = taken[dest]
    return refusal(before + cost(probe), before) or _refused_by_partners(probe, partners, taken)


def _refused_by_partners(probe: Probe, partners: Iterable[int], taken: dict[int, Cost]) -> str:
    for agent_id in sorted(partners):
        before = taken[agent_id]
        if why := refusal(before + cost(probe, 1), before):
            return why.replace("this agent", f"agent {agent_id}")
    return ""


def _partners(probe: Probe) -> set[int]:
    """Agents that get a probe of their own for the other way."""
    both = probe.bidirectional and probe.reverse_of is None
    return set(peers_of(probe)) if both else set()


async def _taken(
    connection: AsyncConnection, workspace_id: int, agent_ids: set[int]
) -> dict[int, Cost]:
    """What the probes of each of these agents cost it."""
    targets = (
        select(probe_targets.c.probe_id, func.count().label("targets"))
        .group_by(probe_targets.c.probe_id)
        .subquery()
    )
    query = (
        select(probes, func.coalesce(targets.c.targets, 0).label("targets"))
        .outerjoin(targets, targets.c.probe_id == probes.c.id)
        .where(
            probes.c.workspace_id == workspace_id,
            probes.c.agent_id.in_(agent_ids),
            probes.c.enabled,
        )
    )
    taken = dict.fromkeys(agent_ids, NOTHING)
    for row in (await connection.execute(query)).all():
        taken[row.agent_id] += cost(probe_of(row, None), row.targets)
    return taken
