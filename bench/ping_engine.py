"""The side of `bench/ping.py` that is measured: reads a job, prints RTTs and its own CPU time."""

import gc
import json
import resource
import sys

import anyio

from forepost.agent.edges.icmp.engine import Icmp
from forepost.agent.ports.net import Round
from forepost.kit.clock import SystemClock

SPREAD_SEC = 1.0
TOGETHER = 10


async def main() -> None:
    job = json.load(sys.stdin)
    clock = SystemClock()
    results: dict[str, Round] = {}
    gc.freeze()
    before = resource.getrusage(resource.RUSAGE_SELF)
    with Icmp(clock) as net:

        async def one(address: str) -> None:
            results[address] = await net.round(
                address, count=job["rounds"], gap_sec=job["gap_sec"], timeout_sec=1.0
            )

        async with anyio.create_task_group() as tasks:
            for number, address in enumerate(job["addresses"]):
                if number % TOGETHER == 0:
                    await clock.sleep(SPREAD_SEC * TOGETHER / len(job["addresses"]))
                tasks.start_soon(one, address)
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    json.dump({"cpu_s": spent, "rtts_ns": {a: r.rtts_ns for a, r in results.items()}}, sys.stdout)


if __name__ == "__main__":
    anyio.run(main)
