"""Either side of `bench/trafficsim.py`: client or server, and its own CPU time."""

import gc
import json
import resource
import sys

import anyio
import anyio.to_thread
import msgspec

from forepost.agent.edges.system import system_edges
from forepost.agent.probes.hostport import host_port
from forepost.agent.probes.trafficsim.probe import run, serve
from forepost.agent.probes.trafficsim.server import Allowed, Cycle, EchoServer
from forepost.kit.clock import SystemClock
from forepost.wire.probes.trafficsim import TrafficSimResult, TrafficSimRun

CLIENT, SERVER = 1, 2


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def client(place: str, key: bytes, count: int, gap_ms: int, payload: int) -> None:
    clock = SystemClock()
    options = TrafficSimRun(
        agent_id=CLIENT,
        target_agent=SERVER,
        key=key,
        count=count,
        interval_ms=gap_ms,
        payload_size=payload,
    )
    with system_edges(clock) as edges:
        gc.freeze()
        before = cpu_s()
        result = await run(options, place, clock, edges)
        spent = cpu_s() - before
    json.dump({"cpu_s": spent, "result": json.loads(msgspec.json.encode(result))}, sys.stdout)


async def server(place: str, key: bytes) -> None:
    """Until standard input ends."""
    clock, at = SystemClock(), host_port(place)

    async def post(cycle: Cycle, result: TrafficSimResult) -> None:
        raise AssertionError("nothing is measured of the way back")

    with system_edges(clock) as edges:
        ports = edges.udp.listening(at.host, at.port)
        print("ready", flush=True)
        gc.freeze()
        before = cpu_s()
        async with anyio.create_task_group() as tasks:
            known = EchoServer(SERVER, {CLIENT: Allowed(key=key)})
            tasks.start_soon(serve, known, ports, clock, edges, post)
            await anyio.to_thread.run_sync(sys.stdin.read)
            tasks.cancel_scope.cancel()
    json.dump({"cpu_s": cpu_s() - before}, sys.stdout)


if __name__ == "__main__":
    side, place, key, *asked = sys.argv[1:]
    if side == "server":
        anyio.run(server, place, bytes.fromhex(key))
    else:
        count, gap_ms, payload = map(int, asked)
        anyio.run(client, place, bytes.fromhex(key), count, gap_ms, payload)
