"""Wanted documents (capability `documents`): what an agent is to do, one for each subject.

A document is whole and idempotent: its newest revision replaces all earlier ones. It comes in parts
(events `want_document`, in rising order from 1); what they mean is its subject's. The agent says
which revision it has (`have_document`) when it connects, of every document that it takes, and after
every change; it is given what it has not. One that it does not name it does not take.

A side without the capability uses `want` and `have` (probes), `want_groups` and `have_groups`.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from forepost.wire.base import Wire
from forepost.wire.uplink.messages import LONGEST_REASON, MOST_REASONS, PRINTABLE

DOCUMENTS: Final = "documents"
"""The capability: both sides speak of documents by these events."""
WANT: Final = "want_document"
HAVE: Final = "have_document"
PROBES: Final = "probes"
"""Parts are `ProbesPart`."""
GROUPS: Final = "groups"
"""Parts are `GroupsPart` (wire/uplink/groups.py)."""
MOST_PARTS: Final = 20_000

Name = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[a-z][a-z0-9_]*\Z")]
Revision = Annotated[str, Meta(max_length=64, pattern=PRINTABLE)]
State = Literal["applied", "applying", "failed"]
"""applied: in use, but for the problems. applying: it takes a while. failed: the old one stays."""


class WantDocument(Wire, frozen=True, kw_only=True):
    """Event `want_document`: one part of a document."""

    document: Name
    revision: Revision
    part: Annotated[int, Meta(ge=1, le=MOST_PARTS)] = 1
    parts: Annotated[int, Meta(ge=1, le=MOST_PARTS)] = 1
    body: msgspec.Raw


class HaveDocument(Wire, frozen=True, kw_only=True):
    """Event `have_document`: the revision that the agent has; "" where it never had one."""

    document: Name
    revision: Revision
    state: State = "applied"
    problems: Annotated[
        list[Annotated[str, Meta(max_length=LONGEST_REASON)]], Meta(max_length=MOST_REASONS)
    ] = []
    """What cannot be done of it, in words; of probes, "probe ID: " and why."""


class ProbesPart(Wire, frozen=True, kw_only=True):
    """A part of the document `probes`: all parts together are the whole list, and all keys."""

    probes: list[msgspec.Raw]
    keys: dict[int, bytes] = {}
    """Of the pairs that this agent and others make, by the other's number."""
