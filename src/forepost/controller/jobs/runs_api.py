"""Routes of runs."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import Caller, needs
from forepost.controller.jobs.output_readers import ROLE, OutputReaders, OutputRequest
from forepost.controller.jobs.rights import check_scripts
from forepost.controller.jobs.run_store import RunFilter, Runs
from forepost.controller.page import Limit, Offset
from forepost.kit.clock import Clock
from forepost.wire.base import MOST_ID
from forepost.wire.jobs.delivery import RunOutput, Wish
from forepost.wire.jobs.rest import JobRunStatus, Run
from forepost.wire.rest.bodies import Page

ALL: Final = "/workspaces/{workspace_id:int}/runs"
ONE: Final = ALL + "/{run_id:int}"
NDJSON: Final = "application/x-ndjson"

JobId = Annotated[int | None, QueryParameter(ge=1, le=MOST_ID)]
Moved = Callable[[int], Awaitable[None]]
"""Run id: something else is wished of it."""


def routes(runs: Runs, readers: OutputReaders, moved: Moved, clock: Clock) -> Router:
    async def wish(
        request: Request[Any, Any, Any], caller: Caller, workspace_id: int, run_id: int, what: Wish
    ) -> Run:
        check_scripts(request.scope, caller, *await runs.bases_of(workspace_id, run_id))
        await runs.wish(workspace_id, run_id, what)
        await moved(run_id)
        return await runs.get(workspace_id, run_id, caller.role)

    @get(ALL, opt=needs("VIEWER"))
    async def list_runs(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        job_id: JobId = None,
        status: Annotated[JobRunStatus | None, QueryParameter()] = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[Run]:
        """The newest first, without output."""
        only = RunFilter(job_id=job_id, status=status)
        data, total = await runs.page(workspace_id, only, limit, offset, caller.role)
        return Page(data=data, total=total, limit=limit, offset=offset)

    @get(ONE, opt=needs("VIEWER"))
    async def get_run(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], run_id: FromPath[int]
    ) -> Run:
        """With each agent, how it stands there, and what scripts wrote (not for a VIEWER)."""
        return await runs.get(workspace_id, run_id, caller.role)

    @post(ONE + "/cancel", opt=needs("USER", "runs.cancel"), status_code=HTTP_200_OK)
    async def cancel_run(
        request: Request[Any, Any, Any],
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        run_id: FromPath[int],
    ) -> Run:
        """End it everywhere: at once where no agent knows of it yet, and at an agent that is away
        when it comes.
        """
        return await wish(request, caller, workspace_id, run_id, "cancel")

    @post(ONE + "/pause", opt=needs("USER", "runs.pause"), status_code=HTTP_200_OK)
    async def pause_run(
        request: Request[Any, Any, Any],
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        run_id: FromPath[int],
    ) -> Run:
        """Transfers rest, and no script begins; one that runs is let finish."""
        return await wish(request, caller, workspace_id, run_id, "pause")

    @post(ONE + "/resume", opt=needs("USER", "runs.resume"), status_code=HTTP_200_OK)
    async def resume_run(
        request: Request[Any, Any, Any],
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        run_id: FromPath[int],
    ) -> Run:
        return await wish(request, caller, workspace_id, run_id, "run")

    @post(ONE + "/retry", opt=needs("USER", "runs.retry"), status_code=HTTP_200_OK)
    async def retry_run(
        request: Request[Any, Any, Any],
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        run_id: FromPath[int],
    ) -> Run:
        """Begin it again where it failed or never began, and nowhere else."""
        check_scripts(request.scope, caller, *await runs.bases_of(workspace_id, run_id))
        await runs.retry(workspace_id, run_id, clock.now())
        await moved(run_id)
        return await runs.get(workspace_id, run_id, caller.role)

    @get(ONE + "/agents/{agent_id:int}/output", opt=needs(ROLE))
    async def read_output(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        run_id: FromPath[int],
        agent_id: FromPath[int],
        follow: FromQuery[bool] = False,
    ) -> Response[RunOutput] | Stream:
        """What a script wrote at one agent. With `follow` a stream of JSON texts, one in a line
        (`application/x-ndjson`): each a piece of it as it comes, an empty object now and then while
        there is none, and at the end an object with `state` and `problem`.
        """
        known = await runs.output(workspace_id, run_id, agent_id)
        if not follow:
            return Response(known.output)
        readers.live.check_room()
        asked = OutputRequest(
            workspace_id=workspace_id, run_id=run_id, agent_id=agent_id, caller=caller
        )
        lines = readers.stream(asked)
        return Stream(lines, media_type=NDJSON, headers={"Cache-Control": "no-store"})

    return Router(
        "/",
        route_handlers=[
            list_runs,
            get_run,
            cancel_run,
            pause_run,
            resume_run,
            retry_run,
            read_output,
        ],
        tags=["runs"],
    )
