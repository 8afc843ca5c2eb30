"""Results as rows of a table. Pure."""

from collections.abc import Iterable
from typing import Any, Final

from forepost.controller.results.csv_rows import csv_text
from forepost.controller.results.rows import instant, shown
from forepost.controller.series.port import Row
from forepost.wire.disclosure import public_target

COLUMNS: Final = (
    *("received_at", "created_at", "probe_id", "agent_id", "probe_agent_id", "target_agent"),
    *("type", "target", "triggered", "triggered_reason"),
    *("rtt_ms", "rtt_min_ms", "rtt_max_ms", "jitter_ms", "loss_pct", "mos"),
    *("packets_sent", "packets_received", "payload"),
)


def results_csv(rows: Iterable[Row]) -> str:
    return csv_text([COLUMNS, *map(_cells, rows)])


def _cells(row: Row) -> list[Any]:
    return [
        *(instant(row.received_us), instant(row.created_us)),
        *(row.probe_id, row.agent_id, row.probe_agent_id, row.target_agent),
        *(row.type, public_target(row.target), row.triggered, row.triggered_reason),
        *(row.rtt_ms, row.rtt_min_ms, row.rtt_max_ms, row.jitter_ms, row.loss_pct, row.mos),
        *(row.sent, row.received, bytes(shown(row).payload).decode()),
    ]
