"""Copies of an agent's probes at other agents, in one transaction."""

from collections.abc import Collection, Iterator
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.presence import agent_exists, agents_in
from forepost.controller.db.tables.probes import probes
from forepost.controller.probes import pairs, room
from forepost.controller.probes.rows import (
    hosts_of,
    insert_probe,
    one,
    peers_of,
    whole,
)
from forepost.wire.probes.copies import Copied, CopyProbes
from forepost.wire.probes.probe import NewProbe, Probe

NO_AGENT = "no such agent in this workspace"
NO_PROBE = "the source has no such probe"
ITSELF = "would measure towards its own agent"
DUPLICATE = "duplicate exists"

Shape = tuple[str, frozenset[str], frozenset[int]]
"""Type, hosts, agents: what makes two probes duplicates."""


class ProbeCopies:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def copy(
        self, workspace_id: int, source_id: int, asked: CopyProbes, now: datetime
    ) -> tuple[list[Copied], set[int]]:
        """What became of each probe at each destination, and the agents whose lists changed."""
        told: set[int] = set()
        results: list[Copied] = []
        async with self._db.write_more(probes, workspace_id) as connection:
            await agent_exists(connection, workspace_id, source_id)
            chosen = list(_chosen(await _of(connection, workspace_id, [source_id]), asked))
            there = await agents_in(connection, workspace_id, asked.dest_agent_ids)
            taken = {
                (probe.agent_id, shape(probe))
                for probe in await _of(connection, workspace_id, there)
            }
            for missing in sorted(set(asked.probe_ids) - {probe.id for probe in chosen}):
                results += [
                    Copied(source_probe_id=missing, dest_agent_id=dest, error=NO_PROBE)
                    for dest in asked.dest_agent_ids
                ]
            for probe in chosen:
                for dest in dict.fromkeys(asked.dest_agent_ids):
                    outcome = verdict(probe, dest, there, taken if asked.skip_duplicates else ())
                    if not (outcome.skipped or outcome.error):
                        no_room = await room.refused(connection, probe, dest)
                        outcome = msgspec.structs.replace(outcome, error=no_room)
                    if not (outcome.skipped or outcome.error):
                        new_id = await insert_probe(
                            connection, workspace_id, dest, copy_of(probe), now
                        )
                        new = await one(connection, workspace_id, dest, new_id)
                        told |= {dest, *peers_of(new)}
                        told |= await pairs.match(connection, new, now)
                        taken.add((dest, shape(new)))
                        outcome = msgspec.structs.replace(outcome, new_probe_id=new_id)
                    results.append(outcome)
        return results, told


def _chosen(own: list[Probe], asked: CopyProbes) -> Iterator[Probe]:
    dests = set(asked.dest_agent_ids)
    for probe in own:
        if (
            (not asked.probe_ids or probe.id in asked.probe_ids)
            and (not asked.probe_types or probe.type in asked.probe_types)
            and (not asked.match_targets or dests & set(peers_of(probe)))
        ):
            yield probe


def verdict(
    probe: Probe, dest: int, there: Collection[int], taken: Collection[tuple[int, Shape]]
) -> Copied:
    """Whether a copy of `probe` may be made at `dest`. Pure."""
    known = Copied(source_probe_id=probe.id, dest_agent_id=dest)
    if dest not in there:
        return msgspec.structs.replace(known, error=NO_AGENT)
    if dest in peers_of(probe):
        return msgspec.structs.replace(known, skipped=True, skip_reason=ITSELF)
    if (dest, shape(probe)) in taken:
        return msgspec.structs.replace(known, skipped=True, skip_reason=DUPLICATE)
    return known


def shape(probe: Probe) -> Shape:
    return probe.type, frozenset(hosts_of(probe)), frozenset(peers_of(probe))


def copy_of(probe: Probe) -> NewProbe:
    """Everything but whose it is and what another document calls it."""
    return NewProbe(
        type=probe.type,  # type: ignore[arg-type]  # it was one when it was made
        enabled=probe.enabled,
        interval_sec=probe.interval_sec,
        timeout_sec=probe.timeout_sec,
        count=probe.count,
        duration_sec=probe.duration_sec,
        server=probe.server,
        bind_interface=probe.bind_interface,
        targets=hosts_of(probe),
        agent_targets=peers_of(probe),
        bidirectional=probe.bidirectional,
        labels=probe.labels,
        metadata=probe.metadata,
    )


async def _of(
    connection: AsyncConnection, workspace_id: int, agent_ids: Collection[int]
) -> list[Probe]:
    query = (
        select(probes)
        .where(probes.c.workspace_id == workspace_id, probes.c.agent_id.in_(agent_ids))
        .order_by(probes.c.id)
    )
    return await whole(connection, (await connection.execute(query)).all())
