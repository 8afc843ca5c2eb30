"""SQL of jobs."""

import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import UNSET
from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database, unique
from forepost.controller.db.presence import agents_in
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.jobs import (
    agent_job_hosts,
    agent_tags,
    job_agents,
    job_run_agents,
    job_runs,
    job_specs,
    jobs,
    site_runs,
)
from forepost.controller.db.tables.workspaces import workspaces
from forepost.controller.jobs.channel_check import check_channels
from forepost.controller.jobs.course import REMOVED, UNDER_WAY
from forepost.controller.jobs.definition import (
    JobSpec,
    changed_spec,
    check_members,
    hashes_of,
    read_spec,
    spec_of,
)
from forepost.controller.jobs.folder_runs import begin_folder, follow_folder
from forepost.controller.jobs.members import FleetAgent
from forepost.controller.jobs.stored_job import StoredJob, TagsOf
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid, NotFound
from forepost.wire.jobs.rest import JobAgent, JobGroup, JobNotices, JobPatch, NewJob

TAKEN: Final = "name: a job of this workspace has it, or its external_id"


class Jobs:
    def __init__(self, db: Database, tags_of: TagsOf) -> None:
        self._db, self._tags_of = db, tags_of

    async def page(self, workspace_id: int, limit: int, offset: int) -> tuple[list[StoredJob], int]:
        """By name, and how many there are in all."""
        mine = jobs.c.workspace_id == workspace_id
        ids = select(jobs.c.id).where(mine).order_by(jobs.c.name, jobs.c.id)
        async with self._db.snapshot() as connection:
            total = await connection.scalar(select(func.count()).select_from(jobs).where(mine))
            page = (await connection.scalars(ids.limit(limit).offset(offset))).all()
            found = await jobs_where(connection, mine & jobs.c.id.in_(page))
        return sorted(found, key=lambda one: (one.base.name, one.id)), total or 0

    async def get(self, workspace_id: int, job_id: int) -> StoredJob:
        """Raises NotFound."""
        async with self._db.snapshot() as connection:
            return await job_in(connection, workspace_id, job_id)

    async def fleet(self, workspace_id: int) -> dict[int, FleetAgent]:
        async with self._db.read() as connection:
            return await fleet_in(connection, workspace_id, self._tags_of)

    async def add(self, workspace_id: int, new: NewJob, now: datetime) -> StoredJob:
        spec = spec_of(new)
        if not new.agents and not new.groups:
            raise Invalid("agents: name agents or groups: nobody would have this job")
        check_members(spec.base, new.agents, new.groups, new.when_offline)
        statement = (
            insert(jobs)
            .values(
                workspace_id=workspace_id,
                uid=secrets.token_hex(16),
                **_columns(spec),
                groups=msgspec.to_builtins(new.groups),
                when_offline=new.when_offline,
                ttl_sec=new.ttl_sec,
                notices=msgspec.to_builtins(new.notices),
                external_id=new.external_id,
                revision=1,
                created_at=now,
                updated_at=now,
            )
            .returning(jobs.c.id)
        )
        with unique(TAKEN):
            async with self._db.write_more(jobs, workspace_id) as connection:
                await _agents_exist(connection, workspace_id, new.agents)
                await check_channels(connection, workspace_id, new.notices)
                made_id = int((await connection.execute(statement)).scalar_one())
                await _keep_spec(connection, made_id, spec)
                await _name_agents(connection, made_id, new.agents)
                made = await job_in(connection, workspace_id, made_id)
                if spec.base.type == "folder":
                    fleet = await fleet_in(connection, workspace_id, self._tags_of)
                    await begin_folder(connection, made, made.members(fleet), now)
                return made

    async def change(
        self, workspace_id: int, job_id: int, patch: JobPatch, now: datetime
    ) -> StoredJob:
        with unique(TAKEN):
            async with self._db.write() as connection:
                old = await job_in(connection, workspace_id, job_id, held=True)
                spec = changed_spec(old.base, patch)
                named = old.agents if patch.agents is UNSET else patch.agents
                groups = old.groups if patch.groups is UNSET else patch.groups
                when = old.when_offline if patch.when_offline is UNSET else patch.when_offline
                check_members(spec.base, named, groups, when)
                if patch.agents is not UNSET:
                    await _agents_exist(connection, workspace_id, patch.agents)
                    await _name_agents(connection, job_id, patch.agents)
                await _keep_spec(connection, job_id, spec)
                notices = _notices(old.notices, patch)
                if patch.notices is not UNSET:
                    await check_channels(connection, workspace_id, notices)
                await connection.execute(
                    update(jobs)
                    .where(jobs.c.id == job_id)
                    .values(
                        **_columns(spec),
                        groups=msgspec.to_builtins(groups),
                        when_offline=when,
                        ttl_sec=old.ttl_sec if patch.ttl_sec is UNSET else patch.ttl_sec,
                        notices=msgspec.to_builtins(notices),
                        external_id=old.external_id
                        if patch.external_id is UNSET
                        else patch.external_id,
                        revision=jobs.c.revision + 1,
                        updated_at=now,
                    )
                )
                made = await job_in(connection, workspace_id, job_id)
                if spec.base.type == "folder":
                    fleet = await fleet_in(connection, workspace_id, self._tags_of)
                    await follow_folder(connection, made, made.members(fleet), now)
                await _drop_specs(connection, job_id)
                return made

    async def delete(self, workspace_id: int, job_id: int) -> StoredJob:
        """Return what was there. Its runs go with it."""
        async with self._db.write() as connection:
            old = await job_in(connection, workspace_id, job_id, held=True)
            await connection.execute(delete(jobs).where(jobs.c.id == job_id))
        return old

    async def follow_groups(self, workspace_id: int, now: datetime) -> set[int]:
        """Labels or tags of agents are other ones: folders have other members. Return the agents
        whose documents are other ones by it.
        """
        concerned: set[int] = set()
        async with self._db.write() as connection:
            found = await jobs_where(connection, jobs.c.workspace_id == workspace_id)
            by_rule = [job for job in found if job.groups and job.base.type == "folder"]
            if by_rule:
                fleet = await fleet_in(connection, workspace_id, self._tags_of)
                for job in by_rule:
                    members = job.members(fleet)
                    concerned |= await follow_folder(connection, job, members, now)
        return concerned

    async def has_scheduled_groups(self, workspace_id: int) -> bool:
        query = select(jobs.c.groups).where(
            jobs.c.workspace_id == workspace_id, jobs.c.has_schedule
        )
        async with self._db.read() as connection:
            return any((await connection.scalars(query)).all())

    async def forget_lost_workspaces(self) -> None:
        """Of workspaces that are deleted nothing is kept, least of all a script."""
        gone = select(workspaces.c.id).where(workspaces.c.deleted_at.is_not(None))
        theirs = select(agents.c.id).where(agents.c.workspace_id.in_(gone))
        async with self._db.write() as connection:
            await connection.execute(delete(jobs).where(jobs.c.workspace_id.in_(gone)))
            for table in (agent_job_hosts, agent_tags, site_runs):
                await connection.execute(delete(table).where(table.c.agent_id.in_(theirs)))


