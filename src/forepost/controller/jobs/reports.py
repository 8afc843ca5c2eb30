"""SQL of what agents say of runs: one end for each attempt, and nothing of others' runs."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.late_writes import LateWrites
from forepost.controller.db.tables.jobs import job_run_agents, job_runs
from forepost.controller.jobs.report_rows import is_progress, is_step, moment, values_of
from forepost.controller.jobs.run_queries import of_agent
from forepost.controller.jobs.run_rows import AnyRow, new_row
from forepost.controller.jobs.scheduled import run_uid, schedule_uid
from forepost.controller.jobs.store import fleet_in, job_in
from forepost.controller.jobs.stored_job import StoredJob, TagsOf
from forepost.kit.clock import Clock
from forepost.kit.errors import NotFound
from forepost.wire.jobs.delivery import OVER, RunReport

MOST_SCHEDULED_RUNS: Final = 20_000
"""That are kept of one job; what agents begin beyond is not taken before old ones have gone."""
EARLY: Final = timedelta(days=1)
"""A clock may be fast; a beginning that is further ahead is none."""
PAUSE_SEC: Final = 1.0
"""Between two transactions with what is no step, such as figures of transfers."""

Key = tuple[int, str]
"""Agent and uid."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    kept: Sequence[str]
    """Ends that are committed, or of runs that nobody knows: the agent may forget them."""
    runs: frozenset[int] = frozenset()
    """That have come further."""
    strays: frozenset[str] = frozenset()
    """Reports of runs that are not this agent's, or of none."""


class RunReports:
    def __init__(self, db: Database, tags_of: TagsOf, clock: Clock) -> None:
        self._db, self._tags_of, self._clock = db, tags_of, clock
        self.late: LateWrites[Key, RunReport] = LateWrites("progress of runs", self._save)
        self.moved: Callable[[Iterable[int]], None] = lambda _: None
        """Called with runs that may have come further by what was written late."""

    async def take(self, workspace_id: int, agent_id: int, reports: Sequence[RunReport]) -> Taken:
        """Steps are committed when it returns."""
        by_uid = {report.uid: report for report in reports}
        async with self._db.read() as connection:
            known = await _known(connection, agent_id, by_uid)
        for uid, report in by_uid.items():
            if uid in known and is_progress(known[uid], report):
                self.late.put((agent_id, uid), report)
        steps = {
            uid: report
            for uid, report in by_uid.items()
            if (is_step(known[uid], report) if uid in known else _may_have_begun(report))
        }
        if not steps:
            return _taken(known, by_uid, frozenset())
        now, changed = self._clock.now(), set[int]()
        async with self._db.write() as connection:
            known |= await _known(connection, agent_id, steps)
            for uid, report in steps.items():
                row = known.get(uid)
                if row is None:
                    run_id = await self._begun(connection, workspace_id, agent_id, report, now)
                elif is_step(row, report):
                    await _write(connection, row, report, now)
                    run_id = row.run_id
                else:
                    continue
                if run_id is not None:
                    changed.add(run_id)
            known |= await _known(connection, agent_id, steps)
        return _taken(known, by_uid, frozenset(changed))

    async def run(self) -> None:
        while True:
            await self.late.some()
            await self.late.flush()
            await self._clock.sleep(PAUSE_SEC)

    async def _save(self, waiting: Mapping[Key, RunReport]) -> None:
        now, moved = self._clock.now(), set[int]()
        async with self._db.write() as connection:
            for (agent_id, uid), report in waiting.items():
                row = (await _known(connection, agent_id, [uid])).get(uid)
                if row is not None and is_progress(row, report):
                    await _write(connection, row, report, now)
                    if row.status != report.status:
                        moved.add(row.run_id)
        self.moved(moved)

    async def _begun(
        self,
        connection: AsyncConnection,
        workspace_id: int,
        agent_id: int,
        report: RunReport,
        now: datetime,
    ) -> int | None:
        """The agent has begun a scheduled job by itself: its row, in the one run of this moment."""
        at = moment(report.scheduled_at)
        if at is None or at > now + EARLY:
            return None
        try:
            job = await job_in(connection, workspace_id, report.job_id)
        except NotFound:
            return None
        fleet = await fleet_in(connection, workspace_id, self._tags_of, agent_id)
        member = job.members(fleet).get(agent_id)
        was_given = report.uid == run_uid(schedule_uid(job.uid, job.digest), at)
        if member is None and not was_given:
            return None
        run = await _run_at(connection, job, report, at, now)
        if run is None:
            return None
        mine = of_agent(agent_id) & (job_run_agents.c.run_id == run.id)
        if await connection.scalar(select(job_run_agents.c.uid).where(mine)) is not None:
            return None  # it has begun at this moment by another uid
        row = {
            "run_id": run.id,
            "agent_id": agent_id,
            "attempt": run.attempt,
            "permission": "rw" if member is None else member.permission,
            "path": "" if member is None else member.path,
        }
        values = new_row(report.uid) | row | values_of(report)
        await connection.execute(
            insert(job_run_agents), [values | {"given_at": now, "said_at": now}]
        )
        return int(run.id)


async def _run_at(
    connection: AsyncConnection, job: StoredJob, report: RunReport, at: datetime, now: datetime
) -> AnyRow | None:
    this = (job_runs.c.job_id == job.id) & (job_runs.c.scheduled_at == at)
    query = select(job_runs).where(this)
    found = (await connection.execute(query)).one_or_none()
    if found is not None:
        return found
    of_job = select(func.count()).select_from(job_runs).where(job_runs.c.job_id == job.id)
    if (await connection.scalar(of_job) or 0) >= MOST_SCHEDULED_RUNS:
        return None
    statement = insert(job_runs).values(
        workspace_id=job.workspace_id,
        job_id=job.id,
        uid=report.uid,
        digest=job.digest,
        type=job.base.type,
        status="working",
        wish="run",
        phase="open",
        attempt=1,
        scheduled_at=at,
        when_offline=job.when_offline,
        expires_at=now + timedelta(seconds=job.ttl_sec),
        jitter_sec=0,
        concurrency=0,
        created_at=now,
    )
    try:
        async with connection.begin_nested():
            await connection.execute(statement)
    except IntegrityError:
        pass  # another agent's report has made it meanwhile
    return (await connection.execute(query)).one()


async def _known(
    connection: AsyncConnection, agent_id: int, uids: Collection[str]
) -> dict[str, AnyRow]:
    """Rows of an agent by uid, former attempts too."""
    query = select(job_run_agents).where(of_agent(agent_id, uids))
    return {row.uid: row for row in await connection.execute(query)}


async def _write(
    connection: AsyncConnection, row: AnyRow, report: RunReport, now: datetime
) -> None:
    this = (job_run_agents.c.run_id == row.run_id) & (job_run_agents.c.attempt == row.attempt)
    await connection.execute(
        update(job_run_agents)
        .where(of_agent(row.agent_id), this)
        .values(**values_of(report), given_at=row.given_at or now, said_at=now)
    )


def _may_have_begun(report: RunReport) -> bool:
    return not report.run_id and bool(report.job_id) and report.scheduled_at is not None


def _taken(
    known: Mapping[str, AnyRow], by_uid: Mapping[str, RunReport], changed: frozenset[int]
) -> Taken:
    ends = [uid for uid, report in by_uid.items() if report.state in OVER]
    kept = [uid for uid in ends if uid not in known or known[uid].state in OVER]
    return Taken(kept=kept, runs=changed, strays=frozenset(by_uid.keys() - known.keys()))
