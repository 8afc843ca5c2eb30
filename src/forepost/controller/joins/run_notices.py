"""Joins runs that have ended to whatever carries notices away."""

from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.checks import Acceptable
from forepost.controller.db.mailed_members import mailed_members
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.jobs import job_run_agents, job_runs
from forepost.controller.jobs.run_queries import NEWEST, RUNS, rows_of
from forepost.controller.jobs.run_rows import run_of
from forepost.controller.jobs.stored_job import StoredJob
from forepost.controller.notify.outbox import Outbox
from forepost.controller.outgoing.receivers import receivers_of
from forepost.kit.errors import Invalid
from forepost.wire.jobs.rest import (
    FailedAgent,
    JobNotices,
    JobRunStatus,
    RunHead,
    RunNotice,
)
from forepost.wire.rest.notify import Channel

MOST_NAMED: Final = 20
RunTrigger = Literal["JOB_RUN_FINISHED", "JOB_RUN_FAILED", "JOB_RUN_ABORTED"]
_TRIGGERS: Final[dict[str, RunTrigger]] = {
    "finished": "JOB_RUN_FINISHED",
    "error": "JOB_RUN_FAILED",
    "aborted": "JOB_RUN_ABORTED",
}


class RunNotices:
    def __init__(self, outbox: Outbox, acceptable: Acceptable, panel_url: str) -> None:
        self._outbox, self._acceptable, self._panel_url = outbox, acceptable, panel_url

    def check(self, notices: JobNotices | None) -> None:
        """See `jobs.api.CheckNotices`."""
        if notices is None:
            return
        if notices.webhook_url and (why := self._why_not("webhook", notices.webhook_url)):
            raise Invalid(f"notices.webhook_url: {why}")
        for at, url in enumerate(notices.apprise_urls):
            if why := self._why_not("apprise", url):
                raise Invalid(f"notices.apprise_urls[{at}]: {why}")

    async def tell(
        self, connection: AsyncConnection, job: StoredJob, run_id: int, ended: JobRunStatus
    ) -> None:
        """See `jobs.run_moves.TellOfRun`."""
        if job.notices is None or ended not in job.notices.on:
            return
        channels = await _channels(connection, job.workspace_id, job.notices)
        row = (await connection.execute(RUNS.where(job_runs.c.id == run_id))).one()
        rows = (await rows_of(connection, [run_id], long=False)).get(run_id, [])
        run = run_of(row, rows, (), "VIEWER", whole=False)
        head = {name: getattr(run, name) for name in RunHead.__struct_fields__}
        notice = RunNotice(
            trigger=_TRIGGERS[ended],
            job_run=RunHead(**head),
            workspace_id=job.workspace_id,
            failed=await _failed(connection, run_id),
            panel_url=f"{self._panel_url}/w/{job.workspace_id}/jobs/{job.id}"
            if self._panel_url
            else "",
        )
        await self._outbox.put_run(connection, notice, channels)

    def _why_not(self, kind: Literal["webhook", "apprise"], url: str) -> str | None:
        return self._acceptable(Channel(kind=kind, url=url))


async def _failed(connection: AsyncConnection, run_id: int) -> list[FailedAgent]:
    query = (
        select(
            job_run_agents.c.agent_id,
            job_run_agents.c.state,
            job_run_agents.c.reason,
            agents.c.name,
        )
        .join(agents, agents.c.id == job_run_agents.c.agent_id)
        .where(
            job_run_agents.c.run_id == run_id,
            NEWEST,
            job_run_agents.c.state.in_(("error", "interrupted", "lost")),
        )
        .order_by(job_run_agents.c.agent_id)
        .limit(MOST_NAMED)
    )
    return [
        FailedAgent(agent_id=row.agent_id, agent_name=row.name, state=row.state, reason=row.reason)
        for row in await connection.execute(query)
    ]


async def _channels(
    connection: AsyncConnection, workspace_id: int, notices: JobNotices
) -> list[Channel]:
    found: list[Channel] = []
    if notices.webhook_url:
        found.append(
            Channel(kind="webhook", url=notices.webhook_url, secret=notices.webhook_secret)
        )
    if notices.email:
        addresses = (await connection.scalars(mailed_members(workspace_id))).all()
        found += [Channel(kind="email", url=address) for address in addresses]
    found += [Channel(kind="apprise", url=url) for url in notices.apprise_urls]
    named = await receivers_of(connection, workspace_id, notices.channel_ids)
    # A member whom the job mails itself is not mailed by a named channel again.
    mailed = {one.url for one in found if one.kind == "email"}
    return found + [one for one in named if one.kind != "email" or one.url not in mailed]
