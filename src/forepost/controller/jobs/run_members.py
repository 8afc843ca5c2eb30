"""At which agents a run begins, and why it cannot."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.jobs import job_run_agents
from forepost.controller.jobs.course import UNDER_WAY
from forepost.controller.jobs.definition import same_paths
from forepost.controller.jobs.members import FleetAgent, MemberRow
from forepost.controller.jobs.run_queries import NEWEST
from forepost.controller.jobs.run_rows import AnyRow
from forepost.controller.jobs.stored_job import StoredJob
from forepost.kit.errors import Conflict, Invalid
from forepost.wire.jobs.delivery import MOST_RUNS, OVER

FAILED_OR_NOT_BEGUN: Final = OVER - {"finished"}


def chosen(
    job: StoredJob, members: Mapping[int, MemberRow], agent_ids: Sequence[int]
) -> dict[int, MemberRow]:
    for agent_id in agent_ids:
        if agent_id not in members:
            raise Invalid(f"agent_ids: agent {agent_id} has not this job")
    chosen = {one: members[one] for one in agent_ids} if agent_ids else dict(members)
    if not chosen:
        raise Conflict("agents: no agent has this job")
    if job.base.type != "script" and not any(one.permission == "rw" for one in chosen.values()):
        raise Conflict("agents: there is no source (permission rw) among them")
    return chosen


def check_sources(
    job: StoredJob, members: Mapping[int, MemberRow], fleet: Mapping[int, FleetAgent]
) -> None:
    """By the tags of now: a job goes by groups, and an agent may have another tag since."""
    if job.base.type != "consolidation":
        return
    sources = [
        (one, fleet[one].name, fleet[one].tags)
        for one, member in members.items()
        if member.permission == "rw"
    ]
    for member in members.values():
        if member.permission == "ro" and (same := same_paths(member.path, sources)):
            raise Conflict(
                f"10004 SE_JOB_SAME_DESTINATION_PATH: at agent {member.agent_id} files of agents"
                f" {', '.join(map(str, same[:5]))} would come to one place"
            )


async def check_room(connection: AsyncConnection, members: Mapping[int, MemberRow]) -> None:
    query = (
        select(job_run_agents.c.agent_id, func.count().label("n"))
        .where(
            NEWEST,
            job_run_agents.c.agent_id.in_(members),
            job_run_agents.c.state.in_(UNDER_WAY),
        )
        .group_by(job_run_agents.c.agent_id)
        .having(func.count() >= MOST_RUNS)
    )
    for row in await connection.execute(query):
        raise Conflict(f"agents: agent {row.agent_id} has {row.n} runs that are not over")


def again(type_: str, rows: Sequence[AnyRow]) -> list[AnyRow]:
    failed = [row for row in rows if row.state in FAILED_OR_NOT_BEGUN]
    if type_ == "script" or not failed:
        return failed
    sides = {row.permission for row in failed}
    return [row for row in rows if row in failed or row.permission not in sides]
