"""What lists of sites are made of, from the subjects that have it."""

from collections.abc import Awaitable, Callable

import msgspec

from forepost.controller.series.port import Judge, Series
from forepost.kit.clock import Clock
from forepost.wire.local.status import AgentSpool
from forepost.wire.probes.probe import Probe
from forepost.wire.rest.bodies import Agent
from forepost.wire.rest.sites import SitePlace
from forepost.wire.rest.topology import ProbeHealth, WorkspaceHealth
from forepost.wire.uplink.clock import AgentClock

Octets = tuple[int, int]
"""In and out."""


class SiteNeeds(msgspec.Struct, frozen=True, kw_only=True):
    series: Series
    clock: Clock
    agents: Callable[[int], Awaitable[list[Agent]]]
    """Of a workspace."""
    agent: Callable[[int, int], Awaitable[Agent]]
    """(workspace, agent). Raises NotFound."""
    probes: Callable[[int, int], Awaitable[list[Probe]]]
    """(workspace, agent)."""
    is_live: Callable[[int], bool]
    spool_of: Callable[[int], AgentSpool | None]
    clock_of: Callable[[int], AgentClock | None]
    place_found: Callable[[Agent], SitePlace | None]
    """Where GeoIP thinks that its public address is."""
    health: Callable[[int], Awaitable[WorkspaceHealth]]
    """Of a workspace: the one verdict."""
    own_probes: Callable[[int, int], Awaitable[list[ProbeHealth]]]
    """(workspace, agent): how each of its probes is."""
    traffic: Callable[[int, float, float], Awaitable[dict[int, Octets]]]
    """(workspace, from, to) -> by agent."""
    enabled: Callable[[], Awaitable[list[int]]]
    """Every probe that is on, of all workspaces."""
    judge: Judge
