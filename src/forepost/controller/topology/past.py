"""Lines over a longer time than is in RAM: their figures and newest paths, read from the series."""

from collections.abc import Mapping, Sequence
from typing import Final

from forepost.controller.payloads import grade_of, said_by
from forepost.controller.payloads.mtr import Mtr
from forepost.controller.series.port import ChartOf, Row, Series
from forepost.controller.topology.grades import GradedFigures
from forepost.controller.topology.latest import MINUTE_US, Key, Line
from forepost.controller.topology.paths import FoundPath, found_in, path_of
from forepost.controller.topology.ring import Ring
from forepost.wire.rest.bodies import Point
from forepost.wire.rest.topology import LOOKBACK_MIN

NEWEST_AT_ONCE: Final = 5_000
"""Probes whose newest rows are read together."""


class LongRing(Ring):
    """The last quarter of an hour as a `Ring` has it, and the figures of all of a lookback."""

    __slots__ = ("_recent", "_whole")

    def __init__(self, recent: Ring, whole: GradedFigures) -> None:
        self._recent, self._whole = recent, whole

    def figures(self, minute: int, lookback: int) -> GradedFigures:
        if lookback > LOOKBACK_MIN:
            return self._whole
        return self._recent.figures(minute, lookback)


async def lines_since(
    series: Series,
    probes: Sequence[int],
    known: Mapping[Key, Line],
    now_us: int,
    lookback: int,
) -> list[Line]:
    """The lines of these probes that said something in the last `lookback` minutes. `known`: those
    that are in RAM, whose verdicts stand.
    """
    low_us = now_us - lookback * MINUTE_US
    found: dict[Key, Line] = {}
    for start in range(0, len(probes), NEWEST_AT_ONCE):
        some = probes[start : start + NEWEST_AT_ONCE]
        for row in await series.newest(some, from_us=low_us, to_us=now_us):
            # By what the row names: NetWatcher's MTR names no target.
            found[row.agent_id, row.probe_id, row.type, row.target] = _line(row, known)
    for probe_id in dict.fromkeys(line.probe_id for line in found.values()):
        asked = ChartOf(stream=probe_id, from_us=low_us, to_us=now_us, as_one=True)
        for of in (await series.chart(asked)).lines:
            line = found.get((of.agent_id, probe_id, of.type, of.target))
            if line is not None and of.points:
                line.ring = LongRing(line.ring, _figures(of.points[0]))
    return list(found.values())


def _line(row: Row, known: Mapping[Key, Line]) -> Line:
    at_us = min(row.created_us, row.received_us)
    path = _path(row)
    target = row.target or (path.target if path is not None else "")
    key = (row.agent_id, row.probe_id, row.type, target)
    line = Line(key, row.target_agent, at_us)
    live = known.get(key)
    if live is not None:
        line.newest_us, line.heard_us = live.newest_us, live.heard_us
        line.recent, line.ring, line.path = live.recent, live.ring, live.path
        return line
    line.heard_us = at_us
    line.recent.take(grade_of(row), at_us, 0)
    if path is not None:
        path_id = f"{line.agent_id}:{line.probe_id}:{line.target}"
        line.path = path_of(path, path_id, line.agent_id, line.destination)
    return line


def _path(row: Row) -> FoundPath | None:
    said = said_by(row) if row.type == "MTR" else None
    return found_in(said) if isinstance(said, Mtr) else None


def _figures(point: Point) -> GradedFigures:
    return GradedFigures(point.rtt_mean_ms, point.loss_pct, point.jitter_ms, point.count)
