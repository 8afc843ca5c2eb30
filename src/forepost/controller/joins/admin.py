"""Joins the admins of a site to accounts, workspaces and agents."""

from datetime import datetime

from forepost.controller.admin import accounts_api, api
from forepost.controller.admin.accounts import SiteAccounts
from forepost.controller.admin.needs import AdminNeeds, LiveAgent
from forepost.controller.admin.store import SiteStore
from forepost.controller.fleet.presence import standing
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.joins.workspaces import gone_of
from forepost.controller.workspaces.members import Members
from forepost.controller.workspaces.store import Workspaces
from forepost.wire.rest.bodies import Agent, Role, Workspace, WorkspacePatch
from forepost.wire.rest.membership import Member

MOST_AGENTS = 200


async def build(core: Core) -> Built:
    members, workspaces = Members(core.db), Workspaces(core.db)
    clock, roster, access = core.clock, core.roster, core.access

    def live() -> list[LiveAgent]:
        return [LiveAgent(*one) for one in roster.connections()]

    def is_online(agent_id: int, kept: datetime) -> bool:
        seen = roster.last_seen(agent_id) or kept
        return standing(seen, clock.now()) == "online"

    async def agents_of(workspace_id: int) -> list[Agent]:
        found, _ = await core.agents.of(workspace_id, MOST_AGENTS, 0)
        return found

    async def change_member(workspace_id: int, member_id: int, role: Role) -> Member:
        return await members.change(workspace_id, member_id, role, clock.now())

    async def change_workspace(workspace_id: int, patch: WorkspacePatch) -> Workspace:
        return await workspaces.change(workspace_id, patch, "", clock.now())

    async def delete_workspace(workspace_id: int) -> None:
        await workspaces.delete(workspace_id, clock.now())
        access.access.forget()
        gone_of(core)(workspace_id)

    deps = AdminNeeds(
        clock=clock,
        live=live,
        is_online=is_online,
        agents_of=agents_of,
        members_of=members.of,
        change_member=change_member,
        remove_member=members.remove,
        change_workspace=change_workspace,
        delete_workspace=delete_workspace,
        mail_reset=access.mail_reset,
        page_of=access.origins.of,
        changed=access.access.forget,
    )
    return Built(
        routers=[
            api.routes(SiteStore(core.db), deps),
            accounts_api.routes(SiteAccounts(core.db), deps),
        ]
    )
