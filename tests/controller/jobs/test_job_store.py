"""What is kept of jobs, for how long, and what goes with a workspace."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select, update

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.jobs import job_run_agents, job_runs, job_specs, jobs
from forepost.controller.db.tables.workspaces import workspaces
from forepost.controller.jobs.circle import CircleMember
from forepost.controller.jobs.hosts import JobHosts
from forepost.controller.jobs.members import MemberRow
from forepost.controller.jobs.run_moves import RunMoves
from forepost.controller.jobs.run_store import AgentPresence, Runs
from forepost.controller.jobs.store import Jobs
from forepost.controller.jobs.trouble import tally, trouble_in
from forepost.controller.jobs.wanted import WantedJobs
from forepost.wire.jobs.delivery import JobHost
from forepost.wire.jobs.rest import JobPatch, NewJob, NewRun
from tests.controller.jobs.ours import deviceid_of
from tests.fakes.clock import FakeClock
from tests.rows import home

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def new(**body: Any) -> NewJob:
    made = {"name": "j", "type": "script", "script": {"command": "a"}, **body}
    return msgspec.convert(made | {"agents": [{"agent_id": 1}]}, NewJob)


def no_tags(_: int) -> dict[str, str]:
    return {}


def presence(_: int) -> AgentPresence:
    return AgentPresence(is_live=True, takes_none=False)


def member_of(member: MemberRow, name: str) -> CircleMember:
    return CircleMember(**member._asdict(), name=name)


async def nobody_is_told(*_: object) -> None:
    """No notices."""


async def count(db: Database, *tables: Any) -> list[int]:
    async with db.read() as connection:
        return [
            await connection.scalar(select(func.count()).select_from(table)) or 0
            for table in tables
        ]


async def test_ended_runs_go_after_their_time_with_what_the_job_was_then(
    metadata_url: str,
) -> None:
    db = Database.at(metadata_url)
    await home(db)
    store = Jobs(db, no_tags)
    runs = Runs(db, no_tags, presence)
    job = await store.add(1, new(), NOW)
    first, _ = await runs.begin(1, job.id, NewRun(), NOW)
    patch = msgspec.convert({"script": {"command": "b"}}, JobPatch)
    await store.change(1, job.id, patch, NOW)
    await runs.begin(1, job.id, NewRun(), NOW)
    assert await count(db, job_specs, job_runs, job_run_agents) == [2, 2, 2]
    async with db.write() as connection:
        await connection.execute(
            update(job_runs).where(job_runs.c.id == first).values(ended_at=NOW)
        )
    await runs.forget(NOW)
    assert await count(db, job_runs) == [2]
    await runs.forget(NOW + timedelta(seconds=1))
    assert await count(db, job_specs, job_runs, job_run_agents) == [1, 1, 1]
    [base, _] = await runs.bases_of(1, first + 1)
    assert base.script is not None
    assert base.script.command == "b"
    await db.close()


async def test_of_a_workspace_that_is_deleted_nothing_stays(metadata_url: str) -> None:
    db = Database.at(metadata_url)
    await home(db)
    store = Jobs(db, no_tags)
    runs = Runs(db, no_tags, presence)
    job = await store.add(1, new(), NOW)
    await runs.begin(1, job.id, NewRun(), NOW)
    async with db.write() as connection:
        await connection.execute(update(workspaces).values(deleted_at=NOW))
    await store.forget_lost_workspaces()
    assert await count(db, jobs, job_specs, job_runs, job_run_agents) == [0, 0, 0, 0]
    await db.close()


async def test_what_waits_and_what_failed_is_counted(metadata_url: str) -> None:
    db = Database.at(metadata_url)
    await home(db)
    runs = Runs(db, no_tags, presence)
    moves = RunMoves(db, no_tags, presence, nobody_is_told)
    job = await Jobs(db, no_tags).add(1, new(ttl_sec=600), NOW)
    later = NOW + timedelta(minutes=5)
    trouble = await trouble_in(db, 1, later)
    assert (trouble.failed, trouble.waiting_minutes) == (0, {1: 0.0})
    run_id, _ = await runs.begin(1, job.id, NewRun(concurrency=1), NOW)
    await moves.settle(run_id, NOW)
    trouble = await trouble_in(db, 1, later)
    assert (trouble.failed, trouble.waiting_minutes) == (0, {1: 5.0})
    assert await tally(db) == {"working": 1, "queued": 1}
    assert await moves.waiting(later) == [run_id]
    assert await moves.of_workspace(1) == await moves.under_way() == [run_id]
    settled = await moves.settle(run_id, NOW + timedelta(minutes=11))
    assert settled is not None
    assert settled.ended == "error"
    trouble = await trouble_in(db, 1, later)
    assert (trouble.failed, trouble.waiting_minutes) == (1, {1: 0.0})
    assert await moves.waiting(later) == []
    assert await moves.settle(99, NOW) is None
    await db.close()


async def test_what_was_canceled_meanwhile_is_not_given(metadata_url: str) -> None:
    """A document is read, the run is canceled, and only then the document would be sent."""
    db = Database.at(metadata_url)
    await home(db)
    store = Jobs(db, no_tags)
    runs = Runs(db, no_tags, presence)
    moves = RunMoves(db, no_tags, presence, nobody_is_told)
    wanted = WantedJobs(db, no_tags, member_of)
    run_id, _ = await runs.begin(1, (await store.add(1, new(), NOW)).id, NewRun(), NOW)
    await moves.settle(run_id, NOW)
    read = await wanted.of(1, 1, wanted.circle)
    [uid] = read.not_given
    await runs.wish(1, run_id, "cancel")
    await moves.settle(run_id, NOW)
    assert not await wanted.given(1, read.not_given, NOW)
    assert (await wanted.of(1, 1, wanted.circle)).runs == []

    # The other way round the agent has it, and says itself how it ends.
    await runs.retry(1, run_id, NOW)
    await moves.settle(run_id, NOW)
    read = await wanted.of(1, 1, wanted.circle)
    assert read.not_given != {uid}
    assert await wanted.given(1, read.not_given, NOW)
    await runs.wish(1, run_id, "cancel")
    await moves.settle(run_id, NOW)
    [row] = (await runs.get(1, run_id, "ADMIN")).agents
    assert (row.state, row.attempt) == ("queued", 2)
    [again] = (await wanted.of(1, 1, wanted.circle)).runs
    assert again.wish == "cancel"
    await db.close()


async def test_what_agents_say_of_themselves_is_kept_for_those_that_are_there(
    metadata_url: str,
) -> None:
    db = Database.at(metadata_url)
    await home(db)
    enrolled = {1}
    hosts = JobHosts(db, FakeClock(), enrolled.__contains__)
    said = JobHost(deviceid=deviceid_of(1), tags=[], listen=["198.18.0.1:1"])
    assert hosts.says(1, said, "198.18.0.9")
    assert not hosts.says(1, said, "198.18.0.9")
    assert (hosts.holder_of(1, said.deviceid), hosts.holder_of(2, said.deviceid)) == (0, 1)
    enrolled.clear()
    assert hosts.holder_of(2, said.deviceid) == 0, "who has no key any more holds nothing"
    hosts.says(99, msgspec.structs.replace(said, deviceid=deviceid_of(99)), "")
    await hosts.late.flush()
    again = JobHosts(db, FakeClock(), enrolled.__contains__)
    await again.load()
    known = again.by(1)
    assert again.agents() == [1]
    assert known is not None
    assert (known.said, known.seen_from) == (said, "198.18.0.9")
    again.forget(1)
    await again.late.flush()
    third = JobHosts(db, FakeClock(), enrolled.__contains__)
    await third.load()
    assert third.agents() == []
    await db.close()
