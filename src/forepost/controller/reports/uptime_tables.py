"""Tables of sites, probes and incidents. Pure."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from forepost.controller.reports import figures
from forepost.controller.reports.document import Headline, ReportCell, ReportColumn, ReportTable
from forepost.controller.reports.facts import ReportFacts
from forepost.wire.rest.incidents import Incident
from forepost.wire.rest.sla import ProbeSla

WORST: Final = 20
MOST_ROWS: Final = 500
"""Of one table."""
_FIGURE: Final = ("Available", "Down", "Outages", "Longest", "Unknown", "Loss")


def headlines(facts: ReportFacts) -> list[Headline]:
    sites = [one for one in facts.sla.sites if one.agent_id in facts.agents]
    probes = probes_of(facts)
    known = sum(one.known_sec for one in sites)
    down = sum(one.down_sec for one in sites)
    total = figures.availability(100 * (known - down) / known if known else None)
    rtts = [one.rtt_p50_ms for one in probes if one.rtt_p50_ms is not None]
    middle = figures.milliseconds(median(rtts) if rtts else None)
    return [
        Headline("Availability", total.text, total.tone),
        Headline("Down", figures.length(down)),
        Headline("Sites" if len(facts.agents) != 1 else "Site", str(len(facts.agents))),
        Headline("Targets", str(len(probes))),
        Headline("Incidents", str(len(facts.incidents))),
        Headline("Median RTT", middle.text + ("" if middle.text == figures.NONE else " ms")),
    ]


def sites_table(facts: ReportFacts) -> ReportTable:
    sites = [one for one in facts.sla.sites if one.agent_id in facts.agents]
    sites.sort(key=lambda one: (_or_best(one.availability_pct), one.name))
    return ReportTable(
        title="Sites",
        columns=[
            ReportColumn("Site", is_wide=True),
            *(ReportColumn(name, is_figure=True) for name in _FIGURE),
        ],
        rows=[
            [
                figures.cell(one.name),
                figures.availability(one.availability_pct),
                ReportCell(figures.length(one.down_sec)),
                ReportCell(str(one.outages)),
                ReportCell(figures.length(one.longest_outage_sec)),
                ReportCell(figures.length(one.unknown_sec)),
                figures.loss(one.loss_pct),
            ]
            for one in sites[:MOST_ROWS]
        ],
        note=_left_out(len(sites), MOST_ROWS)
        + "A site is down while nothing that it measures answers. Of unknown time no result says"
        " anything; it counts neither way.",
    )


def probes_of(facts: ReportFacts) -> list[ProbeSla]:
    """The worst first."""
    probes = [one for one in facts.sla.probes if one.agent_id in facts.agents]
    probes.sort(
        key=lambda one: (
            _or_best(one.availability_pct),
            -(one.loss_pct or 0.0),
            -(one.rtt_p95_ms or 0.0),
        )
    )
    return probes


def probes_table(facts: ReportFacts, title: str, most: int) -> ReportTable:
    probes = probes_of(facts)
    return ReportTable(
        title=title,
        columns=[
            ReportColumn("Site"),
            ReportColumn("Type"),
            ReportColumn("Target", is_wide=True),
            *(
                ReportColumn(name, is_figure=True)
                for name in ("Available", "Down", "Outages", "RTT, ms", "95 %, ms", "Loss")
            ),
        ],
        rows=[
            [
                figures.cell(facts.names.get(one.agent_id, "")),
                ReportCell(one.type),
                figures.cell(facts.names.get(one.target_agent) or one.target),
                figures.availability(one.availability_pct),
                ReportCell(figures.length(one.down_sec)),
                ReportCell(str(one.outages)),
                figures.milliseconds(one.rtt_p50_ms),
                figures.milliseconds(one.rtt_p95_ms),
                figures.loss(one.loss_pct),
            ]
            for one in probes[:most]
        ],
        note=_left_out(len(probes), most) + "RTT: the median over all packets.",
    )


def incidents_table(facts: ReportFacts) -> ReportTable:
    found = facts.incidents
    return ReportTable(
        title="Incidents",
        columns=[
            ReportColumn("Began", is_figure=True),
            ReportColumn("Lasted", is_figure=True),
            ReportColumn("Severity"),
            ReportColumn("What", is_wide=True),
            ReportColumn("Why"),
            ReportColumn("Alerts", is_figure=True),
        ],
        rows=[_incident(one, facts) for one in found[:MOST_ROWS]],
        note=_left_out(len(found), MOST_ROWS),
    )


def _incident(one: Incident, facts: ReportFacts) -> list[ReportCell]:
    ended = facts.now if one.resolved_at is None else one.resolved_at
    lasted = figures.length((ended - one.opened_at).total_seconds())
    return [
        ReportCell(figures.moment(one.opened_at, facts.zone)),
        ReportCell(lasted if one.resolved_at is not None else f"{lasted}, open"),
        ReportCell(one.severity, "bad" if one.severity == "critical" else "fair"),
        figures.cell(one.title),
        figures.cell(one.cause_text),
        ReportCell(str(one.alerts)),
    ]


def _left_out(count: int, most: int) -> str:
    return f"The first {most} of {count}. " if count > most else ""


def _or_best(pct: float | None) -> float:
    return 101.0 if pct is None else pct


def of_agents(incidents: Sequence[Incident], agents: Sequence[int]) -> list[Incident]:
    return [one for one in incidents if one.agent_id in agents]
