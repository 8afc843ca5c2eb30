"""Routes of microservices."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

import anyio
from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import Caller, needs
from forepost.controller.page import Limit, Offset
from forepost.controller.workloads.manifests import MOST_MANIFEST
from forepost.controller.workloads.placement import MicroserviceHead
from forepost.controller.workloads.requests import WorkloadRequests
from forepost.controller.workloads.situation import WorkloadSituation
from forepost.controller.workloads.store import Microservices, StoredMicroservice
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid
from forepost.wire.rest.bodies import Done, ListOf, Page
from forepost.wire.workloads.rest import (
    MOST_RESTARTED,
    AgentRestart,
    MicroservicePatch,
    NewMicroservice,
    RestartRequest,
    WorkspaceMicroservice,
)

ALL: Final = "/workspaces/{workspace_id:int}/microservices"
ONE: Final = ALL + "/{microservice_id:int}"


class WorkloadView(Protocol):
    """What the routes show and say; the join has the agents."""

    async def situation(self, workspace_id: int) -> WorkloadSituation:
        """All microservices on all agents of a workspace, as they are now."""
        ...

    async def shown(
        self, workspace_id: int, found: Sequence[StoredMicroservice], role: str, *, whole: bool
    ) -> list[WorkspaceMicroservice]:
        """As REST shows them."""
        ...

    def changed(self, workspace_id: int, *heads: MicroserviceHead) -> None:
        """These were added, changed or removed: as they were, and as they are."""
        ...


EndRollout = Callable[[int, int], Awaitable[None]]
"""(workspace id, microservice id): all have the former manifest again. Raises NotFound."""


def routes(
    store: Microservices,
    view: WorkloadView,
    requests: WorkloadRequests,
    end_rollout: EndRollout,
    clock: Clock,
) -> Router:
    async def one(stored: StoredMicroservice, role: str) -> WorkspaceMicroservice:
        (found,) = await view.shown(stored.workspace_id, [stored], role, whole=True)
        return found

    @get(ALL, opt=needs("VIEWER"))
    async def list_microservices(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[WorkspaceMicroservice]:
        """By name, without commands, environment and configuration."""
        found, total = await store.page(workspace_id, limit, offset)
        data = await view.shown(workspace_id, found, caller.role, whole=False)
        return Page(data=data, total=total, limit=limit, offset=offset)

    @post(ALL, opt=needs("USER"), request_max_body_size=MOST_MANIFEST)
    async def add_microservice(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        data: JSONBody[NewMicroservice],
    ) -> WorkspaceMicroservice:
        """A field that is not understood is refused, as what it should restrain would not be."""
        made = await store.add(workspace_id, data, clock.now())
        view.changed(workspace_id, made.head)
        return await one(made, caller.role)

    @get(ONE, opt=needs("VIEWER"))
    async def get_microservice(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        microservice_id: FromPath[int],
    ) -> WorkspaceMicroservice:
        """With each agent that is to have it, and how it stands there. A VIEWER is shown no
        commands, no values of the environment and no configuration.
        """
        return await one(await store.get(workspace_id, microservice_id), caller.role)

    @patch(ONE, opt=needs("USER"), request_max_body_size=MOST_MANIFEST)
    async def change_microservice(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        microservice_id: FromPath[int],
        data: JSONBody[MicroservicePatch],
    ) -> WorkspaceMicroservice:
        """Each field that is named is replaced as a whole. Another manifest goes to all at once,
        or in waves where `rollout` says so; until then the others keep the former one.
        """
        before = await store.get(workspace_id, microservice_id)
        made = await store.change(workspace_id, microservice_id, data, clock.now())
        view.changed(workspace_id, before.head, made.head)
        return await one(made, caller.role)

    @delete(ONE, opt=needs("USER"), status_code=HTTP_200_OK)
    async def delete_microservice(
        workspace_id: FromPath[int], microservice_id: FromPath[int]
    ) -> Done:
        """Its containers are removed at the sites; their volumes stay."""
        view.changed(workspace_id, await store.delete(workspace_id, microservice_id))
        return Done()

    @delete(ONE + "/rollout", opt=needs("USER", "rollouts.end"), status_code=HTTP_200_OK)
    async def end_of_rollout(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        microservice_id: FromPath[int],
    ) -> WorkspaceMicroservice:
        """End a roll-out that is under way: all agents have the former manifest again."""
        await end_rollout(workspace_id, microservice_id)
        return await one(await store.get(workspace_id, microservice_id), caller.role)

    @post(ONE + "/restart", opt=needs("USER", "microservices.restart"), status_code=HTTP_200_OK)
    async def restart_microservice(
        workspace_id: FromPath[int],
        microservice_id: FromPath[int],
        data: JSONBody[RestartRequest | None] = None,
    ) -> ListOf[AgentRestart]:
        """Stop and start its container on these agents; the answer says what became of each."""
        stored = await store.get(workspace_id, microservice_id)
        situation = await view.situation(workspace_id)
        theirs = list(situation.standings(stored.head))
        named = (data or RestartRequest()).agents
        for agent_id in named:
            if agent_id not in theirs:
                raise Invalid(f"agents: agent {agent_id} is not to have this microservice")
        if not named and len(theirs) > MOST_RESTARTED:
            raise Invalid(f"agents: it is on {len(theirs)}: name {MOST_RESTARTED} at most")
        found: dict[int, str] = {}

        async def restart(agent_id: int) -> None:
            found[agent_id] = await requests.restart(agent_id, stored.head.uuid)

        async with anyio.create_task_group() as tasks:
            for agent_id in dict.fromkeys(named or theirs):
                tasks.start_soon(restart, agent_id)
        return ListOf(
            data=[
                AgentRestart(agent_id=agent_id, problem=problem)
                for agent_id, problem in sorted(found.items())
            ]
        )

    return Router(
        "/",
        route_handlers=[
            list_microservices,
            add_microservice,
            get_microservice,
            change_microservice,
            delete_microservice,
            end_of_rollout,
            restart_microservice,
        ],
        tags=["microservices"],
    )
