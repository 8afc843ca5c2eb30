"""The route of logs: the last lines, or a stream of them for as long as somebody reads.

A streamed answer and no WebSocket: so it is under the one guard of all routes, with its role, its
API keys and its row in the table of rights, and `curl` is a client.
"""

from collections.abc import AsyncIterator
from typing import Annotated, Final

import anyio
import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from forepost.controller.access.guard import Caller, needs
from forepost.controller.db.derived import still_may
from forepost.controller.db.engine import Database
from forepost.controller.db.failures import LOST
from forepost.controller.workloads.api import ONE, WorkloadView
from forepost.controller.workloads.requests import LEFT, WorkloadRequests
from forepost.controller.workloads.store import Microservices
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid, Refusal, Unauthenticated
from forepost.wire.base import MOST_ID
from forepost.wire.workloads.delivery import LogLine
from forepost.wire.workloads.rest import MicroserviceLogs

MOST_LINES: Final = 1_000
"""In an answer that is not a stream."""
ANSWER_SEC: Final = 20.0
"""How long an agent has for all the lines of such an answer."""
PULSE_SEC: Final = 5.0
"""Between two looks at whether the agent is there and the reader still may read."""
NDJSON: Final = "application/x-ndjson"
OVER: Final = "what let this request in has ended"
ROLE: Final = "USER"
"""Logs may hold passwords, as the environment does that a VIEWER is not shown."""

AgentId = Annotated[int | None, QueryParameter(name="agent", ge=1, le=MOST_ID)]
Tail = Annotated[int, QueryParameter(ge=0, le=MOST_LINES)]


def routes(
    store: Microservices,
    view: WorkloadView,
    requests: WorkloadRequests,
    db: Database,
    clock: Clock,
) -> Router:
    async def may_still(caller: Caller, workspace_id: int) -> bool:
        try:
            async with db.read() as connection:
                await still_may(connection, caller, ROLE, workspace_id, clock.now())
        except Unauthenticated:
            return False
        except LOST:
            return True  # nobody's right ended by that
        return True

    async def why_over(agent_id: int, caller: Caller, workspace_id: int) -> str:
        """Of one who may not read any more, and of an agent that has gone."""
        if not requests.is_live(agent_id):
            return LEFT
        return "" if await may_still(caller, workspace_id) else OVER

    @get(ONE + "/logs", opt=needs(ROLE))
    async def read_logs(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        microservice_id: FromPath[int],
        agent: AgentId = None,
        tail: Tail = 100,
        follow: FromQuery[bool] = False,
    ) -> Response[MicroserviceLogs] | Stream:
        """The last lines on one agent; it need not be named where there is one. With `follow` a stream of JSON texts, one in a line
        (`application/x-ndjson`): each a line of the log, an empty object now and then while there
        is none, and at the end an object with `problem`.
        """
        stored = await store.get(workspace_id, microservice_id)
        theirs = list((await view.situation(workspace_id)).standings(stored.head))
        if agent is None:
            if len(theirs) != 1:
                raise Invalid(f"agent: which one? {len(theirs)} are to have this microservice")
            (agent,) = theirs
        elif agent not in theirs:
            raise Invalid(f"agent: agent {agent} is not to have this microservice")
        uuid = stored.head.uuid
        if follow:
            requests.check_room(agent)
            lines = stream(agent, uuid, tail, caller, workspace_id)
            return Stream(lines, media_type=NDJSON, headers={"Cache-Control": "no-store"})
        found: list[LogLine] = []
        with requests.reading(agent, uuid, tail, follow=False) as reading:
            with anyio.move_on_after(ANSWER_SEC) as patience:
                while (some := await reading.next()) is not None:
                    found += some
            problem = reading.problem
            if patience.cancelled_caught:
                problem = f"the agent has not said all within {ANSWER_SEC:.0f} s"
        answer = MicroserviceLogs(data=found[-MOST_LINES:], problem=problem)
        return Response(answer)

    async def stream(
        agent_id: int, uuid: str, tail: int, caller: Caller, workspace_id: int
    ) -> AsyncIterator[bytes]:
        looked = clock.monotonic()
        try:
            with requests.reading(agent_id, uuid, tail, follow=True) as reading:
                while True:
                    some: list[LogLine] | None = []
                    with anyio.move_on_after(PULSE_SEC):
                        some = await reading.next()
                    if some is None:
                        break
                    for line in some:
                        yield msgspec.json.encode(line) + b"\n"
                    if not some:
                        yield b"{}\n"
                    if clock.monotonic() - looked >= PULSE_SEC:
                        looked = clock.monotonic()
                        if why := await why_over(agent_id, caller, workspace_id):
                            reading.end(why)
                problem = reading.problem
        except Refusal as refusal:
            problem = str(refusal)
        yield msgspec.json.encode({"problem": problem}) + b"\n"

    return Router("/", route_handlers=[read_logs], tags=["microservices"])
