"""Routes of the queue of speed tests."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import Caller, needs
from forepost.controller.page import Limit, Offset
from forepost.controller.speedtests.queue import Queue
from forepost.wire.rest.bodies import Done, ListOf
from forepost.wire.speedtests.queue import NewSpeedtest, Speedtest, SpeedtestQueue, SpeedtestServer

OF_AGENT: Final = "/workspaces/{workspace_id:int}/agents/{agent_id:int}"
ALL: Final = OF_AGENT + "/speedtest-queue"
ONE: Final = ALL + "/{queue_id:int}"


Offered = Callable[[int, int], Awaitable[Sequence[SpeedtestServer]]]
"""(workspace, agent) -> responders of ours that it can test against."""


def routes(queue: Queue, offered: Offered) -> Router:
    @get(ALL, opt=needs("VIEWER"))
    async def list_speedtests(
        workspace_id: FromPath[int], agent_id: FromPath[int], limit: Limit = 50, offset: Offset = 0
    ) -> SpeedtestQueue:
        data, total = await queue.store.of(workspace_id, agent_id, limit, offset)
        return SpeedtestQueue(data=data, total=total)

    @post(ALL, opt=needs("USER"))
    async def ask_speedtest(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        data: JSONBody[NewSpeedtest],
    ) -> Speedtest:
        """The agent runs its tests one after another; one that is not begun in 15 min expires."""
        return await queue.ask(workspace_id, agent_id, data, caller.user_id or None)

    @get(ONE, opt=needs("VIEWER"))
    async def get_speedtest(
        workspace_id: FromPath[int], agent_id: FromPath[int], queue_id: FromPath[int]
    ) -> Speedtest:
        return await queue.store.get(workspace_id, agent_id, queue_id)

    @delete(ONE, opt=needs("USER"), status_code=HTTP_200_OK)
    async def cancel_speedtest(
        workspace_id: FromPath[int], agent_id: FromPath[int], queue_id: FromPath[int]
    ) -> Done:
        """409 when it has ended."""
        await queue.cancel(workspace_id, agent_id, queue_id)
        return Done()

    @get(OF_AGENT + "/speedtest-servers", opt=needs("VIEWER"))
    async def list_servers(
        workspace_id: FromPath[int], agent_id: FromPath[int]
    ) -> ListOf[SpeedtestServer]:
        """Public servers that the agent found, and agents and the controller where they answer."""
        found = await queue.store.servers(workspace_id, agent_id)
        return ListOf(data=[*found, *await offered(workspace_id, agent_id)])

    return Router(
        "/",
        route_handlers=[
            list_speedtests,
            ask_speedtest,
            get_speedtest,
            cancel_speedtest,
            list_servers,
        ],
        tags=["speedtests"],
    )
