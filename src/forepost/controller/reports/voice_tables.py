"""Tables of links and of their hours. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from forepost.controller.reports import figures
from forepost.controller.reports.document import (
    Headline,
    ReportCell,
    ReportColumn,
    ReportTable,
    Tone,
)
from forepost.controller.reports.facts import ReportFacts, VoiceLink
from forepost.wire.rest.analysis import Grade
from forepost.wire.rest.voice import VoiceThresholds

HOURS: Final = 24
MOST_LINKS: Final = 200
_TONES: Final[dict[Grade, Tone]] = {"excellent": "good", "good": "good", "fair": "fair"}


def grade_of(mos: float, thresholds: VoiceThresholds) -> Grade:
    if mos >= thresholds.excellent_mos:
        return "excellent"
    if mos >= thresholds.good_mos:
        return "good"
    if mos >= thresholds.fair_mos:
        return "fair"
    return "poor" if mos >= thresholds.poor_mos else "critical"


def mean_mos(links: Sequence[VoiceLink]) -> float | None:
    """Over all rounds."""
    rounds = sum(link.rounds for link in links)
    return sum(link.mos * link.rounds for link in links) / rounds if rounds else None


def voice_headlines(facts: ReportFacts) -> list[Headline]:
    mos = mean_mos(facts.links)
    if mos is None:
        return [Headline("Links", "0")]
    worst = facts.links[0]
    bad = sum(link.mos < facts.thresholds.fair_mos for link in facts.links)
    tone = _tone(mos, facts.thresholds)
    return [
        Headline("MOS", f"{mos:.2f}", tone),
        Headline("Grade", grade_of(mos, facts.thresholds), tone),
        Headline("Links", str(len(facts.links))),
        Headline("Below fair", str(bad), "bad" if bad else "good"),
        Headline("Worst link", f"{worst.mos:.2f}", _tone(worst.mos, facts.thresholds)),
    ]


def links_table(facts: ReportFacts) -> ReportTable:
    thresholds = facts.thresholds
    return ReportTable(
        title="Voice quality by link",
        columns=[
            ReportColumn("Link", is_wide=True),
            ReportColumn("MOS", is_figure=True),
            ReportColumn("Worst", is_figure=True),
            ReportColumn("Grade"),
            *(
                ReportColumn(name, is_figure=True)
                for name in ("RTT, ms", "95 %, ms", "Jitter, ms", "Loss", "Rounds")
            ),
        ],
        rows=[
            [
                figures.cell(f"{link.source} → {link.target}"),
                ReportCell(f"{link.mos:.2f}", _tone(link.mos, thresholds)),
                ReportCell(f"{link.mos_min:.2f}", _tone(link.mos_min, thresholds)),
                ReportCell(grade_of(link.mos, thresholds)),
                figures.milliseconds(link.rtt_p50_ms),
                figures.milliseconds(link.rtt_p95_ms),
                figures.milliseconds(link.jitter_ms),
                figures.loss(link.loss_pct),
                ReportCell(f"{link.rounds:,}"),
            ]
            for link in facts.links[:MOST_LINKS]
        ],
        note="MOS: from 1 to 5, the mean over all rounds; the worst is that of one round.",
    )


def hours_table(facts: ReportFacts) -> ReportTable:
    """The mean of each hour of the day, over all days."""
    return ReportTable(
        title="MOS by link and hour of the day",
        columns=[
            ReportColumn("Link", is_wide=True),
            *(ReportColumn(f"{hour:02}", is_figure=True) for hour in range(HOURS)),
        ],
        rows=[
            [
                figures.cell(f"{link.source} → {link.target}"),
                *_hours(link, facts),
            ]
            for link in facts.links[:MOST_LINKS]
        ],
        note=f"Hours of {facts.zone_name}; empty: nothing was measured.",
        is_dense=True,
    )


def _hours(link: VoiceLink, facts: ReportFacts) -> list[ReportCell]:
    sums: dict[int, float] = defaultdict(float)
    rounds: dict[int, int] = defaultdict(int)
    for one in link.hours:
        hour = one.at.astimezone(facts.zone).hour
        sums[hour] += one.mos * one.rounds
        rounds[hour] += one.rounds
    return [
        _of_mos(sums[hour] / rounds[hour], facts.thresholds) if rounds[hour] else ReportCell("")
        for hour in range(HOURS)
    ]


def _of_mos(mos: float, thresholds: VoiceThresholds) -> ReportCell:
    return ReportCell(f"{mos:.1f}", _tone(mos, thresholds))


def _tone(mos: float, thresholds: VoiceThresholds) -> Tone:
    return _TONES.get(grade_of(mos, thresholds), "bad")
