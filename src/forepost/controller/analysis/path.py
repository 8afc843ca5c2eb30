"""What the runs of MTR say of a way over time. Pure."""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from forepost.controller.payloads.mtr import Hop, Mtr
from forepost.wire.rest.analysis import PathAnalysis


def analysed(runs: Sequence[Mtr]) -> PathAnalysis | None:
    """`runs`: newest first. None: none of them has a hop."""
    found = [run.hops for run in runs if run.hops]
    if not found:
        return None
    routes = Counter(tuple(_address(hop) for hop in hops) for hops in found)
    ends = [hops[-1] for hops in found]
    answering = [hop.avg for hop in ends if hop.recv]
    return PathAnalysis(
        hop_count=len(found[0]),
        unique_routes=len(routes),
        route_stability_pct=round(100 * max(routes.values()) / len(found), 1),
        avg_end_hop_latency=round(fmean(answering), 3) if answering else 0.0,
        avg_end_hop_loss=round(fmean(hop.loss_pct for hop in ends), 2),
        trace_count=len(found),
        rate_limited_hops=_rate_limited(found[0]),
        timeout_segments=_silent(found[0]),
    )


def _address(hop: Hop) -> str:
    return hop.hosts[0].ip if hop.hosts else ""


def _rate_limited(hops: Sequence[Hop]) -> list[int]:
    """By number, from 1."""
    return [
        place
        for place, hop in enumerate(hops, 1)
        if hop.hosts and any(later.loss_pct < hop.loss_pct for later in hops[place:] if later.hosts)
    ]


def _silent(hops: Sequence[Hop]) -> list[str]:
    segments: list[list[int]] = []
    for place, hop in enumerate(hops, 1):
        if hop.hosts:
            continue
        if segments and segments[-1][-1] == place - 1:
            segments[-1].append(place)
        else:
            segments.append([place])
    return [f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in segments]
