"""Address groups: named sets of addresses that flows are tagged by."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import ExternalId, Id, Text, Wire

GroupName = Annotated[
    str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$(?!\n)")
]
Member = Annotated[str, Meta(min_length=2, max_length=64)]
"""An IPv4 or IPv6 address, a prefix, or a MAC address."""
Members = Annotated[list[Member], Meta(max_length=100_000)]
AgentIds = Annotated[list[Id], Meta(max_length=1_000)]


class NewGroup(Wire, frozen=True, kw_only=True):
    name: GroupName
    description: Text = ""
    addresses: Members = []
    agent_ids: AgentIds = []
    """Which agents are to have it; empty: all of the workspace."""
    external_id: ExternalId = ""


class GroupPatch(Wire, frozen=True, kw_only=True):
    """`addresses` replaces all; `add` and `remove` change some of them, in this order."""

    name: GroupName | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    addresses: Members | UnsetType = UNSET
    add: Members = []
    remove: Members = []
    agent_ids: AgentIds | UnsetType = UNSET
    """May keep those that the group names and that were deleted since."""
    external_id: ExternalId | UnsetType = UNSET


class Group(Wire, frozen=True, kw_only=True):
    id: int
    workspace_id: int
    name: str
    description: str
    count: int
    """How many addresses it has."""
    addresses: list[str] | UnsetType = UNSET
    """Canonical, each once; left out of lists."""
    agent_ids: list[int]
    """Empty: all. An agent that was deleted stays named: the group of such alone goes to nobody."""
    external_id: str
    revision: int
    """Higher after every change."""
    created_at: datetime
    updated_at: datetime
