"""What changed in a workspace: what results show, and what is known of alerts and roll-outs."""

from datetime import datetime
from typing import Literal

from forepost.wire.base import Wire

ChangeKind = Literal[
    "route",
    "address",
    "certificate",
    "version",
    "controller",
    "alert_began",
    "alert_ended",
    "rollout_began",
    "rollout_ended",
    "run_began",
    "run_ended",
]
"""controller: it started. rollout: of a microservice. run: of a job, a transfer among them."""


class RecordedChange(Wire, frozen=True, kw_only=True):
    id: str
    """Of its own, whatever kind it is."""
    kind: ChangeKind
    at: datetime
    agent_id: int | None
    """Null: of the whole workspace."""
    probe_id: int | None
    target: str
    before: str
    """Fingerprint of a route or a certificate, address, version; empty where there is none."""
    after: str
    text: str
    """In words: of a route its hops, from and to."""
    about_id: int | None
    """Of an alert its incident, of a roll-out its microservice, of a run its job; else null."""


class ChangePage(Wire, frozen=True, kw_only=True):
    data: list[RecordedChange]
    """The newest first."""
    next: str | None
    """What `cursor` is for the page after; null: there is none."""