def drop_jobs_at(clock: Clock) -> Callable[[AsyncConnection, int], Awaitable[None]]:
    """See `fleet.store.OnDeleted`."""

    async def drop(connection: AsyncConnection, agent_id: int) -> None:
        await drop_of_agent(connection, agent_id, clock.now())

    return drop


async def drop_of_agent(connection: AsyncConnection, agent_id: int, now: datetime) -> None:
    """The agent is deleted: no job is for it any more, and what had not ended is lost."""
    for table in (job_agents, agent_job_hosts, agent_tags, site_runs):
        await connection.execute(delete(table).where(table.c.agent_id == agent_id))
    folders = select(job_runs.c.id).where(job_runs.c.type == "folder")
    mine = job_run_agents.c.agent_id == agent_id
    await connection.execute(
        delete(job_run_agents).where(mine, job_run_agents.c.run_id.in_(folders))
    )
    await connection.execute(
        update(job_run_agents)
        .where(mine, job_run_agents.c.state.in_(UNDER_WAY))
        .values(state="lost", reason=REMOVED, ended_at=now)
    )


async def job_in(
    connection: AsyncConnection, workspace_id: int, job_id: int, *, held: bool = False
) -> StoredJob:
    """`held`: it is about to be changed. Raises NotFound."""
    if held:
        this = select(jobs.c.id).where(jobs.c.id == job_id).with_for_update()
        await connection.execute(this)
    mine = (jobs.c.workspace_id == workspace_id) & (jobs.c.id == job_id)
    found = await jobs_where(connection, mine)
    if not found:
        raise NotFound("job not found")
    return found[0]


