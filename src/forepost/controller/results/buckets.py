"""Results of one probe at one a bucket, in the payload of their type. Pure.

PING and TRAFFICSIM come from a chart, and so from the roll-ups; of MTR the newest run in each
bucket is kept whole, since the mean of two paths is no path.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec

from forepost.controller.results.rows import instant
from forepost.controller.series.port import Row
from forepost.wire.rest.bodies import Line, Point, ResultRow

FROM_CHART: Final = frozenset({"PING", "TRAFFICSIM"})
WHOLE: Final = "MTR"
TYPES: Final = FROM_CHART | {WHOLE}
_NS_PER_MS: Final = 1e6


Details = Mapping[tuple[int, int, str], dict[str, float]]
"""By start of the bucket in seconds, agent and target: what charts do not know of TRAFFICSIM."""


def of_chart(
    probe_id: int, lines: Iterable[Line], details: Details = MappingProxyType({})
) -> list[ResultRow]:
    """A row for each point, by time."""
    rows = [
        ResultRow(
            probe_id=probe_id,
            probe_agent_id=line.agent_id,
            agent_id=line.agent_id,
            triggered=False,
            triggered_reason="",
            created_at=instant(point.time * 1_000_000),
            received_at=instant(point.time * 1_000_000),
            type=line.type,
            payload=msgspec.Raw(
                msgspec.json.encode(
                    _payload(line.type, point)
                    | details.get((point.time, line.agent_id, line.target), {})
                )
            ),
            target=line.target,
            target_agent=line.target_agent,
        )
        for line in lines
        for point in line.points
    ]
    return sorted(rows, key=lambda row: row.created_at)


def _payload(kind: str, point: Point) -> dict[str, Any]:
    if kind == "PING":
        return {
            "packets_sent": point.sent or 0,
            "packets_recv": point.received or 0,
            "avg_rtt": _ns(point.rtt_mean_ms),
            "median_rtt": _ns(point.rtt_p50_ms),
            "p95_rtt": _ns(point.rtt_p95_ms),
            "std_dev_rtt": _ns(point.rtt_stddev_ms),
            "min_rtt": _ns(point.rtt_min_ms),
            "max_rtt": _ns(point.rtt_max_ms),
            "packet_loss": point.loss_pct,
            "samples": point.count,
        }
    return {
        "totalPackets": point.sent or 0,
        "receivedPackets": point.received or 0,
        "averageRTT": point.rtt_mean_ms,
        "medianRTT": point.rtt_p50_ms,
        "stdDevRTT": point.rtt_stddev_ms,
        "jitterAvg": point.jitter_ms,
        "MOS": point.mos,
        "minRTT": point.rtt_min_ms,
        "maxRTT": point.rtt_max_ms,
        "p95RTT": point.rtt_p95_ms,
        "lossPercentage": point.loss_pct,
        "samples": point.count,
    }


def _ns(ms: float | None) -> int:
    """As an agent writes it: 0 where nothing came back."""
    return 0 if ms is None else round(ms * _NS_PER_MS)


def newest_of_each(rows: Sequence[Row], start_of: Callable[[int], int]) -> Iterator[Row]:
    """Of rows by rising time, the last of every bucket for each agent and target. `start_of`: of
    the bucket that a second is in.
    """
    last: dict[tuple[int, int, str], Row] = {}
    for row in rows:
        last[start_of(row.created_us // 1_000_000), row.agent_id, row.target] = row
    yield from sorted(last.values(), key=lambda row: row.created_us)
