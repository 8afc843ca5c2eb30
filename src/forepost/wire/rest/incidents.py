"""Incidents, and what depends on what, as REST has them."""

from datetime import datetime
from typing import Literal

from forepost.wire.base import Id, Wire
from forepost.wire.rest.alerts import Severity

Cause = Literal[
    "", "controller_link", "agent_gone", "site_unreachable", "parent", "gateway", "resolver"
]
"""Why an incident is; "": nothing explains it."""


class Incident(Wire, frozen=True, kw_only=True):
    """Alerts that belong together: they began together and have an agent, a site, a target or what
    they depend on in common.
    """

    id: int
    workspace_id: int
    title: str
    scope: Literal["agent", "target", "site", "rule", "workspace"]
    """What all of it has in common. "rule": one rule raises so many that they are one incident."""
    agent_id: int | None
    target: str
    site: str
    severity: Severity
    """The worst that it was."""
    opened_at: datetime
    resolved_at: datetime | None
    alerts: int
    """How many have joined it."""
    open_alerts: int
    cause: Cause
    cause_text: str
    cause_ended_at: datetime | None
    """Since when that is over, though the incident is not."""
    reopened_at: datetime | None
    """When it began again, the last time: what comes back within ten minutes goes on."""


class NewParent(Wire, frozen=True, kw_only=True):
    """Body of `POST .../alert-parents`: what depends, and on what; one of the two ids of each."""

    probe_id: Id | None = None
    agent_id: Id | None = None
    """The agent, and all that is measured towards it."""
    parent_probe_id: Id | None = None
    parent_agent_id: Id | None = None


class Parent(Wire, frozen=True, kw_only=True):
    id: int
    created_at: datetime
    updated_at: datetime
    workspace_id: int
    probe_id: int | None
    agent_id: int | None
    parent_probe_id: int | None
    parent_agent_id: int | None
