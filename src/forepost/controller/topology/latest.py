"""What every probe said last, in RAM, kept up to date with each result that is committed.

Bounded: of one workspace at most `PER_WORKSPACE` lines and `STEPS_PER_WORKSPACE` hops of paths, of
all `MOST_LINES` and `MOST_STEPS`. When a bound is reached a new line (or the path of one) is left
out and its results are counted in `left_out`; lines that fall silent make room. About 1.5 KB a
line, 0.25 KB a hop.
"""

from collections.abc import Callable, Iterable, Sequence
from sys import intern
from typing import Final

from forepost.controller.payloads import grade_of, said_by
from forepost.controller.payloads.mtr import Mtr
from forepost.controller.series.port import Row
from forepost.controller.topology.graph import Graph
from forepost.controller.topology.paths import FoundPath, Path, found_in, path_of
from forepost.controller.topology.recent import RecentGrades
from forepost.controller.topology.ring import Ring
from forepost.wire.rest.topology import LOOKBACK_MIN

MINUTE_US: Final = 60_000_000
SILENT_US: Final = LOOKBACK_MIN * MINUTE_US
"""How old the last sample of a line may be."""
LATE_US: Final = 5 * MINUTE_US
"""What was made so long before it came is out of a spool."""
PER_WORKSPACE, MOST_LINES = 20_000, 100_000
STEPS_PER_WORKSPACE, MOST_STEPS = 100_000, 300_000

Key = tuple[int, int, str, str]
"""reporting agent, probe, type, target"""


class Line:
    __slots__ = (
        "agent_id",
        "destination",
        "heard_us",
        "newest_us",
        "path",
        "probe_id",
        "recent",
        "ring",
        "target",
        "target_agent",
        "type",
    )

    def __init__(self, key: Key, target_agent: int, at_us: int) -> None:
        self.agent_id, self.probe_id, self.type, self.target = key
        self.newest_us = at_us
        self.heard_us = 0
        """When it was heard of last, by this clock; what comes out of a spool is of its time."""
        self.recent = RecentGrades()
        self.aim(target_agent)
        self.ring = Ring(at_us // MINUTE_US)
        self.path: Path | None = None

    def aim(self, target_agent: int) -> None:
        self.target_agent = target_agent
        self.destination = intern(
            f"agent:{target_agent}" if target_agent else f"dest:{self.target}"
        )
        """The node that it measures towards."""


class Space:
    """One workspace. `shape` counts changes of lines and paths, `results` those of figures."""

    def __init__(self) -> None:
        self.lines: dict[Key, Line] = {}
        self.graph = Graph()
        self.steps = self.shape = self.results = self.left_out = 0


class LatestResults:
    def __init__(self) -> None:
        self._spaces: dict[int, Space] = {}
        self.lines = self.steps = self.left_out = 0
        """Held now, held now, and results that found no room since the start."""

    def space(self, workspace_id: int) -> Space:
        return self._spaces.get(workspace_id) or Space()

    def consider(self, workspace_id: int, rows: Sequence[Row]) -> None:
        """Called between two commits, with rows in any order; what is old changes nothing."""
        space = self._spaces.get(workspace_id)
        if space is None:
            space = self._spaces[workspace_id] = Space()
        for row in rows:
            if row.probe_id:
                self._take(space, row)

    def expire(self, now_us: int) -> None:
        """Forget lines that have been silent."""
        for workspace_id, space in list(self._spaces.items()):
            self._drop(space, lambda line: line.newest_us < now_us - SILENT_US)
            if not space.lines:
                del self._spaces[workspace_id]

    def prune(self, workspace_id: int, probes: Iterable[int]) -> None:
        """Only these probes are there and on."""
        kept = frozenset(probes)
        space = self._spaces.get(workspace_id)
        if space is not None:
            self._drop(space, lambda line: line.probe_id not in kept)

    def _take(self, space: Space, row: Row) -> None:
        at_us = min(row.created_us, row.received_us)
        said = said_by(row) if row.type == "MTR" else None
        found = found_in(said) if isinstance(said, Mtr) else None
        # NetWatcher's MTR does not say in its envelope where to.
        target = row.target or (found.target if found is not None else "")
        key = (row.agent_id, row.probe_id, row.type, target)
        line = space.lines.get(key)
        if line is None:
            if row.received_us - at_us > SILENT_US:
                return  # out of a spool: it says nothing about now
            line = self._new_line(space, key, row.target_agent, at_us)
            if line is None:
                return
        line.ring.add(
            at_us // MINUTE_US, row.rtt_ms, row.loss_pct, row.jitter_ms, row.sent, row.received
        )
        space.results += 1
        if at_us < line.newest_us:
            return
        is_new = row.received_us - at_us <= LATE_US
        line.heard_us = max(line.heard_us, row.received_us if is_new else at_us)
        line.recent.take(grade_of(row), at_us, at_us - line.newest_us)
        line.newest_us = at_us
        if line.target_agent != row.target_agent:
            line.aim(row.target_agent)
            space.shape += 1
        if found is not None:
            self._set_path(space, line, found)

    def _new_line(self, space: Space, key: Key, target_agent: int, at_us: int) -> Line | None:
        if self.lines >= MOST_LINES or len(space.lines) >= PER_WORKSPACE:
            self.left_out += 1
            space.left_out += 1
            return None
        line = space.lines[key] = Line(key, target_agent, at_us)
        self.lines += 1
        space.shape += 1
        return line

    def _set_path(self, space: Space, line: Line, found: FoundPath) -> None:
        path_id = f"{line.agent_id}:{line.probe_id}:{line.target}"
        path = path_of(found, path_id, line.agent_id, line.destination)
        old = line.path
        if old is not None and path.goes_as(old):
            space.graph.replace(old, path)
            line.path = path
            return
        space.shape += 1
        self._take_path(space, line)
        steps = len(path.nodes)
        if self.steps + steps > MOST_STEPS or space.steps + steps > STEPS_PER_WORKSPACE:
            self.left_out += 1
            space.left_out += 1
            return
        space.graph.add(path)
        line.path = path
        self.steps += steps
        space.steps += steps

    def _take_path(self, space: Space, line: Line) -> None:
        if line.path is None:
            return
        space.graph.take_away(line.path)
        self.steps -= len(line.path.nodes)
        space.steps -= len(line.path.nodes)
        line.path = None

    def _drop(self, space: Space, gone: Callable[[Line], bool]) -> None:
        dropped = [key for key, line in space.lines.items() if gone(line)]
        for key in dropped:
            self._take_path(space, space.lines.pop(key))
        self.lines -= len(dropped)
        if dropped:
            space.shape += 1
