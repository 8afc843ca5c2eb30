"""Reads what lines were before this process started, beside what comes now."""

from collections.abc import Sequence
from typing import Final

from forepost.controller.series.port import ChartOf, Run, Trace, TraceOf
from forepost.controller.sites.cells import AgentCells, CellBook, Key, LineCells
from forepost.controller.sites.needs import SiteNeeds
from forepost.controller.sites.slots import (
    DAY_SLOTS,
    DOWN,
    FINE,
    SLOT_SEC,
    SLOT_US,
    UNMEASURED,
    WARNING,
)
from forepost.wire.rest.bodies import Line

NEWEST_AT_ONCE: Final = 500
PAUSE_SEC: Final = 0.002
"""After each probe: others read the series too."""
_STATES: Final = {"up": FINE, "degraded": WARNING, "down": DOWN, "alone": DOWN}


async def fill(book: CellBook, needs: SiteNeeds, now_us: int) -> None:
    """A result that comes late while this is read may count twice in what was lost."""
    low_us = (now_us // SLOT_US - DAY_SLOTS) * SLOT_US
    probes = await needs.enabled()
    for start in range(0, len(probes), NEWEST_AT_ONCE):
        some = probes[start : start + NEWEST_AT_ONCE]
        for row in await needs.series.newest(some, from_us=low_us, to_us=now_us):
            key = (row.probe_id, row.type, row.target)
            both = book.line(row.agent_id, key, row.target_agent, low_us // SLOT_US)
            if both is not None:
                both[1].note(row, min(row.created_us, row.received_us))
    for probe_id in probes:
        await _fill_probe(book, needs, probe_id, (low_us, now_us))
        await needs.clock.sleep(PAUSE_SEC)


async def _fill_probe(
    book: CellBook, needs: SiteNeeds, probe_id: int, span: tuple[int, int]
) -> None:
    low_us, high_us = span
    traces = await needs.series.traces(
        TraceOf(
            stream=probe_id,
            from_us=low_us,
            to_us=high_us,
            gap_us=lambda _: SLOT_US,
            judge=needs.judge,
        )
    )
    for trace in traces:
        both = _both(book, probe_id, trace, low_us)
        if both is not None:
            _fill_states(*both, trace.runs)
    drawn = await needs.series.chart(
        ChartOf(stream=probe_id, from_us=low_us, to_us=high_us, bucket_sec=SLOT_SEC)
    )
    for of in drawn.lines:
        both = _both(book, probe_id, of, low_us)
        if both is not None and both[1].is_of_network:
            _fill_figures(*both, of)


def _fill_states(agent: AgentCells, line: LineCells, runs: Sequence[Run]) -> None:
    fails = False
    for run in runs:
        is_alone = run.state == "alone" and run.results == 1 and not fails
        state = WARNING if is_alone else _STATES.get(run.state, UNMEASURED)
        for slot in range(run.first_us // SLOT_US, run.last_us // SLOT_US + 1):
            line.ring.mark(slot, state)
            agent.ring.mark(slot, state)
        fails = run.state in ("alone", "down") or (fails and not run.state)


def _fill_figures(agent: AgentCells, line: LineCells, of: Line) -> None:
    for point in of.points:
        loss = point.loss_pct
        sent = float(point.sent if point.sent is not None else point.count)
        lost = sent * (loss or 0.0) / 100
        for ring in (line.ring, agent.ring):
            ring.add(
                point.time // SLOT_SEC,
                sent if loss is not None else 0.0,
                lost,
                point.rtt_p50_ms,
                point.count,
            )


def _both(
    book: CellBook, probe_id: int, of: Trace | Line, low_us: int
) -> tuple[AgentCells, LineCells] | None:
    key: Key = (probe_id, of.type, of.target)
    return book.line(of.agent_id, key, of.target_agent, low_us // SLOT_US)
