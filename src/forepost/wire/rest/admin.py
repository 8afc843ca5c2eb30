"""What the admins of a site see and change, across workspaces, as REST has it."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import IdOrZero, Name, Text, Wire
from forepost.wire.rest.bodies import Agent, Email, GivenRole, SiteRole, User, Workspace
from forepost.wire.rest.membership import Member


class SiteStats(Wire, frozen=True, kw_only=True):
    total_users: int
    total_workspaces: int
    total_agents: int
    active_agents: int
    """That are connected."""
    total_probes: int
    generated_at: datetime


class WorkspaceStats(Wire, frozen=True, kw_only=True):
    workspace_id: int
    workspace_name: str
    member_count: int
    agent_count: int
    active_agents: int
    probe_count: int


class SitePage(Wire, frozen=True, kw_only=True):
    total: int
    limit: int
    offset: int
    q: str = ""


class UserPage(SitePage, frozen=True, kw_only=True):
    data: list[User]


class WorkspacePage(SitePage, frozen=True, kw_only=True):
    data: list[Workspace]


class SiteAgent(Wire, frozen=True, kw_only=True):
    id: int
    workspace_id: int
    workspace_name: str
    name: str
    description: str
    version: str
    location: str
    last_seen_at: datetime
    initialized: bool
    created_at: datetime
    updated_at: datetime
    is_online: bool
    is_global: bool = False
    bidirectional_default: bool = False


class SiteAgentPage(SitePage, frozen=True, kw_only=True):
    data: list[SiteAgent]


class WholeWorkspace(Wire, frozen=True, kw_only=True):
    workspace: Workspace
    members: list[Member]
    agents: list[Agent]


class UserPatch(Wire, frozen=True, kw_only=True):
    email: Email | UnsetType = UNSET
    """Another address is proven only if `verified` says so."""
    name: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    verified: bool | UnsetType = UNSET


class RolePatch(Wire, frozen=True, kw_only=True):
    role: SiteRole


class SiteWorkspacePatch(Wire, frozen=True, kw_only=True):
    name: Name | UnsetType = UNSET
    description: Text | UnsetType = UNSET


class SiteMember(Wire, frozen=True, kw_only=True):
    """Whom to make a member at once: an account, by id or by its address."""

    user_id: IdOrZero = 0
    email: Annotated[str, Meta(max_length=254)] = ""
    role: GivenRole = "USER"


class GlobalPatch(Wire, frozen=True, kw_only=True):
    is_global: bool
    bidirectional_default: bool = False


class AgentConnection(Wire, frozen=True, kw_only=True):
    """An agent that is connected now."""

    agent_id: int
    agent_name: str
    workspace_id: int
    workspace_name: str
    conn_id: str
    client_ip: str
    connected_at: datetime


class WorkspaceConnections(Wire, frozen=True, kw_only=True):
    workspace_id: int
    workspace_name: str
    agent_count: int
    connections: list[AgentConnection]


class Connections(Wire, frozen=True, kw_only=True):
    connected_count: int
    workspace_count: int
    connections: list[AgentConnection]
    by_workspace: list[WorkspaceConnections]
