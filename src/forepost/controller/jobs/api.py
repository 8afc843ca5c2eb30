"""Routes of jobs."""

from collections.abc import Callable, Collection
from typing import Any, Final, Protocol

import msgspec
from litestar import Request, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK
from msgspec import UNSET

from forepost.controller.access.guard import Caller, needs
from forepost.controller.jobs.definition import MOST_JOB, changed_spec, spec_of
from forepost.controller.jobs.rights import check_notices, check_scripts
from forepost.controller.jobs.run_store import Runs
from forepost.controller.jobs.shown import shown
from forepost.controller.jobs.store import Jobs
from forepost.controller.jobs.stored_job import StoredJob
from forepost.controller.page import Limit, Offset
from forepost.kit.clock import Clock
from forepost.wire.jobs.rest import JobNotices, JobPatch, NewJob, NewRun, WorkspaceJob
from forepost.wire.rest.bodies import Done, Page

ALL: Final = "/workspaces/{workspace_id:int}/jobs"
ONE: Final = ALL + "/{job_id:int}"

CheckNotices = Callable[[JobNotices | None], None]
"""Raises Invalid where a notice cannot be sent there."""


class JobChanges(Protocol):
    """Who hears of changes; the join has the agents."""

    async def changed(self, *jobs: StoredJob, also: Collection[int] = ()) -> None:
        """A job was added, changed or removed: as it was, and as it is. `also`: more agents whose
        documents are other ones by it.
        """
        ...

    async def begun(self, run_id: int) -> None:
        """A run was begun."""
        ...


class BegunRun(msgspec.Struct, frozen=True):
    id: int


def routes(
    store: Jobs, runs: Runs, changes: JobChanges, check: CheckNotices, clock: Clock
) -> Router:
    async def one(job: StoredJob, role: str) -> WorkspaceJob:
        last = await runs.last([job.id])
        fleet = await store.fleet(job.workspace_id)
        return shown(job, fleet, last.get(job.id), role, whole=True)

    @get(ALL, opt=needs("VIEWER"))
    async def list_jobs(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[WorkspaceJob]:
        """By name, each with its newest run; without what scripts are."""
        found, total = await store.page(workspace_id, limit, offset)
        last = await runs.last([job.id for job in found])
        fleet = await store.fleet(workspace_id) if found else {}
        data = [shown(job, fleet, last.get(job.id), caller.role, whole=False) for job in found]
        return Page(data=data, total=total, limit=limit, offset=offset)

    @post(ALL, opt=needs("USER"), request_max_body_size=MOST_JOB)
    async def add_job(
        request: Request[Any, Any, Any],
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        data: JSONBody[NewJob],
    ) -> WorkspaceJob:
        """A folder begins at once; any other job when a run of it is begun, or by its schedule.
        Whatever has a script, a trigger or notices is for an ADMIN.
        """
        check_scripts(request.scope, caller, spec_of(data).base)
        check_notices(caller, data.notices)
        check(data.notices)
        made = await store.add(workspace_id, data, clock.now())
        await changes.changed(made)
        return await one(made, caller.role)

    @get(ONE, opt=needs("VIEWER"))
    async def get_job(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], job_id: FromPath[int]
    ) -> WorkspaceJob:
        """With all agents that have it. Only an ADMIN is shown what scripts are."""
        return await one(await store.get(workspace_id, job_id), caller.role)

    @patch(ONE, opt=needs("USER"), request_max_body_size=MOST_JOB)
    async def change_job(
        request: Request[Any, Any, Any],
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        job_id: FromPath[int],
        data: JSONBody[JobPatch],
    ) -> WorkspaceJob:
        """Each field that is named is replaced as a whole. Runs of transfers and scripts that have
        begun go on as they began; a folder follows at once.
        """
        before = await store.get(workspace_id, job_id)
        check_scripts(request.scope, caller, before.base, changed_spec(before.base, data).base)
        check_notices(caller, before.notices)
        if data.notices is not UNSET:
            check_notices(caller, data.notices)
            check(data.notices)
        made = await store.change(workspace_id, job_id, data, clock.now())
        await changes.changed(before, made)
        return await one(made, caller.role)

    @delete(ONE, opt=needs("USER"), status_code=HTTP_200_OK)
    async def delete_job(
        request: Request[Any, Any, Any],
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        job_id: FromPath[int],
    ) -> Done:
        """Its runs end at the agents and are forgotten; files stay where they are."""
        check_scripts(request.scope, caller, (await store.get(workspace_id, job_id)).base)
        also = await runs.agents_of_job(job_id)
        await changes.changed(await store.delete(workspace_id, job_id), also=also)
        return Done()

    @post(ONE + "/runs", opt=needs("USER", "runs.create"))
    async def begin_run(
        request: Request[Any, Any, Any],
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        job_id: FromPath[int],
        data: JSONBody[NewRun | None] = None,
    ) -> BegunRun:
        """At all agents that have the job now, or at some of them."""
        check_scripts(request.scope, caller, (await store.get(workspace_id, job_id)).base)
        run_id, job = await runs.begin(workspace_id, job_id, data or NewRun(), clock.now())
        check_scripts(request.scope, caller, job.base)
        await changes.begun(run_id)
        return BegunRun(run_id)

    return Router(
        "/",
        route_handlers=[list_jobs, add_job, get_job, change_job, delete_job, begin_run],
        tags=["jobs"],
    )
