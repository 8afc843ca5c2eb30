"""The list of sites, made of what is known of them. Pure: in a thread of its own."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Final

import msgspec

from forepost.controller.payloads.figure import shown_figure
from forepost.controller.sites.cells import AgentCells, LineCells
from forepost.controller.sites.needs import Octets
from forepost.controller.sites.places import place_set
from forepost.controller.sites.slots import CellSpan, SlotRing, letters, lost
from forepost.wire.disclosure import public_target
from forepost.wire.local.status import AgentSpool
from forepost.wire.rest.bodies import Agent
from forepost.wire.rest.sites import Site, SiteList, SitePlace, StateStrip, WorstProbe
from forepost.wire.rest.topology import AgentHealth, ProbeHealth, Status, WorkspaceHealth
from forepost.wire.uplink.clock import AgentClock

_WORSE: Final[dict[Status, int]] = {"healthy": 0, "unknown": 1, "degraded": 2, "critical": 3}


class SitesView(msgspec.Struct, frozen=True, kw_only=True):
    """All that a list is made of, at one moment."""

    now: datetime
    hours: int
    span: CellSpan
    agents: Sequence[Agent]
    health: WorkspaceHealth
    cells: Mapping[int, AgentCells]
    traffic: Mapping[int, Octets]
    is_live: Callable[[int], bool]
    spool_of: Callable[[int], AgentSpool | None]
    clock_of: Callable[[int], AgentClock | None]
    place_found: Callable[[Agent], SitePlace | None]
    is_whole: bool


def site_list(view: SitesView) -> SiteList:
    known = {one.id: one for one in view.health.agents}
    return SiteList(
        data=[_site(view, one, known[one.id]) for one in view.agents if one.id in known],
        hours=view.hours,
        cell_sec=view.span.cell_sec,
        cells_from=cells_from(view.span),
        generated_at=view.now,
        is_whole=view.is_whole,
    )


def cells_from(span: CellSpan) -> datetime:
    return datetime.fromtimestamp(span.first * span.cell_sec / span.slots, UTC)


def _strip_of(ring: SlotRing | None, span: CellSpan) -> tuple[StateStrip, float | None]:
    """Return a strip, and what was lost of all of it."""
    if ring is None:
        return StateStrip(states="." * span.cells, loss_pct=[None] * span.cells), None
    losses, loss = lost(ring, span)
    states = letters(ring.states(span.first, span.last), span)
    return StateStrip(states=states, loss_pct=losses), loss


def _site(view: SitesView, agent: Agent, health: AgentHealth) -> Site:
    cells = view.cells.get(agent.id)
    ring = None if cells is None else cells.ring
    strip, loss = _strip_of(ring, view.span)
    rtts = [] if ring is None else ring.rtts_ms(view.span.first, view.span.last)
    lines = [] if cells is None else [*cells.lines.values()]
    octets = view.traffic.get(agent.id)
    return Site(
        id=agent.id,
        name=agent.name,
        location=agent.location,
        labels=agent.labels,
        version=agent.version,
        connected=view.is_live(agent.id),
        status=health.status,
        last_seen_at=health.last_seen_at,
        verdict=health.verdict,
        probes=len(health.probes),
        worst=_worst(lines, health.probes),
        strip=strip,
        loss_pct=loss,
        rtt_ms=round(median(rtts), 3) if rtts else None,
        bytes_in=None if octets is None else octets[0],
        bytes_out=None if octets is None else octets[1],
        spool=_backlog(view.spool_of(agent.id)),
        clock=_wrong(view.clock_of(agent.id)),
        place=place_set(agent.metadata) or view.place_found(agent),
    )


def _worst(lines: Sequence[LineCells], probes: Sequence[ProbeHealth]) -> WorstProbe | None:
    of_probe: dict[int, list[LineCells]] = defaultdict(list)
    for line in lines:
        of_probe[line.probe_id].append(line)
    candidates = [one for one in probes if one.probe_id in of_probe]
    if not candidates:
        return None
    worst = max(candidates, key=_badness)
    line = max(of_probe[worst.probe_id], key=_burden)
    return WorstProbe(
        probe_id=worst.probe_id,
        type=line.type,
        target=public_target(line.target),
        target_agent=line.target_agent,
        status=worst.status,
        reason=worst.reason,
        since=worst.since,
        figure=shown_figure(
            line.type, line.figure, line.figure_loss, of_network=line.is_of_network
        ),
    )


def _badness(probe: ProbeHealth) -> tuple[int, float, float, float]:
    since = 0.0 if probe.since is None else -probe.since.timestamp()
    rank = _WORSE[probe.status]
    return rank, since if rank > 1 else 0.0, probe.packet_loss or 0.0, probe.avg_latency or 0.0


def _burden(line: LineCells) -> tuple[bool, float, float]:
    return line.failed_us > 0, line.figure_loss or 0.0, line.figure or 0.0


def _backlog(spool: AgentSpool | None) -> AgentSpool | None:
    return spool if spool is not None and (spool.backlog or spool.lost) else None


def _wrong(clock: AgentClock | None) -> AgentClock | None:
    return clock if clock is not None and clock.skewed else None
