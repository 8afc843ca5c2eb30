"""Sites as a list shows them: how each is now, and how it was, in cells that are small on the wire.

A strip is one letter for each cell, the oldest first: `o` fine, `w` something was bad or one try
failed, `d` nothing came through, `.` nothing was measured. A cell is as bad as the worst that was
in it. The last cell goes on.
"""

from datetime import datetime
from typing import Literal

from forepost.wire.base import Json, Wire
from forepost.wire.local.status import AgentSpool
from forepost.wire.rest.topology import HealthVerdict, Standing, Status
from forepost.wire.uplink.clock import AgentClock


class ShownFigure(Wire, frozen=True, kw_only=True, gc=False):
    """The one figure by which a type of probe is known: RTT, days left, Mbit/s, …"""

    words: str
    """As it is read: "12.3 ms, 20 % lost"."""
    value: float | None
    unit: str


class WorstProbe(Wire, frozen=True, kw_only=True, gc=False):
    """What is worst of a site; where nothing is bad, what takes longest."""

    probe_id: int
    type: str
    """Of its results: an AGENT probe has several types."""
    target: str
    target_agent: int
    status: Status
    reason: str
    since: datetime | None
    figure: ShownFigure | None


class StateStrip(Wire, frozen=True, kw_only=True, gc=False):
    states: str
    loss_pct: list[float | None]
    """Packets of probes of the network that were lost, one number for each cell."""


class SitePlace(Wire, frozen=True, kw_only=True, gc=False):
    """Where a site stands, in degrees."""

    latitude: float
    longitude: float
    source: Literal["set", "geoip"]
    """`set`: `latitude` and `longitude` of the agent's metadata; `geoip`: its public address."""
    name: str = ""
    """As GeoIP calls it: "Lisbon, PT"."""


class Site(Wire, frozen=True, kw_only=True, gc=False):
    """An agent with all that it measures."""

    id: int
    name: str
    location: str
    labels: Json
    version: str
    connected: bool
    status: Standing
    last_seen_at: datetime | None
    verdict: HealthVerdict
    """As `GET …/health` has it."""
    probes: int
    worst: WorstProbe | None
    strip: StateStrip
    loss_pct: float | None
    """Of the span, of probes of the network."""
    rtt_ms: float | None
    """Of the span, of probes of the network: the middle one of the means of quarters of an hour."""
    bytes_in: int | None
    """Of the span, by the hour; null where no traffic is measured."""
    bytes_out: int | None
    spool: AgentSpool | None = None
    """Only where a backlog waits there to be sent, or results were lost."""
    clock: AgentClock | None = None
    """Only where it is wrong."""
    place: SitePlace | None = None
    """null: nobody has set it, and GeoIP does not know."""


class SiteList(Wire, frozen=True, kw_only=True):
    data: list[Site]
    hours: int
    cell_sec: int
    cells_from: datetime
    """Start of the first cell."""
    generated_at: datetime
    is_whole: bool
    """Not while cells of before the controller's start are still read, and not where lines of
    results found no room in RAM."""


class LineStrip(Wire, frozen=True, kw_only=True, gc=False):
    """One target of one probe, or what an agent says of itself."""

    probe_id: int
    type: str
    target: str
    target_agent: int
    verdict: HealthVerdict
    """Of the probe."""
    strip: StateStrip
    figure: ShownFigure | None
    """The newest."""
    spark: list[float | None]
    """The figure of its type, mean of each cell (RTT: the middle one)."""
    unit: str
    last_at: datetime | None
    age_sec: float | None


class AgentStrips(Wire, frozen=True, kw_only=True):
    data: list[LineStrip]
    hours: int
    cell_sec: int
    cells_from: datetime
    generated_at: datetime
    is_whole: bool
