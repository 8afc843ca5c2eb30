"""Share links: one agent, or one probe of it, to look at, for whoever has the link."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from forepost.wire.base import MOST_ID, Wire
from forepost.wire.probes.probe import Probe

DAY_SEC = 86_400
Instant = Annotated[datetime, Meta(tz=True)]


class NewShareLink(Wire, frozen=True, kw_only=True):
    expires_in_seconds: Annotated[int, Meta(ge=60, le=30 * DAY_SEC)] = DAY_SEC
    password: Annotated[str, Meta(max_length=1_000)] = ""
    """Empty: the link alone is enough."""
    probe_id: Annotated[int, Meta(ge=1, le=MOST_ID)] | None = None
    """The only one that is shown; null: all of the agent and those towards it."""
    shown_from: Instant | None = None
    """With `shown_to` the part of time that is shown, and nothing after it: a snapshot."""
    shown_to: Instant | None = None


class ShareLink(Wire, frozen=True, kw_only=True):
    """The token is in no list: it is shown once, where the link is made."""

    id: int
    created_at: datetime
    updated_at: datetime
    workspace_id: int
    agent_id: int
    created_by_user_id: int
    expires_at: datetime
    has_password: bool
    access_count: int
    last_accessed_at: datetime | None
    allow_speedtest: bool = False
    probe_id: int | None
    shown_from: datetime | None
    shown_to: datetime | None


class NewShareLinkMade(Wire, frozen=True, kw_only=True):
    share_link: ShareLink
    token: str


class ShareLinks(Wire, frozen=True, kw_only=True):
    items: list[ShareLink]
    total: int


class ShareInfo(Wire, frozen=True, kw_only=True):
    """What a link says before its password."""

    has_password: bool
    expires_at: datetime
    expired: bool


class SharedAgent(Wire, frozen=True, kw_only=True):
    id: int
    name: str
    description: str
    location: str
    version: str
    public_ip: str
    initialized: bool
    updated_at: datetime
    last_seen_at: datetime


class Shared(Wire, frozen=True, kw_only=True):
    """The agent, its probes, and those of others that measure towards it."""

    agent: SharedAgent
    probes: list[Probe]
    reverse_probes: list[Probe]
    reverse_count: int
    expires_at: datetime
    allow_speedtest: bool = False
    probe_id: int | None
    """Null: the link is of the whole agent."""
    shown_from: datetime | None
    """Null: whatever is kept is shown, up to now."""
    shown_to: datetime | None


class PasswordNeeded(Wire, frozen=True, kw_only=True):
    """401 of a link with a password."""

    error: str
    requires_password: bool = True
