"""Routes of agents, for people."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import Caller, needs
from forepost.controller.fleet.enrol import Enrolment
from forepost.controller.fleet.reports import DocumentReports
from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.store import Agents
from forepost.controller.page import Limit, Offset
from forepost.kit.clock import Clock
from forepost.wire.rest.bodies import (
    Agent,
    AgentPatch,
    AgentWithPin,
    Done,
    Heartbeat,
    ListOf,
    NewAgent,
    Page,
    PendingPin,
    Pin,
    PinRequest,
)

ALL: Final = "/workspaces/{workspace_id:int}/agents"
ONE: Final = ALL + "/{agent_id:int}"


AroundChange = Callable[[int], AbstractAsyncContextManager[None]]
"""Entered with an agent's id; the agent is changed or removed inside."""


Changed = Callable[[int], None]
"""Called with the workspace after one of its agents was added, changed or removed."""


def routes(
    agents: Agents,
    roster: Roster,
    enrolment: Enrolment,
    clock: Clock,
    reports: DocumentReports,
    around_change: AroundChange,
    changed: Changed,
) -> Router:
    def fresh(agent: Agent) -> Agent:
        seen, host = roster.last_seen(agent.id) or agent.last_seen_at, roster.host_of(agent.id)
        return msgspec.structs.replace(
            agent,
            last_seen_at=seen,
            updated_at=max(agent.updated_at, seen),
            clock=roster.clock_of(agent.id),
            spool=roster.spool_of(agent.id),
            identity_conflict=roster.conflict_of(agent.id),
            bytes_today=roster.bytes_today(agent.id),
            deviceid="" if host is None else host.deviceid,
            tags=[] if host is None else host.tags,
        )

    @get(ALL, opt=needs("VIEWER"))
    async def list_agents(
        workspace_id: FromPath[int], limit: Limit = 50, offset: Offset = 0
    ) -> Page[Agent]:
        data, total = await agents.of(workspace_id, limit, offset)
        return Page(data=[fresh(a) for a in data], total=total, limit=limit, offset=offset)

    @post(ALL, opt=needs("USER"))
    async def add_agent(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], data: JSONBody[NewAgent]
    ) -> AgentWithPin:
        """The PIN is shown this once; `issue-pin` makes another."""
        agent = await agents.add(workspace_id, data, clock.now())
        changed(workspace_id)
        pin = await enrolment.issue_pin(
            workspace_id, agent.id, caller, data.pin_length, data.pin_ttl_sec
        )
        return AgentWithPin(agent=agent, pin=pin)

    @get(ALL + "/global", opt=needs("VIEWER"))
    async def list_global(workspace_id: FromPath[int]) -> ListOf[Agent]:
        """Agents of other workspaces that may be measured towards from here: there are none."""
        return ListOf(data=[])

    @get(ONE + "/pending-pin", opt=needs("USER"))
    async def pending_pin(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], agent_id: FromPath[int]
    ) -> PendingPin:
        """The PIN that the caller made some minutes ago, once; "" where there is none to be shown:
        `issue-pin` makes another.
        """
        agent = await agents.get(workspace_id, agent_id)
        pin = "" if agent.initialized else enrolment.pending.take(agent_id, caller.user_id)
        return PendingPin(pin=pin, initialized=agent.initialized)

    @get(ONE, opt=needs("VIEWER"))
    async def get_agent(workspace_id: FromPath[int], agent_id: FromPath[int]) -> Agent:
        return fresh(await agents.get(workspace_id, agent_id))

    @patch(ONE, opt=needs("USER"))
    async def change_agent(
        workspace_id: FromPath[int], agent_id: FromPath[int], data: JSONBody[AgentPatch]
    ) -> Agent:
        async with around_change(agent_id):
            agent = await agents.change(workspace_id, agent_id, data, clock.now())
        changed(workspace_id)
        return fresh(agent)

    @delete(ONE, opt=needs("ADMIN"), status_code=HTTP_200_OK)
    async def delete_agent(workspace_id: FromPath[int], agent_id: FromPath[int]) -> Done:
        await agents.get(workspace_id, agent_id)
        async with around_change(agent_id):
            await agents.delete(workspace_id, agent_id, clock.now())
        reports.forget(agent_id)
        changed(workspace_id)
        roster.gone(agent_id)
        return Done()

    @post(ONE + "/heartbeat", opt=needs("VIEWER", "agents.heartbeat"), status_code=HTTP_200_OK)
    async def heartbeat(workspace_id: FromPath[int], agent_id: FromPath[int]) -> Heartbeat:
        await agents.get(workspace_id, agent_id)
        return Heartbeat(ts=roster.heard_from(agent_id))

    @post(ONE + "/issue-pin", opt=needs("USER", "agents.issue-pin"), status_code=HTTP_200_OK)
    async def issue_pin(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        data: JSONBody[PinRequest | None] = None,
    ) -> Pin:
        asked = data or PinRequest()
        pin = await enrolment.issue_pin(
            workspace_id, agent_id, caller, asked.pin_length, asked.ttl_sec
        )
        return Pin(pin=pin)

    @post(ONE + "/regenerate", opt=needs("ADMIN", "agents.regenerate"), status_code=HTTP_200_OK)
    async def regenerate(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        data: JSONBody[PinRequest | None] = None,
    ) -> AgentWithPin:
        """Shut out whoever has the agent's key, at once, until this PIN is used for another."""
        asked = data or PinRequest()
        agent, pin = await enrolment.regenerate(
            workspace_id, agent_id, caller, asked.pin_length, asked.ttl_sec
        )
        return AgentWithPin(agent=fresh(agent), pin=pin)

    return Router(
        "/",
        route_handlers=[
            list_agents,
            list_global,
            pending_pin,
            add_agent,
            get_agent,
            change_agent,
            delete_agent,
            heartbeat,
            issue_pin,
            regenerate,
        ],
        tags=["agents"],
    )
