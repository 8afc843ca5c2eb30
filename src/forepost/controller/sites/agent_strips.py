"""Every probe of one agent: how it was, and the course of the figure of its type."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from forepost.controller.payloads import TYPES, said_by
from forepost.controller.payloads.figure import shown_figure, unit_of
from forepost.controller.series.port import ChartOf, Find, Row
from forepost.controller.sites.cells import Key, LineCells
from forepost.controller.sites.needs import SiteNeeds
from forepost.controller.sites.slots import SLOT_SEC, SLOT_US, CellSpan, held, letters, lost
from forepost.wire.disclosure import public_target
from forepost.wire.probes import interval_sec_of
from forepost.wire.rest.sites import LineStrip, StateStrip
from forepost.wire.rest.topology import HealthVerdict, ProbeHealth

MOST_ROWS: Final = 3_000
"""Of one probe that are read for a figure that is only in payloads; the newest."""
MOST_BYTES: Final = 16 << 20
HOLDS: Final = 3
"""Intervals that one result may stand for, at most, until the next."""
Spark = list[float | None]
_IN_CHARTS: Final = frozenset(
    kind for kind, payload in TYPES.items() if payload.UNIT == "ms" and kind != "SPEEDTEST"
)


async def strips(
    needs: SiteNeeds,
    lines: Sequence[LineCells],
    probes: Sequence[ProbeHealth],
    intervals_sec: Mapping[int, int],
    span: CellSpan,
    now_us: int,
) -> list[LineStrip]:
    """Return a strip for each line, in the order of the probes. `intervals_sec`: by probe."""
    found: list[LineStrip] = []
    of_probe: dict[int, list[LineCells]] = defaultdict(list)
    for line in lines:
        of_probe[line.probe_id].append(line)
    for probe in sorted(probes, key=lambda one: one.probe_id):
        mine = of_probe.get(probe.probe_id, [])
        sparks = await _sparks(needs, probe.probe_id, mine, span) if mine else {}
        for line in mine:
            due_sec = interval_sec_of(line.type, intervals_sec.get(probe.probe_id, 0))
            strip = _state_strip(line, span, now_us, max(1, round(HOLDS * due_sec / SLOT_SEC)))
            found.append(_strip(line, probe, strip, sparks, (span, now_us)))
    return found


def _state_strip(line: LineCells, span: CellSpan, now_us: int, hold_slots: int) -> StateStrip:
    """A result says how it is until the next one, as long as that is not overdue."""
    before = line.ring.states(span.first - hold_slots, span.last)
    states = held(before, hold_slots)[hold_slots:]
    now = now_us // SLOT_US - span.first + 1
    losses, _ = lost(line.ring, span)
    return StateStrip(states=letters(states[:now].ljust(len(states), b"\0"), span), loss_pct=losses)


def _strip(
    line: LineCells,
    probe: ProbeHealth,
    strip: StateStrip,
    sparks: dict[Key, Spark],
    at: tuple[CellSpan, int],
) -> LineStrip:
    span, now_us = at
    cells = span.cells
    age_sec = (now_us - line.newest_us) / 1e6 if line.newest_us else None
    return LineStrip(
        probe_id=line.probe_id,
        type=line.type,
        target=public_target(line.target),
        target_agent=line.target_agent,
        verdict=HealthVerdict(status=probe.status, reason=probe.reason, since=probe.since),
        strip=strip,
        figure=shown_figure(
            line.type, line.figure, line.figure_loss, of_network=line.is_of_network
        ),
        spark=sparks.get((line.probe_id, line.type, line.target), [None] * cells),
        unit=unit_of(line.type),
        last_at=line.last_at,
        age_sec=age_sec,
    )


async def _sparks(
    needs: SiteNeeds, probe_id: int, lines: Sequence[LineCells], span: CellSpan
) -> dict[Key, Spark]:
    found: dict[Key, Spark] = {}
    low_us, high_us = span.first * SLOT_US, (span.last + 1) * SLOT_US - 1
    cells = span.cells
    if any(line.type in _IN_CHARTS for line in lines):
        drawn = await needs.series.chart(
            ChartOf(stream=probe_id, from_us=low_us, to_us=high_us, bucket_sec=span.cell_sec)
        )
        for of in drawn.lines:
            spark: Spark = [None] * cells
            for point in of.points:
                cell = (point.time * 1_000_000 - low_us) // (span.slots * SLOT_US)
                if 0 <= cell < cells and point.rtt_p50_ms is not None:
                    spark[cell] = round(point.rtt_p50_ms, 3)
            found[probe_id, of.type, of.target] = spark
    for kind in {line.type for line in lines} - _IN_CHARTS:
        rows = await needs.series.find(
            Find(
                streams=[probe_id],
                type=kind,
                from_us=low_us,
                to_us=high_us,
                limit=MOST_ROWS,
                most_bytes=MOST_BYTES,
            )
        )
        found |= _of_payloads(rows, span, low_us, cells)
    return found


def _of_payloads(rows: Sequence[Row], span: CellSpan, low_us: int, cells: int) -> dict[Key, Spark]:
    values: dict[Key, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        said = said_by(row)
        value = None if said is None else said.main_figure(row)
        cell = (row.created_us - low_us) // (span.slots * SLOT_US)
        if value is not None and 0 <= cell < cells:
            values[row.probe_id, row.type, row.target][cell].append(value)
    return {
        key: [
            round(sum(those) / len(those), 3) if (those := by_cell.get(cell)) else None
            for cell in range(cells)
        ]
        for key, by_cell in values.items()
    }
