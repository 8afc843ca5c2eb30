"""SQL of what one agent is to do now: its runs that are not over, and what it begins by itself."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final

import anyio.to_thread
import msgspec
from sqlalchemy import select, update

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.jobs import job_run_agents, job_runs, job_specs, jobs
from forepost.controller.jobs.circle import CircleMember, RunCircle
from forepost.controller.jobs.course import GONE, UNDER_WAY
from forepost.controller.jobs.definition import read_spec, root_of
from forepost.controller.jobs.members import MemberRow
from forepost.controller.jobs.run_queries import NEWEST, of_agent
from forepost.controller.jobs.run_rows import AnyRow
from forepost.controller.jobs.scheduled import schedule_uid
from forepost.controller.jobs.store import fleet_in, jobs_where
from forepost.controller.jobs.stored_job import StoredJob, TagsOf
from forepost.controller.jobs.tag_store import tags_in
from forepost.kit.errors import NotFound
from forepost.wire.jobs.delivery import ScheduledJob, WantedRun, WantedTag
from forepost.wire.jobs.job import Job, JobBase, JobType

MemberOf = Callable[[MemberRow, str], CircleMember]
"""(member, the agent's name) -> all that is known of it."""
CircleOf = Callable[[int], Awaitable[RunCircle]]
"""Run id -> its agents."""

IN_A_THREAD: Final = 200
"""Members from which on links are made in a thread: others wait no longer for it."""


class AgentJobs(msgspec.Struct, frozen=True):
    runs: list[WantedRun]
    scheduled: list[ScheduledJob]
    not_given: frozenset[str]
    """Uids of runs that were in no document of this agent yet."""
    tags: list[WantedTag]
    name: str
    """Of the agent."""


class WantedJobs:
    def __init__(self, db: Database, tags_of: TagsOf, member_of: MemberOf) -> None:
        self._db, self._tags_of, self._member_of = db, tags_of, member_of

    async def of(self, workspace_id: int, agent_id: int, circle_of: CircleOf) -> AgentJobs:
        """The oldest first. Raises NotFound where the agent is gone."""
        query = (
            select(
                *job_run_agents.c,
                job_runs.c.job_id,
                job_runs.c.type,
                job_runs.c.wish,
                job_runs.c.phase,
                job_runs.c.expires_at,
                job_runs.c.jitter_sec,
                job_specs.c.spec,
            )
            .join(job_runs, job_runs.c.id == job_run_agents.c.run_id)
            .join(
                job_specs,
                (job_specs.c.job_id == job_runs.c.job_id)
                & (job_specs.c.digest == job_runs.c.digest),
            )
            .where(
                of_agent(agent_id),
                NEWEST,
                job_runs.c.workspace_id == workspace_id,
                job_run_agents.c.is_released,
                job_run_agents.c.state.in_(UNDER_WAY),
            )
            .order_by(job_runs.c.id)
        )
        timed = (jobs.c.workspace_id == workspace_id) & jobs.c.has_schedule
        async with self._db.snapshot() as connection:
            me = await fleet_in(connection, workspace_id, self._tags_of, agent_id)
            if not me:
                raise NotFound("agent not found")
            rows = (await connection.execute(query)).all()
            mine = [job for job in await jobs_where(connection, timed) if job.members(me)]
            tags = await tags_in(connection, agent_id)
            fleet = me
            if any(job.base.type != "script" for job in mine):
                fleet = await fleet_in(connection, workspace_id, self._tags_of)
        names = {one: agent.name for one, agent in fleet.items()}
        return AgentJobs(
            [await self._run(row, circle_of) for row in rows],
            [self._scheduled(job, job.members(fleet), names, agent_id) for job in mine],
            frozenset(row.uid for row in rows if row.given_at is None),
            tags,
            me[agent_id].name,
        )

    async def given(self, agent_id: int, uids: Collection[str], now: datetime) -> bool:
        """The agent may know of these from now on. False: one of them has ended meanwhile, as it
        was not known of that, and is not to be given.
        """
        this = of_agent(agent_id, uids) & NEWEST & job_run_agents.c.state.in_(UNDER_WAY)
        async with self._db.write() as connection:
            done = await connection.execute(update(job_run_agents).where(this).values(given_at=now))
        return done.rowcount >= len(uids)

    async def circle(self, run_id: int) -> RunCircle:
        """Those for whom it is not over badly: who has failed gives nothing and takes nothing."""
        query = (
            select(job_run_agents, agents.c.name, job_runs.c.type)
            .join(job_runs, job_runs.c.id == job_run_agents.c.run_id)
            .join(agents, agents.c.id == job_run_agents.c.agent_id)
            .where(
                job_run_agents.c.run_id == run_id,
                NEWEST,
                agents.c.deleted_at.is_(None),
                job_run_agents.c.state.not_in(GONE),
            )
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
        members = [
            self._member_of(MemberRow(row.agent_id, row.permission, row.path), row.name)
            for row in rows
        ]
        type_: JobType = rows[0].type if rows else "script"
        if len(members) < IN_A_THREAD:
            return RunCircle(type_, members)
        return await anyio.to_thread.run_sync(RunCircle, type_, members)

    async def _run(self, row: AnyRow, circle_of: CircleOf) -> WantedRun:
        base = read_spec(row.spec)
        circle = RunCircle("script", ()) if row.type == "script" else await circle_of(row.run_id)
        is_in = row.agent_id in circle.members
        return WantedRun(
            run_id=row.run_id,
            uid=row.uid,
            job_id=row.job_id,
            job=_job(
                base,
                MemberRow(row.agent_id, row.permission, row.path),
                peers=circle.peers_of(row.agent_id) if is_in else [],
            ),
            writers=circle.writers_for(row.agent_id) if is_in else [],
            wish=row.wish,
            expires_at=row.expires_at,
            jitter_sec=row.jitter_sec,
            complete=row.phase == "complete",
            incomplete=row.phase == "incomplete",
        )

    def _scheduled(
        self,
        job: StoredJob,
        members: Mapping[int, MemberRow],
        names: Mapping[int, str],
        agent_id: int,
    ) -> ScheduledJob:
        known: list[CircleMember] = []
        if job.base.type != "script":
            # Who is connected now says nothing of when it begins.
            known = [
                msgspec.structs.replace(self._member_of(one, names[one.agent_id]), is_live=True)
                for one in members.values()
            ]
        circle = RunCircle(job.base.type, known)
        is_in = agent_id in circle.members
        return ScheduledJob(
            job_id=job.id,
            uid=schedule_uid(job.uid, job.digest),
            job=_job(job.base, members[agent_id], peers=circle.peers_of(agent_id) if is_in else []),
            writers=circle.writers_for(agent_id) if is_in else [],
        )


def _job(base: JobBase, member: MemberRow, **more: Any) -> Job:
    fields = {one: getattr(base, one) for one in base.__struct_fields__}
    is_destination = base.type == "consolidation" and member.permission == "ro"
    path = root_of(member.path) if is_destination else member.path
    return Job(**fields, permission=member.permission, path=path, **more)
