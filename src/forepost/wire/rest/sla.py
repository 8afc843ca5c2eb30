"""Uptime and SLA reports, as REST has them."""

from datetime import datetime

from forepost.wire.base import Wire


class Availability(Wire, frozen=True, kw_only=True):
    """Seconds of the time of the report. Expected = up + degraded + down + unknown."""

    expected_sec: float
    """Since the probe (the agent) was made, until now; before that only what is known."""
    known_sec: float
    up_sec: float
    degraded_sec: float
    down_sec: float
    unknown_sec: float
    """No result says how it was: the agent was away, the probe disabled, or history begins later.
    """
    availability_pct: float | None
    """Of the known time what was not down; null: nothing is known."""
    availability_outside_maintenance_pct: float | None
    """The same of the time that was in no maintenance window."""
    maintenance_sec: float
    """Of the expected time."""
    down_in_maintenance_sec: float
    outages: int
    longest_outage_sec: float
    longest_outage_at: datetime | None


class ProbeSla(Availability, frozen=True, kw_only=True):
    """One target as seen by one agent."""

    probe_id: int
    agent_id: int
    type: str
    target: str
    target_agent: int
    history_since: datetime | None
    """Of the oldest result that is kept of it; null: there is none."""
    rtt_p50_ms: float | None
    rtt_p95_ms: float | None
    loss_pct: float | None
    """Over all packets."""


class SiteSla(Availability, frozen=True, kw_only=True):
    """One agent: down while everything that it measures is down, up while all of it is up."""

    agent_id: int
    name: str
    loss_pct: float | None
    """Of all packets that its probes sent."""


class LabelledSiteSla(Availability, frozen=True, kw_only=True):
    """All that belongs to one value of the label `site`: down while all of it is down, up while all
    is up.
    """

    site: str
    agent_ids: list[int]
    """Those that have the label."""
    probe_ids: list[int]
    """Those that have it themselves."""
    loss_pct: float | None


class SlaReport(Wire, frozen=True, kw_only=True):
    start: datetime
    end: datetime
    """Not included; not after now."""
    probes: list[ProbeSla]
    sites: list[SiteSla]
    labelled_sites: list[LabelledSiteSla]
