"""SQL of runs: they begin, are shown, and what somebody wishes of them."""

import secrets
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Integer, cast, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.jobs import job_run_agents, job_runs, job_specs, jobs
from forepost.controller.jobs.course import UNDER_WAY, RowView, begun
from forepost.controller.jobs.definition import read_spec
from forepost.controller.jobs.folder_runs import begin_anew
from forepost.controller.jobs.members import MemberRow
from forepost.controller.jobs.run_members import again, check_room, check_sources, chosen
from forepost.controller.jobs.run_queries import NEWEST, RUNS, of_agent, rows_of
from forepost.controller.jobs.run_rows import AnyRow, head_of, member_row, run_of
from forepost.controller.jobs.store import fleet_in, job_in
from forepost.controller.jobs.stored_job import StoredJob, TagsOf
from forepost.kit.errors import Conflict, Invalid, NotFound
from forepost.wire.jobs.delivery import RunOutput, RunState, Wish
from forepost.wire.jobs.job import JobBase
from forepost.wire.jobs.rest import NewRun, Run, RunHead

NO_FOLDER: Final = "a folder has one run, from its first day to its last"
ENDED: Final = "the run has ended"
NOTHING_FAILED: Final = "nothing has failed, and all have begun"


class AgentPresence(msgspec.Struct, frozen=True):
    """What a run that begins has to know of an agent."""

    is_live: bool
    takes_none: bool
    """It was here, and takes no jobs."""


PresenceOf = Callable[[int], AgentPresence]


class RunFilter(msgspec.Struct, frozen=True, kw_only=True):
    """None: whatever."""

    job_id: int | None = None
    status: str | None = None


class KnownOutput(msgspec.Struct, frozen=True):
    """What is kept of a script's output at one agent, in its newest attempt."""

    uid: str
    state: RunState
    output: RunOutput