async def jobs_where(connection: AsyncConnection, which: ColumnElement[bool]) -> list[StoredJob]:
    """The oldest first."""
    query = (
        select(jobs, job_specs.c.spec)
        .join(job_specs, (job_specs.c.job_id == jobs.c.id) & (job_specs.c.digest == jobs.c.digest))
        .where(which)
        .order_by(jobs.c.id)
    )
    rows = (await connection.execute(query)).all()
    links = (
        select(job_agents)
        .join(jobs, jobs.c.id == job_agents.c.job_id)
        .where(which)
        .order_by(job_agents.c.agent_id)
    )
    named: dict[int, list[JobAgent]] = {}
    for link in await connection.execute(links):
        one = JobAgent(agent_id=link.agent_id, permission=link.permission, path=link.path)
        named.setdefault(link.job_id, []).append(one)
    return [_job(row, named.get(row.id, [])) for row in rows]


async def fleet_in(
    connection: AsyncConnection, workspace_id: int, tags_of: TagsOf, only: int | None = None
) -> dict[int, FleetAgent]:
    """The agents of a workspace that are there, in order. `only`: one of them."""
    query = (
        select(agents.c.id, agents.c.name, agents.c.labels)
        .where(agents.c.workspace_id == workspace_id, agents.c.deleted_at.is_(None))
        .order_by(agents.c.id)
    )
    if only is not None:
        query = query.where(agents.c.id == only)
    return {
        row.id: FleetAgent(
            row.name, row.labels if isinstance(row.labels, dict) else {}, tags_of(row.id)
        )
        for row in await connection.execute(query)
    }


def _job(row: Row[*tuple[Any, ...]], named: Sequence[JobAgent]) -> StoredJob:
    return StoredJob(
        id=row.id,
        workspace_id=row.workspace_id,
        uid=row.uid,
        base=read_spec(row.spec),
        digest=row.digest,
        agents=named,
        groups=msgspec.convert(row._mapping["groups"], list[JobGroup]),  # noqa: SLF001 - SQLAlchemy's name for it
        when_offline=row.when_offline,
        ttl_sec=row.ttl_sec,
        notices=msgspec.convert(row.notices, JobNotices | None),
        external_id=row.external_id,
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _notices(old: JobNotices | None, patch: JobPatch) -> JobNotices | None:
    """A secret that is not said is the one that is there."""
    new = old if patch.notices is UNSET else patch.notices
    if old is None or new is None or new.webhook_secret or new.webhook_url != old.webhook_url:
        return new
    return msgspec.structs.replace(new, webhook_secret=old.webhook_secret)


def _columns(spec: JobSpec) -> dict[str, Any]:
    return {
        "name": spec.base.name,
        "type": spec.base.type,
        "digest": spec.digest,
        "has_scripts": bool(hashes_of(spec.base)),
        "has_schedule": spec.base.schedule is not None,
    }


async def _agents_exist(
    connection: AsyncConnection, workspace_id: int, named: Sequence[JobAgent]
) -> None:
    there = await agents_in(connection, workspace_id, [one.agent_id for one in named])
    for at, one in enumerate(named):
        if one.agent_id not in there:
            raise NotFound(f"agents[{at}].agent_id: no agent {one.agent_id} in this workspace")


async def _keep_spec(connection: AsyncConnection, job_id: int, spec: JobSpec) -> None:
    this = (job_specs.c.job_id == job_id) & (job_specs.c.digest == spec.digest)
    if await connection.scalar(select(job_specs.c.digest).where(this)) is None:
        await connection.execute(
            insert(job_specs).values(job_id=job_id, digest=spec.digest, spec=spec.text)
        )


async def _drop_specs(connection: AsyncConnection, job_id: int) -> None:
    """Those that neither the job nor one of its runs has."""
    used = select(job_runs.c.digest).where(job_runs.c.job_id == job_id)
    now = select(jobs.c.digest).where(jobs.c.id == job_id)
    await connection.execute(
        delete(job_specs).where(
            job_specs.c.job_id == job_id,
            job_specs.c.digest.not_in(used),
            job_specs.c.digest.not_in(now),
        )
    )


async def _name_agents(connection: AsyncConnection, job_id: int, named: Iterable[JobAgent]) -> None:
    await connection.execute(delete(job_agents).where(job_agents.c.job_id == job_id))
    rows = [{"job_id": job_id, **msgspec.structs.asdict(one)} for one in named]
    if rows:
        await connection.execute(insert(job_agents), rows)
