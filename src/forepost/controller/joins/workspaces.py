"""Joins workspaces and their members to access, mail and agents."""

from collections.abc import Callable

from forepost.controller.alerts import default_rules
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.workspaces import api, invitations_api, members_api
from forepost.controller.workspaces.invitations import Invitations
from forepost.controller.workspaces.members import Members
from forepost.controller.workspaces.store import Workspaces


async def build(core: Core) -> Built:
    settings, clock, access = core.settings, core.clock, core.access
    changed = access.access.forget
    invitations = Invitations(
        core.db,
        core.outbox.put_mail if settings.mail.host else None,
        settings.http.public_url,
        trust_addresses=settings.http.trust_addresses,
    )

    async def made(workspace_id: int) -> None:
        for watcher in core.workspace_watchers:
            await watcher(workspace_id)

    lay = default_rules.lay if settings.alerts.default_rules else None
    return Built(
        routers=[
            api.routes(Workspaces(core.db, lay), clock, changed, made, gone_of(core)),
            members_api.routes(Members(core.db), invitations, clock, changed),
            invitations_api.routes(invitations, clock, changed, access.open_account),
        ]
    )


def gone_of(core: Core) -> Callable[[int], None]:
    """What follows when a workspace is no more: its agents are told."""

    def gone(workspace_id: int) -> None:
        for agent_id in core.roster.agents_of(workspace_id):
            core.reports.forget(agent_id)
        core.roster.workspace_gone(workspace_id)

    return gone
