"""All that an answer is made of, at one moment. Pure: it may be looked at by another thread."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from forepost.controller.topology.directory import Directory, KnownProbe
from forepost.controller.topology.grades import NETWORK, NOTHING, GradedFigures
from forepost.controller.topology.graph import Graph
from forepost.controller.topology.latest import MINUTE_US, Line
from forepost.controller.topology.verdict import WINDOW_MIN, Verdict, of_results, overdue_us
from forepost.wire.rest.topology import LOOKBACK_MIN, Standing, Status

AWAY: Final = Verdict("unknown", "the agent is offline")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Presence(msgspec.Struct, frozen=True):
    """An agent now."""

    standing: Standing
    last_seen_at: datetime | None
    ip: str
    in_conflict: bool = False
    """Two hosts have its key."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    workspace_id: int
    now: datetime
    lookback: int
    directory: Directory
    presences: dict[int, Presence]
    lines: Sequence[Line]
    graph: Graph
    left_out: int

    def is_online(self, agent_id: int) -> bool:
        presence = self.presences.get(agent_id)
        return presence is not None and presence.standing == "online"


class LineView(msgspec.Struct, frozen=True, gc=False):
    """A line over the lookback."""

    line: Line
    figures: GradedFigures
    verdict: Verdict

    @property
    def status(self) -> Status:
        return self.verdict.status

    @property
    def measures(self) -> bool:
        """Whether it says anything about the network."""
        return self.line.type in NETWORK and self._says

    @property
    def _says(self) -> bool:
        return self.figures.rtt_ms is not None or self.figures.loss_pct is not None


def last_of(lines: Sequence[LineView]) -> datetime:
    """When the newest sample of these was taken."""
    return instant(max([seen.line.newest_us for seen in lines]))


def look(view: View) -> list[LineView]:
    """Every line of a probe that is there, is on, and has results in the lookback.

    What an agent says that is not online is old: its status is unknown.
    """
    now_us = micros(view.now)
    minute = now_us // MINUTE_US
    found = []
    for line in view.lines:
        probe = view.directory.probes.get(line.probe_id)
        if probe is None or not probe.enabled:
            continue
        figures = line.ring.figures(minute, view.lookback)
        if figures.results:
            known = view.is_online(line.agent_id)
            verdict = _verdict(line, probe, now_us) if known else AWAY
            found.append(LineView(line, figures, verdict))
    return found


def _verdict(line: Line, probe: KnownProbe, now_us: int) -> Verdict:
    recent, minute = line.recent, now_us // MINUTE_US
    silent_us = now_us - line.heard_us
    if silent_us > overdue_us(probe.due_us(line.type), recent.gap_us):
        return Verdict("unknown", f"no result for {silent_us // 1_000_000} s", line.heard_us)
    first = max(minute - WINDOW_MIN, recent.over_us // MINUTE_US) + 1
    lately = line.ring.figures(minute, minute - first + 1) if first <= minute else NOTHING
    return of_results(line.type, recent, lately)


def drawn(view: View, seen: Sequence[LineView]) -> Graph:
    """The counters as they are kept, or for a shorter lookback made anew of newer paths."""
    if view.lookback == LOOKBACK_MIN:
        return view.graph
    since_us = micros(view.now) - view.lookback * MINUTE_US
    return Graph.of(
        each.line.path
        for each in seen
        if each.line.path is not None and each.line.newest_us >= since_us
    )


def instant(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)


def micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
