"""SQL that several files ask of runs."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.jobs import job_run_agents, job_runs, jobs
from forepost.controller.jobs.run_rows import AnyRow

_LONG: Final = ("head", "tail")
NEWEST: Final = job_run_agents.c.is_former.is_(False)
RUNS: Final = select(job_runs, jobs.c.name).join(jobs, jobs.c.id == job_runs.c.job_id)


async def rows_of(
    connection: AsyncConnection, run_ids: Collection[int], *, long: bool = True
) -> dict[int, list[AnyRow]]:
    """The newest attempts of these runs, by agent. Not `long`: without output."""
    columns = [column for column in job_run_agents.c if long or column.name not in _LONG]
    query = (
        select(*columns)
        .where(NEWEST, job_run_agents.c.run_id.in_(run_ids))
        .order_by(job_run_agents.c.run_id, job_run_agents.c.agent_id)
    )
    found: dict[int, list[AnyRow]] = {}
    for row in await connection.execute(query):
        found.setdefault(row.run_id, []).append(row)
    return found


def of_agent(agent_id: int, uids: Collection[str] | None = None) -> ColumnElement[bool]:
    """Rows of one agent, of these uids or of all."""
    named = true() if uids is None else job_run_agents.c.uid.in_(uids)
    return (job_run_agents.c.agent_id == agent_id) & named
