"""The route of logs: the last lines, or a stream of them for as long as somebody reads.

A streamed answer and no WebSocket: so it is under the one guard of all routes, with its role, its
API keys and its row in the table of rights, and `curl` is a client.
"""

from typing import Annotated, Final

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from forepost.controller.access.guard import Caller, needs
from forepost.controller.workloads.api import ONE, WorkloadView
from forepost.controller.workloads.log_readers import MOST_LINES, ROLE, LogReaders, LogRequest
from forepost.controller.workloads.store import Microservices
from forepost.kit.errors import Invalid
from forepost.wire.base import MOST_ID
from forepost.wire.workloads.rest import MicroserviceLogs

NDJSON: Final = "application/x-ndjson"

AgentId = Annotated[int | None, QueryParameter(name="agent", ge=1, le=MOST_ID)]
Tail = Annotated[int, QueryParameter(ge=0, le=MOST_LINES)]


def routes(store: Microservices, view: WorkloadView, readers: LogReaders) -> Router:
    @get(ONE + "/logs", opt=needs(ROLE))
    async def read_logs(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        microservice_id: FromPath[int],
        agent: AgentId = None,
        tail: Tail = 100,
        follow: FromQuery[bool] = False,
    ) -> Response[MicroserviceLogs] | Stream:
        """The last lines on one agent; it need not be named where there is one. With `follow` a
        stream of JSON texts, one in a line (`application/x-ndjson`): each a line of the log, an
        empty object now and then while there is none, and at the end an object with `problem`.
        """
        stored = await store.get(workspace_id, microservice_id)
        theirs = list((await view.situation(workspace_id)).standings(stored.head))
        if agent is None:
            if len(theirs) != 1:
                raise Invalid(f"agent: which one? {len(theirs)} are to have this microservice")
            (agent,) = theirs
        elif agent not in theirs:
            raise Invalid(f"agent: agent {agent} is not to have this microservice")
        asked = LogRequest(
            agent_id=agent,
            microservice_id=microservice_id,
            uuid=stored.head.uuid,
            tail=tail,
            workspace_id=workspace_id,
            caller=caller,
        )
        if not follow:
            return Response(await readers.last(asked))
        readers.requests.check_room(agent)
        lines = readers.stream(asked)
        return Stream(lines, media_type=NDJSON, headers={"Cache-Control": "no-store"})

    return Router("/", route_handlers=[read_logs], tags=["microservices"])
