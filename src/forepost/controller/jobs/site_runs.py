"""SQL of the runs that agents' own sites begin: as the agent said last."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.late_writes import LateWrites
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.jobs import site_runs
from forepost.controller.jobs.newest import keep_newest
from forepost.controller.jobs.report_rows import figures_of, moment
from forepost.kit.clock import Clock
from forepost.kit.errors import NotFound
from forepost.wire.jobs.delivery import MOST_RUNS, OVER, RunReport
from forepost.wire.jobs.rest import SiteRun

MOST_ENDED: Final = 200
"""Of one agent; the oldest go."""
PAUSE_SEC: Final = 1.0

_run = msgspec.json.Decoder(SiteRun)


class SiteRuns:
    """An end is committed before the agent may forget it; what comes between is written soon."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock
        self.late: LateWrites[tuple[int, str], SiteRun] = LateWrites(
            "what agents said of their sites' runs", self._save
        )

    async def take(self, agent_id: int, reports: Sequence[RunReport]) -> list[str]:
        """Return the uids of the ends among them: they are committed."""
        now = self._clock.now()
        ends: dict[tuple[int, str], SiteRun] = {}
        for report in reports:
            key, run = (agent_id, report.uid), _site_run(report, now)
            if report.state in OVER:
                ends[key] = run
            else:
                self.late.put(key, run)
        if ends:
            await self._save(ends)
        return [uid for _, uid in ends]

    async def run(self) -> None:
        while True:
            await self.late.some()
            await self.late.flush()
            await self._clock.sleep(PAUSE_SEC)

    async def page(
        self, workspace_id: int, agent_id: int, limit: int, offset: int
    ) -> tuple[list[SiteRun], int]:
        """What has not ended first, then the newest; and how many there are. Raises NotFound."""
        agent = select(agents.c.id).where(
            agents.c.id == agent_id,
            agents.c.workspace_id == workspace_id,
            agents.c.deleted_at.is_(None),
        )
        mine = site_runs.c.agent_id == agent_id
        query = (
            select(site_runs.c.report)
            .where(mine)
            .order_by(site_runs.c.is_over, site_runs.c.id.desc())
            .limit(limit)
            .offset(offset)
        )
        async with self._db.snapshot() as connection:
            if await connection.scalar(agent) is None:
                raise NotFound("agent not found")
            total = await connection.scalar(select(func.count()).select_from(site_runs).where(mine))
            found = (await connection.scalars(query)).all()
        return [_run.decode(one) for one in found], total or 0

    async def forget(self, before: datetime) -> None:
        async with self._db.write() as connection:
            await connection.execute(
                delete(site_runs).where(site_runs.c.is_over, site_runs.c.said_at < before)
            )

    async def _save(self, said: Mapping[tuple[int, str], SiteRun]) -> None:
        async with self._db.write() as connection:
            for (agent_id, uid), run in said.items():
                await _write(connection, agent_id, uid, run)
            for agent_id in {agent_id for agent_id, _ in said}:
                mine = (site_runs.c.agent_id == agent_id) & site_runs.c.is_over
                await keep_newest(connection, site_runs, mine, MOST_ENDED)


def _site_run(report: RunReport, now: datetime) -> SiteRun:
    return SiteRun(
        uid=report.uid,
        name=report.name,
        type=report.type,
        by=report.by,
        state=report.state,
        status=report.status,
        reason=report.reason,
        exit_code=report.exit_code,
        script_sha256=report.script_sha256,
        figures=figures_of(report),
        scheduled_at=moment(report.scheduled_at),
        started_at=moment(report.started_at),
        ended_at=moment(report.ended_at) if report.state in OVER else None,
        said_at=now,
    )


async def _write(connection: AsyncConnection, agent_id: int, uid: str, run: SiteRun) -> None:
    """An end is final, and an agent that is gone has none."""
    this = (site_runs.c.agent_id == agent_id) & (site_runs.c.uid == uid)
    is_over = await connection.scalar(select(site_runs.c.is_over).where(this))
    values = {
        "is_over": run.state in OVER,
        "report": msgspec.json.encode(run).decode(),
        "said_at": run.said_at,
    }
    if is_over is False:
        await connection.execute(update(site_runs).where(this).values(**values))
    elif is_over is None:
        there = select(agents.c.id).where(agents.c.id == agent_id, agents.c.deleted_at.is_(None))
        waiting = select(func.count()).where(
            site_runs.c.agent_id == agent_id, site_runs.c.is_over.is_(False)
        )
        has_room = run.state in OVER or (await connection.scalar(waiting) or 0) < MOST_RUNS
        if has_room and await connection.scalar(there) is not None:
            await connection.execute(insert(site_runs).values(agent_id=agent_id, uid=uid, **values))
