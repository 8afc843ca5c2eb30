"""Routes of workspaces, their members and agents, for the admins of a site."""

from typing import Final

import msgspec
from litestar import Router, delete, get, post, route
from litestar.enums import HttpMethod
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import SITE_ADMIN, needs
from forepost.controller.admin.needs import AdminNeeds
from forepost.controller.admin.store import SiteStore
from forepost.controller.page import Limit, Offset
from forepost.kit.errors import Conflict, NotFound
from forepost.wire.rest.admin import (
    AgentConnection,
    Connections,
    GlobalPatch,
    SiteAgent,
    SiteAgentPage,
    SiteMember,
    SiteStats,
    SiteWorkspacePatch,
    WholeWorkspace,
    WorkspaceConnections,
    WorkspacePage,
    WorkspaceStats,
)
from forepost.wire.rest.bodies import Done, ListOf, Workspace, WorkspacePatch
from forepost.wire.rest.derived import Ended
from forepost.wire.rest.membership import Member, MemberPatch

SPACES: Final = "/admin/workspaces"
SPACE: Final = SPACES + "/{workspace_id:int}"
MEMBER: Final = SPACE + "/members/{member_id:int}"
CHANGES: Final = [HttpMethod.PUT, HttpMethod.PATCH]
NOT_GLOBAL: Final = (
    "is_global: an agent is of its workspace alone here; enrol one in each workspace that needs it"
)


