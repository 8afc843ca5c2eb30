"""SQL of what agents tell of transfers: kept for a time, and of each job so many."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.jobs import job_run_agents, job_runs, transfer_events
from forepost.controller.jobs.newest import keep_newest
from forepost.controller.jobs.report_rows import moment
from forepost.controller.jobs.run_queries import of_agent
from forepost.controller.jobs.run_rows import AnyRow
from forepost.controller.jobs.store import job_in
from forepost.wire.jobs.delivery import JobEvent
from forepost.wire.jobs.rest import TransferEventRow

MOST_OF_JOB: Final = 2_000
"""The newest; older ones go when more come."""


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What of a job's events is asked for."""

    run_id: int | None = None
    agent_id: int | None = None


class TransferEvents:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def take(self, agent_id: int, events: Sequence[JobEvent], now: datetime) -> int:
        """Return how many are of no run of this agent; the others are committed."""
        by_number = {one.number: one for one in events}
        async with self._db.write() as connection:
            runs = await _runs(connection, agent_id, {one.uid for one in events})
            theirs = transfer_events.c.agent_id == agent_id
            known = select(transfer_events.c.number).where(
                theirs, transfer_events.c.number.in_([*by_number])
            )
            for number in (await connection.scalars(known)).all():
                del by_number[number]
            rows = [
                {
                    "job_id": runs[one.uid].job_id,
                    "run_id": runs[one.uid].run_id,
                    "agent_id": agent_id,
                    "number": one.number,
                    "kind": one.kind,
                    "text": one.text,
                    "at": moment(one.at) or now,
                    "said_at": now,
                }
                for one in by_number.values()
                if one.uid in runs
            ]
            if rows:
                await connection.execute(insert(transfer_events), rows)
                for job_id in {runs[one.uid].job_id for one in events if one.uid in runs}:
                    mine = transfer_events.c.job_id == job_id
                    await keep_newest(connection, transfer_events, mine, MOST_OF_JOB)
        return sum(one.uid not in runs for one in events)

    async def page(
        self, workspace_id: int, job_id: int, only: EventFilter, limit: int, offset: int
    ) -> tuple[list[TransferEventRow], int]:
        """The newest first, and how many there are in all. Raises NotFound."""
        mine = transfer_events.c.job_id == job_id
        if only.run_id is not None:
            mine &= transfer_events.c.run_id == only.run_id
        if only.agent_id is not None:
            mine &= transfer_events.c.agent_id == only.agent_id
        query = select(transfer_events).where(mine).order_by(transfer_events.c.id.desc())
        async with self._db.snapshot() as connection:
            await job_in(connection, workspace_id, job_id)
            total = await connection.scalar(
                select(func.count()).select_from(transfer_events).where(mine)
            )
            rows = (await connection.execute(query.limit(limit).offset(offset))).all()
        return [_shown(row) for row in rows], total or 0

    async def forget(self, before: datetime) -> None:
        async with self._db.write() as connection:
            await connection.execute(
                delete(transfer_events).where(transfer_events.c.said_at < before)
            )


def _shown(row: AnyRow) -> TransferEventRow:
    return TransferEventRow(
        id=row.id,
        run_id=row.run_id,
        agent_id=row.agent_id,
        kind=row.kind,
        text=row.text,
        at=row.at,
        said_at=row.said_at,
    )


async def _runs(
    connection: AsyncConnection, agent_id: int, uids: Collection[str]
) -> dict[str, AnyRow]:
    query = (
        select(job_run_agents.c.uid, job_run_agents.c.run_id, job_runs.c.job_id)
        .join(job_runs, job_runs.c.id == job_run_agents.c.run_id)
        .where(of_agent(agent_id, uids))
    )
    return {row.uid: row for row in await connection.execute(query)}
