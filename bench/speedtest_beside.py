"""An agent's loop and pings while a speed test runs: as a process, as threads, or not at all."""

import json
import resource
import statistics
import sys
import threading

import anyio

from forepost.agent.edges.icmp.engine import Icmp
from forepost.agent.edges.speed.phases import run
from forepost.agent.edges.speed.process import Measured, SpeedPlan, SpeedProcess, SpeedServer
from forepost.kit.clock import SystemClock

SEC = 4.0


async def main() -> None:
    job = json.loads(sys.stdin.read())
    clock = SystemClock()
    plan = SpeedPlan(places=[SpeedServer(host=job["address"], port=5_260, secret="t")], sec=SEC)
    lags: list[float] = []
    rtts: list[int] = []
    got: list[Measured] = []

    async def lag(done: anyio.Event) -> None:
        while not done.is_set():
            before = clock.monotonic()
            await clock.sleep(0.005)
            lags.append((clock.monotonic() - before - 0.005) * 1e3)

    async def ping(done: anyio.Event, net: Icmp) -> None:
        while not done.is_set():
            found = await net.round(job["ping"], count=100, gap_sec=0.005, timeout_sec=1)
            rtts.extend(rtt for rtt in found.rtts_ns if rtt is not None)

    async def test(done: anyio.Event) -> None:
        if job["how"] == "process":
            got.append(await SpeedProcess().measure(plan, lambda _: None))
        elif job["how"] == "thread":
            thread = threading.Thread(target=lambda: got.append(run(plan, clock, lambda _: None)))
            thread.start()
            while thread.is_alive():
                await clock.sleep(0.1)
        else:
            await clock.sleep(2 * SEC)
        done.set()

    with Icmp(clock) as net:
        async with anyio.create_task_group() as tasks:
            done = anyio.Event()
            for one in (lag, test):
                tasks.start_soon(one, done)
            tasks.start_soon(ping, done, net)
    assert all(not one.error for one in got), got
    rss = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        json.dumps(
            {
                "lag50": round(statistics.median(lags), 2),
                "lag99": round(_p99(lags), 2),
                "lag_max": round(max(lags), 1),
                "rtt50": round(statistics.median(rtts) / 1e3, 1),
                "rtt99": round(_p99(rtts) / 1e3, 1),
                "rss": round(rss, 1) if job["how"] == "process" else "",
            }
        )
    )


def _p99(values: "list[float] | list[int]") -> float:
    return sorted(values)[int(len(values) * 0.99)]


anyio.run(main)
