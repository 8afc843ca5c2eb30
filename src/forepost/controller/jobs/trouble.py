"""SQL of what is wrong with the jobs of a workspace, for rules of alerts and for figures."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import func, or_, select

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.jobs import job_run_agents, job_runs, jobs
from forepost.controller.db.tables.workspaces import workspaces
from forepost.controller.jobs.run_queries import NEWEST


class JobTrouble(msgspec.Struct, frozen=True, kw_only=True):
    failed: int
    """Jobs whose newest run that has ended is an error; folders with an agent in trouble."""
    waiting_minutes: Mapping[int, float]
    """Agent -> for how long the oldest run waits that has not begun there; 0: none does."""


async def trouble_in(db: Database, workspace_id: int, now: datetime) -> JobTrouble:
    newest = (
        select(job_runs.c.status)
        .where(
            job_runs.c.job_id == jobs.c.id,
            or_(job_runs.c.ended_at.is_not(None), job_runs.c.type == "folder"),
        )
        .order_by(job_runs.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    failed = (
        select(func.count())
        .select_from(jobs)
        .where(jobs.c.workspace_id == workspace_id, newest == "error")
    )
    fleet = select(agents.c.id).where(
        agents.c.workspace_id == workspace_id, agents.c.deleted_at.is_(None)
    )
    since = (
        select(job_run_agents.c.agent_id, func.min(job_runs.c.created_at).label("since"))
        .join(job_runs, job_runs.c.id == job_run_agents.c.run_id)
        .where(
            job_runs.c.workspace_id == workspace_id,
            job_runs.c.ended_at.is_(None),
            job_runs.c.wish == "run",
            NEWEST,
            job_run_agents.c.state.in_(("queued", "delivered")),
        )
        .group_by(job_run_agents.c.agent_id)
    )
    async with db.snapshot() as connection:
        count = await connection.scalar(failed) or 0
        waiting = dict.fromkeys((await connection.scalars(fleet)).all(), 0.0)
        for row in await connection.execute(since):
            if row.agent_id in waiting:
                waiting[row.agent_id] = max(0.0, (now - row.since).total_seconds() / 60)
    return JobTrouble(failed=count, waiting_minutes=waiting)


async def tally(db: Database) -> Counter[str]:
    """Runs that have not ended by status, and agents of them by state."""
    runs = (
        select(job_runs.c.status, func.count().label("n"))
        .join(workspaces, workspaces.c.id == job_runs.c.workspace_id)
        .where(job_runs.c.ended_at.is_(None), workspaces.c.deleted_at.is_(None))
        .group_by(job_runs.c.status)
    )
    rows = (
        select(job_run_agents.c.state, func.count().label("n"))
        .join(job_runs, job_runs.c.id == job_run_agents.c.run_id)
        .where(job_runs.c.ended_at.is_(None), NEWEST)
        .group_by(job_run_agents.c.state)
    )
    found: Counter[str] = Counter()
    async with db.snapshot() as connection:
        for row in await connection.execute(runs):
            found[row.status] = row.n
        for row in await connection.execute(rows):
            found[row.state] = row.n
    return found
