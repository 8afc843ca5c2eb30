"""The embedded series store: what a row costs, on disk and in CPU, and how long charts take."""

import asyncio
import gc
import logging
import os
import platform
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import psutil

from forepost.controller.series.packets import packed_round
from forepost.controller.series.port import ChartOf, Find, Row
from forepost.controller.series.sqlite import SqliteSeries
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health

ROWS = int(os.environ.get("BENCH_SERIES_ROWS", "2160000"))
"""Of the thirty days; 43,200 of them belong to each probe."""
DAYS, BATCH = 30, 500
PER_PROBE = DAYS * 24 * 60
MANY_LINES, MANY_ROWS = 10_000, 200_000
REPEATED = 15
SECOND = 1_000_000
START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * SECOND


class SetClock(SystemClock):
    """As late as the rows: the roll-ups are made as they would be over the thirty days."""

    now_us = START

    def now(self) -> datetime:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.now_us)


def main() -> str:
    """Return a Markdown section. About two minutes with the rows it has by itself."""
    return asyncio.run(_main())


async def _main() -> str:
    with tempfile.TemporaryDirectory() as folder:
        few = await _fill(Path(folder) / "few.sqlite", max(ROWS // PER_PROBE, 1), ROWS)
        many = await _fill(Path(folder) / "many.sqlite", MANY_LINES, MANY_ROWS)
        return _section(few, many)


async def _fill(path: Path, lines: int, count: int) -> dict[str, float]:
    clock = SetClock()
    store = await SqliteSeries.open(path, clock, Health(logging.getLogger("bench")))
    chance = random.Random(1)
    cpu_s = wall_s = 0.0
    payload_bytes = done = 0
    for rows in _batches(chance, lines, count):
        clock.now_us = rows[-1].received_us
        payload_bytes += sum(len(row.payload) for row in rows)
        before_s, started_s = time.process_time(), time.perf_counter()
        await store.add(rows)
        cpu_s += time.process_time() - before_s
        wall_s += time.perf_counter() - started_s
        done += len(rows)
        if done % (200 * BATCH) == 0:
            print(f"{lines} lines, {done:,} of {count:,} rows", file=sys.stderr, flush=True)
    before_s = time.process_time()
    await store.roll_up()
    cpu_s += time.process_time() - before_s
    end_us = clock.now_us
    figures = {
        "lines": lines,
        "rows": done,
        "payload": payload_bytes / done,
        "cpu_us": cpu_s / done * 1e6,
        "wall_us": wall_s / done * 1e6,
        "rss_mib": psutil.Process().memory_info().rss / 2**20,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "hour_ms": await _median_ms(lambda: _chart(store, end_us - 3_600 * SECOND, end_us)),
        "month_ms": await _median_ms(lambda: _chart(store, START, end_us)),
        "latest_ms": await _median_ms(lambda: store.find(Find(streams=[1], limit=1))),
        "newest_ms": await _median_ms(
            lambda: store.find(Find(streams=range(1, lines + 1), limit=100))
        ),
    }
    started_s = time.perf_counter()
    dropped = await store.forget(before_us=START + 5 * 86_400 * SECOND)
    figures["forget_s"] = (time.perf_counter() - started_s) / max(dropped, 1)
    await store.close()
    figures["disk"] = os.path.getsize(path) / done  # noqa: ASYNC240, PTH202 - nothing else runs
    return figures


def _batches(chance: random.Random, lines: int, count: int) -> Iterator[list[Row]]:
    """PING results of one probe a line, one a minute, in the order of their times."""
    for first in range(0, count, BATCH):
        yield [_row(chance, number, lines) for number in range(first, min(first + BATCH, count))]


def _row(chance: random.Random, number: int, lines: int) -> Row:
    minute, line = divmod(number, lines)
    created_us = START + (minute * 60 + line * 60 // lines) * SECOND + chance.randrange(SECOND)
    base_ns = 1_000_000 + line * 40_000_000 // lines
    rtts = [base_ns + int(chance.expovariate(1e-6)) for _ in range(10)]
    low, high, mean = min(rtts), max(rtts), sum(rtts) // 10
    target = f"198.51.{line >> 8}.{line & 255}"
    stamp = datetime(1970, 1, 1) + timedelta(microseconds=created_us)  # noqa: DTZ001 - Z follows
    stop = stamp + timedelta(seconds=9, microseconds=chance.randrange(50_000))
    payload = (
        f'{{"start_timestamp":"{stamp.isoformat()}Z","stop_timestamp":"{stop.isoformat()}Z",'
        f'"packets_recv":10,"packets_sent":10,"packets_recv_duplicates":0,"packet_loss":0.0,'
        f'"addr":"{target}","min_rtt":{low},"max_rtt":{high},"avg_rtt":{mean},'
        f'"std_dev_rtt":{(high - low) // 3},"rtts_ns":{rtts},"error":""}}'
    )
    return Row(
        identity=chance.getrandbits(63),
        probe_id=line + 1,
        probe_agent_id=line // 20 + 1,
        agent_id=line // 20 + 1,
        created_us=created_us,
        received_us=created_us + 10 * SECOND + chance.randrange(SECOND),
        type="PING",
        payload=payload.encode(),
        target=target,
        rtt_ms=rtts[5] / 1e6,
        rtt_min_ms=low / 1e6,
        rtt_max_ms=high / 1e6,
        jitter_ms=(high - low) / 3e6,
        loss_pct=0.0,
        mos=4.4,
        sent=10,
        received=10,
        rtts=packed_round(sorted(rtts)),
    )


async def _chart(store: SqliteSeries, from_us: int, to_us: int) -> None:
    drawn = await store.chart(ChartOf(stream=1, from_us=from_us, to_us=to_us))
    assert len(drawn.lines) == 1


async def _median_ms(ask: Callable[[], Awaitable[object]]) -> float:
    gc.collect()
    took_ms = []
    for _ in range(REPEATED):
        started_s = time.process_time()
        await ask()
        took_ms.append((time.process_time() - started_s) * 1e3)
    return statistics.median(took_ms)


def _section(few: dict[str, float], many: dict[str, float]) -> str:
    def line(what: str, key: str, form: str) -> str:
        return f"| {what} | {few[key]:{form}} | {many[key]:{form}} |"

    head = f"| | {few['rows']:,} rows of {few['lines']} lines |"
    head += f" {many['rows']:,} of {many['lines']:,} |"
    return "\n".join(
        [
            "## Series store (embedded)",
            "",
            "`make bench ARGS=series` (`BENCH_SERIES_ROWS` for another number of rows)",
            "",
            (
                f"PING results of {few['payload']:.0f} bytes JSON on average, one a minute of each"
                f"\nprobe, added {BATCH} at a time by one caller, each add committed with"
                "\n`synchronous=FULL`. CPU is user + kernel of the process while it adds:"
                "\ncommit, zstd and roll-ups included. Reads are CPU too, medians of"
                f" {REPEATED}, warm, through the port."
            ),
            "",
            (
                f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()},"
                f" Python {platform.python_version()}, SQLite {apsw.sqlite_lib_version()}."
            ),
            "",
            head,
            "| --- | --- | --- |",
            line("CPU per row, us", "cpu_us", ".1f"),
            line("time per row, us", "wall_us", ".1f"),
            line("bytes per row on disk, roll-ups included", "disk", ".0f"),
            line("chart of one probe, last hour, ms", "hour_ms", ".1f"),
            line("chart of one probe, everything, at most 500 points, ms", "month_ms", ".1f"),
            line("latest row of one probe, ms", "latest_ms", ".2f"),
            line("newest 100 rows of all probes, ms", "newest_ms", ".1f"),
            line("forgetting a day, s", "forget_s", ".2f"),
            line("resident memory after the adds, the generator's included, MiB", "rss_mib", ".0f"),
            "",
        ]
    )
