"""SQL that carries out what follows for a run: ends, turns, its status, and who is told of it."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.jobs import job_run_agents, job_runs
from forepost.controller.db.tables.workspaces import workspaces
from forepost.controller.jobs.course import GONE, UNDER_WAY, RunMove, RunView, move_of
from forepost.controller.jobs.run_queries import NEWEST, RUNS, rows_of
from forepost.controller.jobs.run_rows import AnyRow, view_of
from forepost.controller.jobs.run_store import PresenceOf
from forepost.controller.jobs.store import fleet_in, job_in
from forepost.controller.jobs.stored_job import StoredJob, TagsOf
from forepost.wire.jobs.rest import JobRunStatus

COMING_SEC: Final = 60.0
"""How long a scheduled script waits for agents that are here and have not said that they began."""

TellOfRun = Callable[[AsyncConnection, StoredJob, int, JobRunStatus], Awaitable[None]]
"""(connection, job, run id, how it ended): puts notices of it into the transaction."""


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What was other than before."""

    workspace_id: int
    agents: frozenset[int]
    """Whose documents are other ones now."""
    members: frozenset[int]
    """For whom it is not over badly: who is linked with whom goes by them."""
    ended: JobRunStatus | None = None


class _Overtaken(Exception):
    """An agent was given the run meanwhile: how it ends there is the agent's to say."""


class RunMoves:
    def __init__(
        self, db: Database, tags_of: TagsOf, presence_of: PresenceOf, tell: TellOfRun
    ) -> None:
        self._db, self._tags_of, self._presence_of, self._tell = db, tags_of, presence_of, tell

    async def settle(self, run_id: int, now: datetime) -> Settled | None:
        """None: it is gone."""
        while True:
            with suppress(_Overtaken):
                return await self._settle(run_id, now)

    async def _settle(self, run_id: int, now: datetime) -> Settled | None:
        async with self._db.write() as connection:
            held = select(job_runs.c.id).where(job_runs.c.id == run_id).with_for_update()
            await connection.execute(held)
            run = (await connection.execute(RUNS.where(job_runs.c.id == run_id))).one_or_none()
            if run is None:
                return None
            rows = (await rows_of(connection, [run_id], long=False)).get(run_id, [])
            waits = await self._waits_for_more(connection, run, rows, now)
            view = RunView(
                type=run.type,
                wish=run.wish,
                phase=run.phase,
                expires_at=run.expires_at,
                concurrency=run.concurrency,
                waits_for_more=waits,
                rows=[
                    view_of(row, is_live=self._presence_of(row.agent_id).is_live) for row in rows
                ],
            )
            move = move_of(view, now)
            await self._write(connection, run, move, now)
            ended = _ended(run, move)
            if ended is not None:
                job = await job_in(connection, run.workspace_id, run.job_id)
                await self._tell(connection, job, run_id, ended)
        concerned = set(move.ends) | move.released
        if move.phase != run.phase:
            concerned |= {row.agent_id for row in rows}
        members = {
            row.agent_id for row in rows if row.state not in GONE and row.agent_id not in move.ends
        }
        return Settled(
            workspace_id=run.workspace_id,
            agents=frozenset(concerned),
            members=frozenset(members),
            ended=ended,
        )

    async def waiting(self, now: datetime) -> list[int]:
        """Runs for which something may follow from the time, or from who is connected."""
        unknowing = (
            select(job_run_agents.c.run_id)
            .where(
                NEWEST,
                job_run_agents.c.state.in_(UNDER_WAY),
                job_run_agents.c.given_at.is_(None),
                job_runs.c.ended_at.is_(None),
                or_(job_runs.c.expires_at <= now, job_runs.c.concurrency > 0),
            )
            .join(job_runs, job_runs.c.id == job_run_agents.c.run_id)
        )
        query = (
            select(job_runs.c.id)
            .join(workspaces, workspaces.c.id == job_runs.c.workspace_id)
            .where(
                job_runs.c.ended_at.is_(None),
                workspaces.c.deleted_at.is_(None),
                or_(job_runs.c.id.in_(unknowing), job_runs.c.scheduled_at.is_not(None)),
            )
        )
        async with self._db.read() as connection:
            return sorted((await connection.scalars(query)).all())

    async def under_way(self) -> list[int]:
        query = select(job_runs.c.id).where(job_runs.c.ended_at.is_(None))
        async with self._db.read() as connection:
            return sorted((await connection.scalars(query)).all())

    async def of_workspace(self, workspace_id: int) -> list[int]:
        """Those that are under way there."""
        query = select(job_runs.c.id).where(
            job_runs.c.workspace_id == workspace_id, job_runs.c.ended_at.is_(None)
        )
        async with self._db.read() as connection:
            return sorted((await connection.scalars(query)).all())

    async def _waits_for_more(
        self, connection: AsyncConnection, run: AnyRow, rows: Sequence[AnyRow], now: datetime
    ) -> bool:
        """Of what agents begin by themselves nobody knows beforehand at how many it begins."""
        if run.scheduled_at is None or run.wish == "cancel":
            return False
        job = await job_in(connection, run.workspace_id, run.job_id)
        fleet = await fleet_in(connection, run.workspace_id, self._tags_of)
        missing = job.members(fleet).keys() - {row.agent_id for row in rows}
        if run.type != "script":
            return bool(missing) and run.expires_at is not None and now < run.expires_at
        if now >= run.created_at + timedelta(seconds=COMING_SEC):
            return False
        known = [self._presence_of(one) for one in missing]
        return any(one.is_live and not one.takes_none for one in known)

    async def _write(
        self, connection: AsyncConnection, run: AnyRow, move: RunMove, now: datetime
    ) -> None:
        newest = NEWEST & (job_run_agents.c.run_id == run.id)
        for agent_id, (state, reason) in move.ends.items():
            done = await connection.execute(
                update(job_run_agents)
                .where(newest, job_run_agents.c.agent_id == agent_id)
                .where(job_run_agents.c.given_at.is_(None))
                .values(state=state, reason=reason, ended_at=now)
            )
            if not done.rowcount:
                raise _Overtaken
        if move.released:
            await connection.execute(
                update(job_run_agents)
                .where(newest, job_run_agents.c.agent_id.in_(move.released))
                .values(is_released=True)
            )
        ends = move.status in ("finished", "error", "aborted") and run.type != "folder"
        ended_at = (run.ended_at or now) if ends else None
        if (move.status, move.phase, ended_at) != (run.status, run.phase, run.ended_at):
            await connection.execute(
                update(job_runs)
                .where(job_runs.c.id == run.id)
                .values(status=move.status, phase=move.phase, ended_at=ended_at)
            )


def _ended(run: AnyRow, move: RunMove) -> JobRunStatus | None:
    """How it has ended now; of a folder, whether it is in trouble now."""
    if move.status in ("working", "paused") or move.status == run.status:
        return None
    return move.status
