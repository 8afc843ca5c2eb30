"""How address groups come to agents of ours: a document in parts, and what the agent has.

The agent says what it has when it connects and after every change; it gets what it has not.
"""

from typing import Annotated, Final

from msgspec import Meta

from forepost.wire.base import Wire
from forepost.wire.uplink.messages import PRINTABLE

GROUPS: Final = "groups"
"""The capability: this agent takes groups, this controller gives them."""
MOST_IN_PART: Final = 1_000
"""Addresses in one message: less than 70 KiB, so that others pass between them on a slow line."""
MOST_IN_ALL: Final = 1_000_000
"""Addresses of all groups of a workspace."""
MOST_PARTS: Final = 20_000
MOST_PROBLEMS: Final = 50


class GroupEntries(Wire, frozen=True, kw_only=True):
    name: str
    entries: list[str]


class GroupsPart(Wire, frozen=True, kw_only=True):
    """A part of the document `groups`. A group may go on in the next part; together they are all
    groups that the controller wants.
    """

    groups: list[GroupEntries]


class WantGroups(Wire, frozen=True, kw_only=True):
    """Event `want_groups`: one part, of those of a revision in rising order from 1. A group may go
    on in the next part. Together they are all groups that the controller wants.
    """

    revision: Annotated[str, Meta(max_length=64)]
    part: Annotated[int, Meta(ge=1, le=MOST_PARTS)] = 1
    parts: Annotated[int, Meta(ge=1, le=MOST_PARTS)] = 1
    groups: list[GroupEntries]


class HaveGroups(Wire, frozen=True, kw_only=True):
    """Event `have_groups`: the revision that is in use now; "" where there never was one."""

    revision: Annotated[str, Meta(max_length=64, pattern=PRINTABLE)]
    problems: Annotated[
        list[Annotated[str, Meta(max_length=500)]], Meta(max_length=MOST_PROBLEMS)
    ] = []
    """What could not be taken, in words; the first of them."""


class GroupDelivery(Wire, frozen=True, kw_only=True):
    """What one agent makes of the groups of its workspace: what it said last, if it is away."""

    agent_id: int
    connected: bool
    takes_groups: bool
    """It meters traffic, or answers on the socket. Not true of an agent that was never here."""
    current: bool
    """It has said that it uses the groups as they are now."""
    problems: list[str]
