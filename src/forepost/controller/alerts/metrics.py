"""The metrics: which payloads say them, when they are looked at, and what must be remembered."""

from typing import Any, Final, Literal, get_args

import msgspec

from forepost.controller.alerts.changes import (
    Usual,
    busy_pct,
    first_text,
    joined,
    same_path,
    same_text,
)
from forepost.controller.payloads import TYPES, metrics_of, payload, said_by
from forepost.controller.payloads.mtr import Mtr, Route
from forepost.controller.payloads.netinfo import Netinfo
from forepost.controller.payloads.payload import Metrics
from forepost.controller.payloads.sysinfo import CpuTimes, Sysinfo
from forepost.controller.series.port import Row
from forepost.wire.probes import KINDS, QUEUED, STANDS_FOR
from forepost.wire.rest.alerts import Metric

When = Literal["row", "turn", "baseline"]
"""With each result; every few seconds; or every few minutes from the series."""

OF_TYPE: Final[dict[str, tuple[str, ...]]] = {
    metric: tuple(
        kind
        for kind, of_type in TYPES.items()
        if metric in of_type.SAYS or metric in payload.OF_EVERY_TYPE
    )
    for metric in get_args(Metric)
}
"""Metric to the types of payload that say it; none: it is no probe's."""

OF_WORKLOADS: Final = frozenset({"workload_down", "workload_stuck", "rollout_failed"})
OF_JOBS: Final = frozenset({"job_failed", "job_waiting"})
OF_STATES: Final = OF_WORKLOADS | OF_JOBS
"""What other subjects know of agents, and are asked at each turn."""
OF_WORKSPACE: Final = frozenset({"incident_count", "rollout_failed", "job_failed"})
"""Of no single agent."""
AT_TURNS: Final = frozenset({"offline", "identity_conflict"}) | OF_STATES | OF_WORKSPACE
FROM_SERIES: Final = frozenset(payload.FROM_SERIES)
REMEMBERED: Final = frozenset({"cpu_usage", "route_change", "ip_change", "isp_change"})
CHANGES: Final = REMEMBERED - {"cpu_usage"}
OF_LATENCY: Final = frozenset({"latency", "end_hop_latency"})
OF_LOSS: Final = frozenset({"packet_loss", "end_hop_loss", "loss"})
HAS_BASELINE: Final = OF_LATENCY | OF_LOSS
"""What roll-ups keep, so that a dynamic threshold can be had of it."""
HOST_TYPES: Final = frozenset(kind.name for kind in KINDS.values() if kind.is_targetless)
"""Every agent reports these, with or without a probe."""
MOST_REMEMBERED: Final = 100_000
"""Lines in all whose last sample is kept; further ones, of made-up targets say, are not judged."""
NO_DATA: Final = "no_data"
"""What an alert names that was raised by silence."""


def when(metric: str) -> When:
    if metric in AT_TURNS:
        return "turn"
    return "baseline" if metric in FROM_SERIES else "row"


def can_report(probe_type: str, metric: str) -> bool:
    """Whether a probe of this type can ever say the metric."""
    if probe_type in QUEUED:
        return False
    return not set(STANDS_FOR.get(probe_type, (probe_type,))).isdisjoint(OF_TYPE[metric])


Line = tuple[int, int, str, str]
"""probe id, reporting agent, type, target: what has one course of values."""


def line_of(row: Row) -> Line:
    return (row.probe_id, row.agent_id, row.type, row.target)


class MetricMemory:
    """What earlier rows said, for the metrics that compare two. Only what a rule asks for."""

    def __init__(self) -> None:
        self._cpu: dict[int, tuple[int, CpuTimes]] = {}
        self._paths: dict[Line, Usual[Route]] = {}
        self._texts: dict[tuple[str, Line], Usual[str]] = {}
        self._newest: dict[tuple[str, Line], int] = {}

    def says(self, row: Row, metric: str) -> float | None:
        """The value of a REMEMBERED metric; None for one out of order, and where none is known."""
        line = line_of(row)
        newest = self._newest.get((metric, line))
        if newest is None and len(self._newest) >= MOST_REMEMBERED:
            return None
        if newest is not None and row.created_us <= newest:
            return None
        self._newest[metric, line] = row.created_us
        match said_by(row):
            case Sysinfo(cpu=CpuTimes() as cpu):
                return self._cpu_usage(row, cpu)
            case Mtr() as mtr if (route := mtr.route()) is not None:
                return self._path_change(line, route)
            case Netinfo() as net:
                text = net.public_address if metric == "ip_change" else net.provider
                return self._text_change(metric, line, text)
            case _:
                return None

    def _cpu_usage(self, row: Row, now: CpuTimes) -> float | None:
        before = self._cpu.get(row.agent_id)
        self._cpu[row.agent_id] = (row.created_us, now)
        return None if before is None else busy_pct(before[1], now)

    def _path_change(self, line: Line, path: Route) -> float:
        usual = self._paths.get(line)
        if usual is None:
            self._paths[line] = Usual(path, same_path, joined)
            return 0.0
        return float(usual.sees(path))

    def _text_change(self, metric: str, line: Line, text: str) -> float | None:
        if not text:
            return None
        usual = self._texts.get((metric, line))
        if usual is None:
            self._texts[metric, line] = Usual(text, same_text, first_text)
            return 0.0
        return float(usual.sees(text))

    def usual(self, metric: str, line: Line) -> str:
        """What is usual there, as JSON, to be kept with an alert; "" for other metrics."""
        if metric == "route_change" and line in self._paths:
            path = [sorted(hop) for hop in self._paths[line].value]
            return msgspec.json.encode(path).decode()
        if (metric, line) in self._texts:
            return msgspec.json.encode(self._texts[metric, line].value).decode()
        return ""

    def restore(self, metric: str, line: Line, usual: str) -> None:
        """Take up what `usual` gave before a restart."""
        if not usual:
            return
        value: Any = msgspec.json.decode(usual)
        if metric == "route_change":
            path = tuple(frozenset(hop) for hop in value)
            self._paths[line] = Usual(path, same_path, joined)
        else:
            self._texts[metric, line] = Usual(value, same_text, first_text)

    def accept(self, metric: str, line: Line) -> None:
        """Somebody has seen the change and calls it resolved: it is usual from now on."""
        if metric == "route_change" and line in self._paths:
            self._paths[line].accept()
        elif (metric, line) in self._texts:
            self._texts[metric, line].accept()


def values(row: Row, remembered: frozenset[str], memory: MetricMemory) -> Metrics:
    """All that a row says, with those of the remembered metrics that a rule asks for."""
    found = metrics_of(row)
    for metric in remembered:
        if row.type in OF_TYPE[metric]:
            value = memory.says(row, metric)
            if value is not None:
                found[metric] = value
    return found
