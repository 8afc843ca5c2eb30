"""Runs traces as an agent does and prints what they cost; reads its job from standard input."""

import json
import sys
import time
from typing import Any

import anyio

from forepost.agent.edges.trace.engine import Tracer
from forepost.agent.ports.trace import Traced, TracePlan
from forepost.kit.clock import SystemClock


async def main(job: dict[str, Any]) -> dict[str, float]:
    got: list[Traced] = []
    with Tracer(SystemClock()) as tracer:

        async def one() -> None:
            got.append(await tracer.trace(TracePlan(address=job["address"])))

        before = time.process_time()
        async with anyio.create_task_group() as tasks:
            for _ in range(job["runs"]):
                tasks.start_soon(one)
                await anyio.sleep(job["gap_sec"])
        cpu = time.process_time() - before
    rtts = [rtt for traced in got for hop in traced.hops for rtt in hop.rtts_ns]
    return {
        "cpu_ms": 1_000 * cpu / job["runs"],
        "sent": len(rtts),
        "lost": sum(rtt is None for rtt in rtts),
    }


print(json.dumps(anyio.run(main, json.load(sys.stdin))))
