"""The runs of MTR of one probe towards one target, as one agent made them. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from forepost.controller.payloads import said_by
from forepost.controller.payloads.mtr import Mtr, Route
from forepost.controller.series.port import Row
from forepost.wire.disclosure import public_target


class TracedRun(msgspec.Struct, frozen=True):
    at: datetime
    said: Mtr
    route: Route


class TracedLine(msgspec.Struct, frozen=True):
    probe_id: int
    agent_id: int
    target: str
    """As it was given; else what the reports say."""
    target_ip: str
    target_agent: int
    runs: list[TracedRun]
    """Oldest first, one at least."""


def lines_of(rows: Iterable[Row]) -> list[TracedLine]:
    """`rows`: in any order. What has no hop that answered says nothing of a way."""
    found: dict[tuple[int, int, str, int], list[TracedRun]] = defaultdict(list)
    for row in rows:
        said = said_by(row)
        if not isinstance(said, Mtr) or (route := said.route()) is None:
            continue
        target = said.report.info.target
        name = public_target(row.target) or target.hostname or target.ip
        at = datetime.fromtimestamp(row.created_us / 1e6, UTC)
        key = (row.probe_id, row.agent_id, name, row.target_agent)
        found[key].append(TracedRun(at, said, route))
    lines = []
    for (probe_id, agent_id, name, target_agent), runs in sorted(found.items()):
        runs.sort(key=lambda run: run.at)
        ip = runs[-1].said.report.info.target.ip
        lines.append(TracedLine(probe_id, agent_id, name, ip, target_agent, runs))
    return lines
