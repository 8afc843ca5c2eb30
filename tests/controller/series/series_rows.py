"""Rows to store, and a clock whose time a test sets."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from forepost.controller.series.port import ChartOf, Row, Series
from forepost.wire.rest.bodies import Line

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
START: Final = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * SECOND
"""Of a UTC day, microseconds."""


def at(us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)


def row(created_us: int = START, identity: int = 1, **fields: Any) -> Row:
    """A PING result of probe 1, seen by agent 10, received a second later."""
    known: dict[str, Any] = {
        "probe_id": 1,
        "probe_agent_id": 10,
        "agent_id": 10,
        "received_us": created_us + SECOND,
        "type": "PING",
        "target": "192.0.2.1",
        "payload": b'{"addr":"192.0.2.1","seq":%d}' % identity,
        "rtt_ms": 10.0,
        "rtt_min_ms": 9.0,
        "rtt_max_ms": 12.0,
        "loss_pct": 0.0,
    }
    return Row(identity=identity, created_us=created_us, **(known | fields))


def every(step_us: int, count: int, start_us: int = START, **fields: Any) -> list[Row]:
    """Rows at even times with RTTs that vary, some of them lost; the same at every call."""
    chance = random.Random(count)
    rows = []
    for number in range(count):
        rtt = chance.lognormvariate(2, 1)
        lost = chance.random() < 0.1
        measured = (
            {"rtt_ms": None, "rtt_min_ms": None, "rtt_max_ms": None, "loss_pct": 100.0}
            if lost
            else {"rtt_ms": rtt, "rtt_min_ms": rtt * 0.8, "rtt_max_ms": rtt * 1.5}
        )
        rows.append(row(start_us + number * step_us, number, **(measured | fields)))
    return rows


def ping_payload(chance: random.Random) -> bytes:
    rtts = [chance.randrange(5_000_000, 50_000_000) for _ in range(10)]
    return msgspec.json.encode(
        {
            "start_timestamp": at(START + chance.randrange(DAY)).isoformat(),
            "packets_recv": 10,
            "packets_sent": 10,
            "packet_loss": 0.0,
            "addr": f"192.0.2.{chance.randrange(256)}",
            "min_rtt": min(rtts),
            "max_rtt": max(rtts),
            "rtts_ns": rtts,
        }
    )


async def chart(series: Series, from_us: int, to_us: int, **fields: Any) -> tuple[int, list[Line]]:
    drawn = await series.chart(ChartOf(stream=1, from_us=from_us, to_us=to_us, **fields))
    return drawn.bucket_sec, drawn.lines


def identities(rows: Sequence[Row]) -> list[int]:
    return [row.identity for row in rows]
