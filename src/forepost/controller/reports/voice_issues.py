"""Which figures of a link are past their thresholds. Pure."""

from typing import Final, Literal

from forepost.controller.reports.facts import VoiceLink
from forepost.wire.rest.voice import VoiceThresholds
from forepost.wire.rest.voice_report import Congestion, VoiceIssue

MOST_TOP: Final = 5
_LEVELS: Final[tuple[Congestion, ...]] = ("none", "mild", "moderate", "severe")
Direction = Literal["forward", "return"]
Category = Literal["jitter_spike", "packet_loss", "latency_degradation"]


def congestion_of(link: VoiceLink, thresholds: VoiceThresholds) -> Congestion:
    """By how many of the three that show it are past their thresholds."""
    past = (
        link.jitter_ms >= thresholds.congestion_jitter_ms,
        link.loss_pct >= thresholds.congestion_loss_pct,
        link.rtt_ms >= thresholds.congestion_latency_ms,
    )
    return _LEVELS[sum(past)]


def issues_of(link: VoiceLink, way: Direction, thresholds: VoiceThresholds) -> list[VoiceIssue]:
    found = []
    if link.loss_pct >= thresholds.warning_loss_pct:
        is_critical = link.loss_pct >= thresholds.critical_loss_pct
        said = f"{link.loss_pct:.2f} % of the packets are lost"
        found.append(_issue(link, way, "packet_loss", "Packet loss", said, is_critical=is_critical))
    if link.jitter_ms >= thresholds.warning_jitter_ms:
        is_critical = link.jitter_ms >= thresholds.critical_jitter_ms
        said = f"the jitter is {link.jitter_ms:.1f} ms"
        found.append(
            _issue(link, way, "jitter_spike", "High jitter", said, is_critical=is_critical)
        )
    if (
        link.rtt_ms >= thresholds.latency_only_min_ms
        and link.loss_pct <= thresholds.latency_only_max_loss_pct
    ):
        said = f"the mean RTT is {link.rtt_ms:.0f} ms"
        found.append(_issue(link, way, "latency_degradation", "Late", said, is_critical=False))
    return found


def _issue(
    link: VoiceLink, way: Direction, category: Category, title: str, said: str, *, is_critical: bool
) -> VoiceIssue:
    best = max((hour.mos for hour in link.hours), default=link.mos)
    return VoiceIssue(
        id=f"{link.probe_id}-{link.source_id}-{link.target_id}-{category}",
        severity="critical" if is_critical else "warning",
        title=f"{title}: {link.source} to {link.target}",
        category=category,
        affected_path=way,
        target_agent_name=link.target,
        suspected_cause="",
        evidence=[said],
        time_pattern="",
        mos_degradation=round(best - link.mos, 2),
        mos_before=round(best, 2),
        mos_after=round(link.mos, 2),
        recommendations=[],
    )
