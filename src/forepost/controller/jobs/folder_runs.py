"""SQL of the one run that each folder has, from its first day to its last."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.jobs import job_run_agents, job_runs
from forepost.controller.jobs.members import MemberRow
from forepost.controller.jobs.run_rows import member_row, new_row
from forepost.controller.jobs.stored_job import StoredJob
from forepost.wire.jobs.delivery import OVER


async def begin_folder(
    connection: AsyncConnection, job: StoredJob, members: Mapping[int, MemberRow], now: datetime
) -> None:
    """The run has the uid of the job: what the engines of all agents know the folder by."""
    statement = (
        insert(job_runs)
        .values(
            workspace_id=job.workspace_id,
            job_id=job.id,
            uid=job.uid,
            digest=job.digest,
            type="folder",
            status="working",
            wish="run",
            phase="open",
            attempt=1,
            when_offline="queue",
            jitter_sec=0,
            concurrency=0,
            created_at=now,
        )
        .returning(job_runs.c.id)
    )
    run_id = int((await connection.execute(statement)).scalar_one())
    rows = [member_row(run_id, job.uid, 1, member) for member in members.values()]
    if rows:
        await connection.execute(insert(job_run_agents), rows)


async def follow_folder(
    connection: AsyncConnection, job: StoredJob, members: Mapping[int, MemberRow], now: datetime
) -> set[int]:
    """The run has these members from now on, and the job as it is. Return all agents that have or
    had it, where anything is other than before.
    """
    query = select(job_runs.c.id, job_runs.c.digest).where(job_runs.c.job_id == job.id)
    run = (await connection.execute(query.with_for_update())).one()
    of_run = job_run_agents.c.run_id == run.id
    found = {
        row.agent_id: MemberRow(row.agent_id, row.permission, row.path)
        for row in await connection.execute(select(job_run_agents).where(of_run))
    }
    if found == dict(members) and run.digest == job.digest:
        return set()
    await connection.execute(
        update(job_runs).where(job_runs.c.id == run.id).values(digest=job.digest)
    )
    if gone := found.keys() - members.keys():
        await connection.execute(
            delete(job_run_agents).where(of_run, job_run_agents.c.agent_id.in_(gone))
        )
    if new := members.keys() - found.keys():
        rows = [member_row(run.id, job.uid, 1, members[one]) for one in sorted(new)]
        await connection.execute(insert(job_run_agents), rows)
    for agent_id in found.keys() & members.keys():
        member = members[agent_id]
        if found[agent_id] != member:
            await connection.execute(
                update(job_run_agents)
                .where(of_run, job_run_agents.c.agent_id == agent_id)
                .values(permission=member.permission, path=member.path)
            )
    await begin_anew(connection, run.id, job.uid)
    return found.keys() | members.keys()


async def begin_anew(connection: AsyncConnection, run_id: int, uid: str) -> int:
    """Wait again for agents at which the folder came to an end, as the site would not have it:
    something is other than it was. Return how many those are.
    """
    over = (job_run_agents.c.run_id == run_id) & job_run_agents.c.state.in_(OVER)
    done = await connection.execute(update(job_run_agents).where(over).values(**new_row(uid)))
    return done.rowcount
