"""Which agents have which wanted document, as REST shows it."""

from datetime import datetime
from typing import Literal

from forepost.wire.base import Wire

DocumentState = Literal["current", "applying", "failed", "waiting", "unknown"]
"""current: the agent has said that it uses the document as it is now. applying: it is about to.
failed: it could not use it, and goes on with the one before. waiting: what it said last was of
another revision. unknown: it never said anything, as agents of other makes never do."""


class AgentDocument(Wire, frozen=True, kw_only=True):
    """One document of one agent."""

    agent_id: int
    document: str
    connected: bool
    state: DocumentState
    revision: str
    """Of the document as it is now."""
    has_revision: str
    """What the agent said last; "" where it never did."""
    said_at: datetime | None
    problems: list[str]
    """What the agent cannot do of it, in its words."""