def routes(store: SiteStore, deps: AdminNeeds) -> Router:
    def online(agents: list[SiteAgent]) -> list[SiteAgent]:
        return [
            msgspec.structs.replace(one, is_online=deps.is_online(one.id, one.last_seen_at))
            for one in agents
        ]

    @get("/admin/stats", opt=needs(SITE_ADMIN))
    async def stats() -> SiteStats:
        totals = await store.totals()
        return SiteStats(
            total_users=totals.users,
            total_workspaces=totals.workspaces,
            total_agents=totals.agents,
            active_agents=len(deps.live()),
            total_probes=totals.probes,
            generated_at=deps.clock.now(),
        )

    @get(["/admin/workspace-stats", "/admin/agents/stats"], opt=needs(SITE_ADMIN))
    async def workspace_stats() -> ListOf[WorkspaceStats]:
        """What each workspace has."""
        live = frozenset(one.agent_id for one in deps.live())
        return ListOf(data=await store.stats(live))

    @get(SPACES, opt=needs(SITE_ADMIN))
    async def list_spaces(
        q: FromQuery[str] = "", limit: Limit = 50, offset: Offset = 0
    ) -> WorkspacePage:
        data, total = await store.workspaces(q, limit, offset)
        return WorkspacePage(data=data, total=total, limit=limit, offset=offset, q=q)

    @get(SPACE, opt=needs(SITE_ADMIN))
    async def get_space(workspace_id: FromPath[int]) -> WholeWorkspace:
        """With its members and its first 200 agents."""
        return WholeWorkspace(
            workspace=await store.workspace(workspace_id),
            members=await deps.members_of(workspace_id),
            agents=await deps.agents_of(workspace_id),
        )

    @route(
        SPACE,
        http_method=CHANGES,
        opt=needs(SITE_ADMIN, "workspaces.update"),
        status_code=HTTP_200_OK,
    )
    async def change_space(
        workspace_id: FromPath[int], data: JSONBody[SiteWorkspacePatch]
    ) -> Workspace:
        patch = WorkspacePatch(name=data.name, description=data.description)
        return await deps.change_workspace(workspace_id, patch)

    @delete(SPACE, opt=needs(SITE_ADMIN, "workspaces.delete"), status_code=HTTP_200_OK)
    async def delete_space(workspace_id: FromPath[int]) -> Done:
        await store.workspace(workspace_id)
        await deps.delete_workspace(workspace_id)
        return Done()

    @get(SPACE + "/members", opt=needs(SITE_ADMIN))
    async def list_members(workspace_id: FromPath[int]) -> ListOf[Member]:
        await store.workspace(workspace_id)
        return ListOf(data=await deps.members_of(workspace_id))

    @post(SPACE + "/members", opt=needs(SITE_ADMIN, "members.create"))
    async def add_member(workspace_id: FromPath[int], data: JSONBody[SiteMember]) -> Member:
        """At once, without an invitation."""
        member_id = await store.add_member(workspace_id, data, deps.clock.now())
        deps.changed()
        for member in await deps.members_of(workspace_id):
            if member.id == member_id:
                return member
        raise NotFound("member not found")

    @route(
        MEMBER,
        http_method=CHANGES,
        opt=needs(SITE_ADMIN, "members.update"),
        status_code=HTTP_200_OK,
    )
    async def change_member(
        workspace_id: FromPath[int], member_id: FromPath[int], data: JSONBody[MemberPatch]
    ) -> Member:
        member = await deps.change_member(workspace_id, member_id, data.role)
        deps.changed()
        return member

    @delete(MEMBER, opt=needs(SITE_ADMIN, "members.delete"), status_code=HTTP_200_OK)
    async def remove_member(workspace_id: FromPath[int], member_id: FromPath[int]) -> Ended:
        ended = await deps.remove_member(workspace_id, member_id)
        deps.changed()
        return ended

    @get("/admin/agents", opt=needs(SITE_ADMIN))
    async def list_site_agents(
        q: FromQuery[str] = "", limit: Limit = 50, offset: Offset = 0
    ) -> SiteAgentPage:
        data, total = await store.agents(q, limit, offset)
        return SiteAgentPage(data=online(data), total=total, limit=limit, offset=offset, q=q)

    @get("/admin/global-agents", opt=needs(SITE_ADMIN))
    async def list_global_agents() -> ListOf[SiteAgent]:
        """Agents of all workspaces: there are none."""
        return ListOf(data=[])

    @route(
        "/admin/agents/{agent_id:int}/global",
        http_method=CHANGES,
        opt=needs(SITE_ADMIN, "agents.global"),
        status_code=HTTP_200_OK,
    )
    async def set_global(agent_id: FromPath[int], data: JSONBody[GlobalPatch]) -> SiteAgent:
        """409 for `is_global`: no agent is of several workspaces."""
        found = online(await store.named([agent_id]))
        if not found:
            raise NotFound("agent not found")
        if data.is_global:
            raise Conflict(NOT_GLOBAL)
        return found[0]

    @get("/admin/debug/connections", opt=needs(SITE_ADMIN))
    async def connections() -> Connections:
        """Agents that are connected now, and from where."""
        live = {one.agent_id: one for one in deps.live()}
        found = [
            AgentConnection(
                agent_id=agent.id,
                agent_name=agent.name,
                workspace_id=agent.workspace_id,
                workspace_name=agent.workspace_name,
                conn_id=f"agent-{agent.id}",
                client_ip=live[agent.id].address,
                connected_at=live[agent.id].since,
            )
            for agent in await store.named(list(live))
        ]
        spaces: dict[int, list[AgentConnection]] = {}
        for one in found:
            spaces.setdefault(one.workspace_id, []).append(one)
        return Connections(
            connected_count=len(found),
            workspace_count=len(spaces),
            connections=found,
            by_workspace=[
                WorkspaceConnections(
                    workspace_id=workspace_id,
                    workspace_name=theirs[0].workspace_name,
                    agent_count=len(theirs),
                    connections=theirs,
                )
                for workspace_id, theirs in spaces.items()
            ],
        )

    return Router(
        "/",
        route_handlers=[
            *(stats, workspace_stats, list_spaces, get_space, change_space, delete_space),
            *(list_members, add_member, change_member, remove_member),
            *(list_site_agents, list_global_agents, set_global, connections),
        ],
        tags=["admin"],
    )
