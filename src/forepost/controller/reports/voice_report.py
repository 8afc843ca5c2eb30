"""A report on voice in NetWatcher's words. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean
from typing import Final, Literal

from msgspec import UNSET

from forepost.controller.reports import figures
from forepost.controller.reports.facts import ReportFacts, VoiceHour, VoiceLink
from forepost.controller.reports.voice_issues import MOST_TOP, congestion_of, issues_of
from forepost.controller.reports.voice_pairs import LinkPair, pairs_of
from forepost.controller.reports.voice_tables import grade_of, mean_mos
from forepost.wire.rest.voice_report import (
    VoiceCourse,
    VoiceEnd,
    VoiceFigures,
    VoiceHeat,
    VoiceIssue,
    VoiceMeta,
    VoicePackets,
    VoicePair,
    VoicePath,
    VoiceReport,
    VoiceSpread,
    VoiceSummary,
    VoiceTarget,
    VoiceTick,
    VoiceTrends,
)

View = Literal["probe", "agent", "workspace"]
BUCKET_MIN: Final = 60
_TITLES: Final = {
    "excellent": "Calls are excellent",
    "good": "Calls are good",
    "fair": "Calls are fair",
    "poor": "Calls are poor",
    "critical": "Calls are hardly possible",
    "unknown": "Nothing was measured",
}


def voice_report_of(
    facts: ReportFacts, view: View, workspace_id: int, agent_id: int = 0
) -> VoiceReport:
    """`agent_id`: 0 for a workspace."""
    both = pairs_of(facts.links, agent_id)
    pairs = [_pair(one, facts) for one in both]
    issues = sorted(
        (issue for pair in pairs for issue in pair.issues), key=lambda one: one.severity
    )
    agent = VoiceEnd(id=agent_id, name=facts.names.get(agent_id, "")) if agent_id else UNSET
    return VoiceReport(
        meta=VoiceMeta(
            report_id=f"{view}-{agent_id or workspace_id}-{facts.until:%Y%m%d%H%M}",
            generated_at=facts.now,
            view_mode=view,
            agent=agent,
            workspace=VoiceEnd(id=workspace_id, name=facts.workspace),
            window=figures.period(facts.since, facts.until, facts.zone, facts.zone_name),
        ),
        summary=_summary(facts, issues),
        thresholds=facts.thresholds,
        metrics=_figures(facts.links),
        pairs=pairs,
        timeseries=_course(
            [link for one in both for link in one.there],
            [link for one in both for link in one.back],
        ),
        heatmap=_heat(facts),
        issues=issues,
        top_issues=issues[:MOST_TOP],
    )


def _summary(facts: ReportFacts, issues: Sequence[VoiceIssue]) -> VoiceSummary:
    mos = mean_mos(facts.links)
    grade = "unknown" if mos is None else grade_of(mos, facts.thresholds)
    bad = len({issue.id.rpartition("-")[0] for issue in issues})
    text = f"{len(facts.links)} links, {bad} of them past a threshold."
    return VoiceSummary(
        mos=0.0 if mos is None else round(mos, 2),
        r_factor=0.0 if mos is None else round(r_factor(mos), 1),
        grade=grade,
        verdict_title=_TITLES[grade],
        verdict_text=text if facts.links else "No probe of a type that says so had a result.",
    )


def r_factor(mos: float) -> float:
    """The R that has this MOS (ITU-T G.107), to a tenth."""
    low, high = 6.5, 100.0
    while high - low > 0.05:
        middle = (low + high) / 2
        made = 1 + 0.035 * middle + middle * (middle - 60) * (100 - middle) * 7e-6
        low, high = (middle, high) if made < mos else (low, middle)
    return (low + high) / 2


def _figures(links: Sequence[VoiceLink]) -> VoiceFigures:
    sent = sum(link.sent for link in links)
    lost = max(0, sent - sum(link.received for link in links))
    return VoiceFigures(
        latency=VoiceSpread(
            min=min((link.rtt_min_ms for link in links), default=0.0),
            avg=_mean(links, lambda link: link.rtt_ms),
            max=max((link.rtt_max_ms for link in links), default=0.0),
            stddev=_mean(links, lambda link: link.rtt_stddev_ms),
        ),
        jitter=VoiceSpread(
            min=min((link.jitter_ms for link in links), default=0.0),
            avg=_mean(links, lambda link: link.jitter_ms),
            max=max((link.jitter_max_ms for link in links), default=0.0),
            stddev=0.0,
        ),
        packets=VoicePackets(
            sent=sent,
            received=sent - lost,
            lost=lost,
            loss_pct=round(100 * lost / sent, 3) if sent else 0.0,
        ),
    )


def _mean(links: Sequence[VoiceLink], of: Callable[[VoiceLink], float]) -> float:
    rounds = sum(link.rounds for link in links)
    return round(sum(of(link) * link.rounds for link in links) / rounds, 3) if rounds else 0.0


def _pair(both: LinkPair, facts: ReportFacts) -> VoicePair:
    """Where several probes measure one way, the worst of them is shown."""
    there, back = next(iter(both.there), None), next(iter(both.back), None)
    links = [*both.there, *both.back]
    target = facts.names.get(both.target_id) or both.target
    mos = mean_mos(links) or 0.0
    return VoicePair(
        id=f"{min(link.probe_id for link in links)}-{both.agent_id}-{both.target_id}",
        agent=VoiceEnd(id=both.agent_id, name=facts.names.get(both.agent_id, "")),
        target=VoiceTarget(
            name=target,
            host=target,
            agent_id=both.target_id,
            agent_name=facts.names.get(both.target_id, ""),
        ),
        forward=UNSET if there is None else _path(there, "forward", facts),
        reverse=UNSET if back is None else _path(back, "return", facts),
        issues=[
            *(issue for one in both.there for issue in issues_of(one, "forward", facts.thresholds)),
            *(issue for one in both.back for issue in issues_of(one, "return", facts.thresholds)),
        ],
        trends=VoiceTrends(
            bucket_minutes=BUCKET_MIN,
            forward=[] if there is None else [_tick(one, "forward") for one in there.hours],
            return_=[] if back is None else [_tick(one, "return") for one in back.hours],
        ),
        thresholds=facts.thresholds,
        overall_mos=round(mos, 2),
        overall_grade=grade_of(mos, facts.thresholds),
    )


def _path(
    link: VoiceLink, direction: Literal["forward", "return"], facts: ReportFacts
) -> VoicePath:
    return VoicePath(
        direction=direction,
        source_agent_id=link.source_id,
        source_agent_name=link.source,
        target_agent_id=link.target_id,
        target_agent_name=link.target,
        probe_id=link.probe_id,
        probe_type="TRAFFICSIM",
        mos_score=round(link.mos, 2),
        avg_latency_ms=round(link.rtt_ms, 3),
        p95_latency_ms=round(link.rtt_p95_ms, 3),
        median_latency_ms=round(link.rtt_p50_ms, 3),
        jitter_avg_ms=round(link.jitter_ms, 3),
        packet_loss_pct=round(link.loss_pct, 3),
        sample_count=link.rounds,
        congestion_level=congestion_of(link, facts.thresholds),
    )


def _tick(hour: VoiceHour, direction: Literal["forward", "return"]) -> VoiceTick:
    return VoiceTick(
        timestamp=hour.at,
        forward=hour.mos if direction == "forward" else 0.0,
        return_=hour.mos if direction == "return" else 0.0,
        latency_ms=hour.rtt_ms,
        jitter_ms=hour.jitter_ms,
        loss_pct=hour.loss_pct,
    )


def _course(forward: Sequence[VoiceLink], reverse: Sequence[VoiceLink]) -> VoiceCourse:
    every = _by_hour([*forward, *reverse])
    return VoiceCourse(
        rtt=[hour.rtt_ms for hour in every],
        jitter=[hour.jitter_ms for hour in every],
        loss_per_interval=[hour.loss_pct for hour in every],
        forward_mos=[_tick(hour, "forward") for hour in _by_hour(forward)],
        reverse_mos=[_tick(hour, "return") for hour in _by_hour(reverse)],
    )


def _by_hour(links: Iterable[VoiceLink]) -> list[VoiceHour]:
    """Means over the links."""
    grouped = defaultdict(list)
    for link in links:
        for hour in link.hours:
            grouped[hour.at].append(hour)
    return [
        VoiceHour(
            at=at,
            mos=round(fmean(one.mos for one in hours), 3),
            rtt_ms=round(fmean(one.rtt_ms for one in hours), 3),
            jitter_ms=round(fmean(one.jitter_ms for one in hours), 3),
            loss_pct=round(fmean(one.loss_pct for one in hours), 3),
            rounds=sum(one.rounds for one in hours),
        )
        for at, hours in sorted(grouped.items())
    ]


def _heat(facts: ReportFacts) -> list[VoiceHeat]:
    """Of each agent what it sends, and what is sent to it."""
    found = []
    for agent_id in facts.agents:
        out = mean_mos([link for link in facts.links if link.source_id == agent_id])
        into = mean_mos([link for link in facts.links if link.target_id == agent_id])
        if out is None and into is None:
            continue
        found.append(
            VoiceHeat(
                agent_id=agent_id,
                agent_name=facts.names[agent_id],
                forward_mos=UNSET if out is None else round(out, 2),
                forward_grade=UNSET if out is None else grade_of(out, facts.thresholds),
                reverse_mos=UNSET if into is None else round(into, 2),
                reverse_grade=UNSET if into is None else grade_of(into, facts.thresholds),
            )
        )
    return found
