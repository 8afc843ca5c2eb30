"""Which headlines and tables a report of each kind has. Pure."""

from forepost.controller.reports import figures
from forepost.controller.reports.document import ReportDocument
from forepost.controller.reports.facts import ReportFacts
from forepost.controller.reports.uptime_tables import (
    MOST_ROWS,
    WORST,
    headlines,
    incidents_table,
    probes_table,
    sites_table,
)
from forepost.controller.reports.voice_tables import hours_table, links_table, voice_headlines
from forepost.wire.rest.reports import ReportKind


def document_of(title: str, kind: ReportKind, facts: ReportFacts) -> ReportDocument:
    if kind == "voice":
        heads = voice_headlines(facts)
        tables = [links_table(facts), hours_table(facts)]
    else:
        heads = headlines(facts)
        probes = (
            probes_table(facts, "Worst targets", WORST)
            if kind == "workspace"
            else probes_table(facts, "Targets", MOST_ROWS)
        )
        tables = [sites_table(facts), incidents_table(facts), probes]
        if facts.links:
            tables.append(links_table(facts))
        if facts.links and kind == "agent":
            tables.append(hours_table(facts))
    return ReportDocument(
        title=figures.plain(title),
        subtitle=figures.plain(facts.workspace),
        period=figures.period(facts.since, facts.until, facts.zone, facts.zone_name),
        generated=f"{figures.moment(facts.now, facts.zone)} ({facts.zone_name})",
        headlines=heads,
        tables=tables,
    )