class Runs:
    def __init__(self, db: Database, tags_of: TagsOf, presence_of: PresenceOf) -> None:
        self._db, self._tags_of, self._presence_of = db, tags_of, presence_of

    async def page(
        self, workspace_id: int, only: RunFilter, limit: int, offset: int, role: str
    ) -> tuple[list[Run], int]:
        """The newest first, and how many there are in all."""
        which = job_runs.c.workspace_id == workspace_id
        if only.job_id is not None:
            which &= job_runs.c.job_id == only.job_id
        if only.status is not None:
            which &= job_runs.c.status == only.status
        async with self._db.snapshot() as connection:
            total = await connection.scalar(select(func.count()).select_from(job_runs).where(which))
            query = RUNS.where(which).order_by(job_runs.c.id.desc()).limit(limit).offset(offset)
            found = (await connection.execute(query)).all()
            rows = await rows_of(connection, [one.id for one in found], long=False)
        shown = [run_of(one, rows.get(one.id, []), (), role, whole=False) for one in found]
        return shown, total or 0

    async def get(self, workspace_id: int, run_id: int, role: str) -> Run:
        """Raises NotFound."""
        async with self._db.snapshot() as connection:
            row = await _run_row(connection, workspace_id, run_id)
            rows = await rows_of(connection, [run_id])
            former = select(job_run_agents).where(
                job_run_agents.c.run_id == run_id, job_run_agents.c.is_former
            )
            before = (await connection.execute(former.order_by(job_run_agents.c.attempt))).all()
        return run_of(row, rows.get(run_id, []), before, role, whole=True)

    async def output(self, workspace_id: int, run_id: int, agent_id: int) -> KnownOutput:
        """Raises NotFound."""
        query = (
            select(job_run_agents)
            .join(job_runs, job_runs.c.id == job_run_agents.c.run_id)
            .where(
                job_runs.c.workspace_id == workspace_id,
                job_runs.c.id == run_id,
                of_agent(agent_id),
                NEWEST,
            )
        )
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound("the run is not there, or not at this agent")
        output = RunOutput(head=row.head, tail=row.tail, left_out_bytes=row.left_out_bytes)
        return KnownOutput(row.uid, row.state, output)

    async def bases_of(self, workspace_id: int, run_id: int) -> list[JobBase]:
        """A run's job as it was when it began, and as it is now. Raises NotFound."""
        async with self._db.snapshot() as connection:
            row = await _run_row(connection, workspace_id, run_id)
            query = select(job_specs.c.spec).where(
                job_specs.c.job_id == row.job_id, job_specs.c.digest == row.digest
            )
            then = (await connection.execute(query)).scalar_one()
            return [read_spec(then), (await job_in(connection, workspace_id, row.job_id)).base]

    async def agents_of(self, run_id: int) -> set[int]:
        """Those at which it is not over."""
        return await self._agents_where(job_run_agents.c.run_id == run_id)

    async def agents_of_job(self, job_id: int) -> set[int]:
        """Those at which a run of it is not over."""
        runs = select(job_runs.c.id).where(job_runs.c.job_id == job_id)
        return await self._agents_where(job_run_agents.c.run_id.in_(runs))

    async def folder_of(self, job_id: int) -> int | None:
        query = select(job_runs.c.id).where(
            job_runs.c.job_id == job_id, job_runs.c.type == "folder"
        )
        async with self._db.read() as connection:
            return await connection.scalar(query)

    async def last(self, job_ids: Collection[int]) -> dict[int, RunHead]:
        """The newest run of each of these jobs; of one that never ran, nothing."""
        newest = (
            select(func.max(job_runs.c.id))
            .where(job_runs.c.job_id.in_(job_ids))
            .group_by(job_runs.c.job_id)
        )
        async with self._db.snapshot() as connection:
            found = (await connection.execute(RUNS.where(job_runs.c.id.in_(newest)))).all()
            counted = (
                select(
                    job_run_agents.c.run_id,
                    job_run_agents.c.state,
                    func.count().label("n"),
                    func.sum(cast(job_run_agents.c.is_held, Integer)).label("held"),
                )
                .where(NEWEST, job_run_agents.c.run_id.in_([one.id for one in found]))
                .group_by(job_run_agents.c.run_id, job_run_agents.c.state)
            )
            counts: dict[int, dict[str, int]] = {}
            held: Counter[int] = Counter()
            for row in await connection.execute(counted):
                counts.setdefault(row.run_id, {})[row.state] = row.n
                held[row.run_id] += row.held or 0
        return {one.job_id: head_of(one, counts.get(one.id, {}), held[one.id]) for one in found}

    async def begin(
        self, workspace_id: int, job_id: int, new: NewRun, now: datetime
    ) -> tuple[int, StoredJob]:
        """Raises Conflict for a folder, and where there is nobody to run it."""
        async with self._db.write_more(job_runs, workspace_id) as connection:
            job = await job_in(connection, workspace_id, job_id, held=True)
            if job.base.type == "folder":
                raise Conflict(NO_FOLDER)
            if new.concurrency and job.base.type != "script":
                raise Invalid("concurrency: only of scripts: a transfer is at all agents at once")
            fleet = await fleet_in(connection, workspace_id, self._tags_of)
            members = chosen(job, job.members(fleet), new.agent_ids)
            check_sources(job, members, fleet)
            await check_room(connection, members)
            uid = secrets.token_hex(16)
            statement = (
                insert(job_runs)
                .values(
                    workspace_id=workspace_id,
                    job_id=job_id,
                    uid=uid,
                    digest=job.digest,
                    type=job.base.type,
                    status="working",
                    wish="run",
                    phase="open",
                    attempt=1,
                    when_offline=job.when_offline,
                    expires_at=now + timedelta(seconds=job.ttl_sec),
                    jitter_sec=new.jitter_sec,
                    concurrency=new.concurrency,
                    created_at=now,
                )
                .returning(job_runs.c.id)
            )
            run_id = int((await connection.execute(statement)).scalar_one())
            await self._begin_rows(
                connection, run_id, (uid, 1), list(members.values()), job.when_offline, now
            )
        return run_id, job

    async def wish(self, workspace_id: int, run_id: int, wish: Wish) -> None:
        """Raises Conflict where it has ended, and for the end of a folder."""
        async with self._db.write() as connection:
            row = await _run_row(connection, workspace_id, run_id, held=True)
            if row.type == "folder" and wish == "cancel":
                raise Conflict(f"{NO_FOLDER}: pause it, or delete the job")
            if row.ended_at is not None:
                raise Conflict(ENDED)
            if row.wish == "cancel" and wish != "cancel":
                raise Conflict("the run is being canceled")
            await connection.execute(
                update(job_runs).where(job_runs.c.id == run_id).values(wish=wish)
            )

    async def retry(self, workspace_id: int, run_id: int, now: datetime) -> None:
        """Begin again where it failed or never began; nowhere else. A transfer is between all of
        its agents, so of that those of the other side are in it again. Once the run has ended it is
        the job as it is now.
        """
        async with self._db.write() as connection:
            run = await _run_row(connection, workspace_id, run_id, held=True)
            if run.type == "folder":
                if not await begin_anew(connection, run_id, run.uid):
                    raise Conflict(NOTHING_FAILED)
                return
            if run.type != "script" and run.ended_at is None:
                raise Conflict("the run is under way: cancel it, or wait for its end")
            job = await job_in(connection, workspace_id, run.job_id)
            fleet = await fleet_in(connection, workspace_id, self._tags_of)
            rows = (await rows_of(connection, [run_id])).get(run_id, [])
            failed = again(run.type, [row for row in rows if row.agent_id in fleet])
            if not failed:
                raise Conflict(NOTHING_FAILED)
            uid, attempt = secrets.token_hex(16), run.attempt + 1
            members = [MemberRow(row.agent_id, row.permission, row.path) for row in failed]
            await check_room(connection, {one.agent_id: one for one in members})
            await connection.execute(
                update(job_run_agents)
                .where(
                    job_run_agents.c.run_id == run_id,
                    job_run_agents.c.agent_id.in_([one.agent_id for one in members]),
                )
                .values(is_former=True)
            )
            await self._begin_rows(
                connection, run_id, (uid, attempt), members, run.when_offline, now
            )
            await connection.execute(
                update(job_runs)
                .where(job_runs.c.id == run_id)
                .values(
                    uid=uid,
                    digest=run.digest if run.ended_at is None else job.digest,
                    attempt=attempt,
                    wish="run",
                    phase="open",
                    status="working",
                    ended_at=None,
                    expires_at=now + timedelta(seconds=job.ttl_sec),
                )
            )

    async def forget(self, before: datetime) -> None:
        """Runs that ended before this time, and what jobs were then."""
        async with self._db.write() as connection:
            await connection.execute(delete(job_runs).where(job_runs.c.ended_at < before))
            used = select(job_runs.c.digest).where(job_runs.c.job_id == job_specs.c.job_id)
            now = select(jobs.c.digest).where(jobs.c.id == job_specs.c.job_id)
            await connection.execute(
                delete(job_specs).where(
                    job_specs.c.digest.not_in(used), job_specs.c.digest.not_in(now)
                )
            )

    async def _agents_where(self, which: ColumnElement[bool]) -> set[int]:
        query = select(job_run_agents.c.agent_id).where(
            which, NEWEST, job_run_agents.c.state.in_(UNDER_WAY)
        )
        async with self._db.read() as connection:
            return set((await connection.scalars(query)).all())

    async def _begin_rows(
        self,
        connection: AsyncConnection,
        run_id: int,
        named: tuple[str, int],
        members: Sequence[MemberRow],
        when_offline: Any,
        now: datetime,
    ) -> None:
        """`named`: uid and number of the attempt. Whose turn it is, is decided when it settles."""
        known = {one.agent_id: self._presence_of(one.agent_id) for one in members}
        views = [RowView(agent_id=one, is_live=known[one].is_live) for one in known]
        takes_none = frozenset(one for one, of in known.items() if of.takes_none)
        ends, left_out = begun(when_offline, views, takes_none)
        rows = []
        for member in members:
            row = member_row(run_id, *named, member) | {"is_released": False}
            if member.agent_id in ends:
                state, reason = ends[member.agent_id]
                row |= {"state": state, "reason": reason, "ended_at": now}
                row["is_left_out"] = member.agent_id in left_out
            rows.append(row)
        await connection.execute(insert(job_run_agents), rows)


async def _run_row(
    connection: AsyncConnection, workspace_id: int, run_id: int, *, held: bool = False
) -> AnyRow:
    if held:
        this = select(job_runs.c.id).where(job_runs.c.id == run_id).with_for_update()
        await connection.execute(this)
    query = RUNS.where(job_runs.c.workspace_id == workspace_id, job_runs.c.id == run_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("run not found")
    return row
