"""What the admins of a site need of the other slices; `joins/admin.py` gives it."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from forepost.kit.clock import Clock
from forepost.wire.rest.bodies import Agent, Role, Workspace, WorkspacePatch
from forepost.wire.rest.derived import Ended
from forepost.wire.rest.membership import Member


class LiveAgent(msgspec.Struct, frozen=True):
    """An agent that is connected."""

    agent_id: int
    address: str
    since: datetime


class AdminNeeds(msgspec.Struct, frozen=True, kw_only=True):
    clock: Clock
    live: Callable[[], list[LiveAgent]]
    is_online: Callable[[int, datetime], bool]
    """(agent id, when the store last heard of it)."""
    agents_of: Callable[[int], Awaitable[list[Agent]]]
    """Those of a workspace, 200 at most."""
    members_of: Callable[[int], Awaitable[list[Member]]]
    change_member: Callable[[int, int, Role], Awaitable[Member]]
    """(workspace id, member id, role)."""
    remove_member: Callable[[int, int], Awaitable[Ended]]
    change_workspace: Callable[[int, WorkspacePatch], Awaitable[Workspace]]
    delete_workspace: Callable[[int], Awaitable[None]]
    mail_reset: Callable[[str, str], Awaitable[None]]
    """(address of an account, page that asks). Raises Forbidden where no mail is set up."""
    page_of: Callable[[object], str]
    changed: Callable[[], None]
    """Accounts or memberships are others now."""
