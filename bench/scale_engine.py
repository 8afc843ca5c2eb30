"""The agent of `bench/scale.py`: scheduler, engines, timekeeper and spool, without an uplink.

Reads a job, runs it, prints what it cost and what it saw.
"""

import asyncio
import json
import logging
import resource
import sys
import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import anyio
import msgspec
import psutil

from forepost.agent.edges.files.spool_folder import SpoolFolder
from forepost.agent.edges.system import system_edges
from forepost.agent.probes.schedule import Scheduler
from forepost.agent.uplink import record
from forepost.agent.uplink.spool import Spool
from forepost.agent.uplink.timekeeper import Timekeeper
from forepost.kit.clock import SystemClock
from forepost.kit.garbage import collect_rarely
from forepost.kit.health import Health
from forepost.wire.probes.probe import Probe
from forepost.wire.uplink.messages import ProbePost

SETTLE_SEC = 55.0
"""The first starts are spread over 52 s; figures begin after them."""
LOOK_SEC = 0.01


class Seen:
    """What came out of the probes."""

    def __init__(self) -> None:
        self.turns: Counter[tuple[int, str]] = Counter()
        self.starts: list[tuple[float, str]] = []
        self.packets = self.lost = self.hops_wrong = 0

    def take(self, post: ProbePost) -> None:
        payload = msgspec.json.decode(post.payload)
        self.turns[post.probe_id, post.type] += 1
        started = datetime.fromisoformat(payload["start_timestamp"]).timestamp()
        self.starts.append((started, post.type))
        if post.type == "PING":
            self.packets += payload["packets_sent"]
            self.lost += payload["packets_sent"] - payload["packets_recv"]
        else:
            hops = payload["report"]["hops"]
            self.hops_wrong += len(hops) != 10 or any(hop["sent"] != hop["recv"] for hop in hops)


class Job(msgspec.Struct):
    seconds: float
    interval_sec: int
    probes: list[Probe]


async def main() -> dict[str, Any]:
    clock, health, seen = SystemClock(), Health(logging.getLogger("scale")), Seen()
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    collect_rarely()
    asked = [(probe.id, probe.type) for probe in job.probes]
    with tempfile.TemporaryDirectory() as folder, system_edges(clock) as edges:
        disk = SpoolFolder(Path(folder) / "spool")
        spool = Spool(disk, clock, health, max_bytes=256 << 20, max_age_sec=86_400)
        keeper = Timekeeper(clock, health)

        async def deliver(post: ProbePost) -> None:
            spool.put(msgspec.json.encode(keeper.measured(post)))

        late: list[float] = []

        async def look() -> None:
            loop = asyncio.get_running_loop()
            while True:
                due = loop.time() + LOOK_SEC
                await clock.sleep(LOOK_SEC)
                late.append(loop.time() - due)

        async with anyio.create_task_group() as tasks:
            scheduler = Scheduler(tasks, clock, edges, deliver, health=health)
            tasks.start_soon(spool.run)
            problems = scheduler.want(job.probes)
            job.probes.clear()
            await clock.sleep(SETTLE_SEC)
            tasks.start_soon(look)
            before = _cpu_sec()
            cpu: list[float] = []
            resident = 0.0
            for _ in range(round(job.seconds / 5)):
                earlier = _cpu_sec()
                await clock.sleep(5)
                cpu.append((_cpu_sec() - earlier) / 5)
                resident = max(resident, psutil.Process().memory_info().rss / 2**20)
            spent = (_cpu_sec() - before) / job.seconds
            tasks.cancel_scope.cancel()
        spool.close()
        for name in disk.names():
            boot = int(name.split("-")[1], 16)
            for one in record.decode(disk.read(name, 0, 1 << 30), boot):
                if one.record is not None:
                    seen.take(msgspec.json.decode(one.record.data, type=ProbePost))
    late.sort()
    return {
        "unsupported": problems,
        "problems": dict(health.problems),
        "core": spent,
        "core_worst_5_sec": max(cpu),
        "resident_mib": resident,
        "packets": seen.packets,
        "lost": seen.lost,
        "ping_turns": sum(n for (_, kind), n in seen.turns.items() if kind == "PING"),
        "mtr_turns": sum(n for (_, kind), n in seen.turns.items() if kind == "MTR"),
        "mtr_wrong": seen.hops_wrong,
        "missed": _missed(seen, asked, job),
        "starts": {kind: _most(seen, kind) for kind in ("PING", "MTR")},
        "loop_late_p99_ms": 1e3 * late[int(0.99 * len(late))],
        "loop_late_max_ms": 1e3 * late[-1],
    }


def _missed(seen: Seen, asked: list[tuple[int, str]], job: Job) -> int:
    """Turns that must have ended by now and did not deliver: a PING takes its whole interval."""
    due = int(job.seconds / job.interval_sec)
    return sum(max(0, due - (key[1] == "PING") - seen.turns[key]) for key in asked)


def _most(seen: Seen, kind: str) -> int:
    """The most starts of one type within 100 ms."""
    bins = Counter(int(start * 10) for start, one in seen.starts if one == kind)
    return max(bins.values(), default=0)


def _cpu_sec() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(json.dumps(anyio.run(main)))
