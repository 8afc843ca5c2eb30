"""MTR beside Debian's mtr: time, CPU and hops of a way of ten hops; CPU of many runs at once."""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from tests.lab.peer_mtr import peer_mtr
from tests.lab.topology import Topology, topology

CYCLES, RUNS = 10, 3
MANY = 50
"""Runs begun within 15 s: 200 a minute."""
PROTOCOLS: dict[str, tuple[str, ...]] = {"icmp": (), "udp": ("-u",), "tcp": ("-T",)}


def main() -> str:
    """Return a Markdown section. About three minutes; needs root and mtr-tiny."""
    lines = [
        "## MTR",
        "",
        "`make bench ARGS=mtr`",
        "",
        f"Ten hops of namespaces, {CYCLES} cycles a second apart, medians of {RUNS} runs by turns.",
        "CPU: user + kernel of the whole process, with what the routers do, which the kernel",
        "computes inside the send; of forepost also without the start of the interpreter.",
        "",
        f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()},",
        f"{_version()}.",
        "",
        "| | time, s | CPU, ms | hops | lost |",
        "| --- | --- | --- | --- | --- |",
    ]
    start_ms = statistics.median(_interpreter_ms() for _ in range(RUNS))
    with topology("chain10") as net:
        for protocol in PROTOCOLS:
            figures: dict[str, list[tuple[float, float, int, int]]] = {"forepost": [], "mtr": []}
            for _ in range(RUNS):
                figures["forepost"].append(_timed(_forepost, net, protocol))
                figures["mtr"].append(_timed(_peer, net, protocol))
            for name, runs in figures.items():
                wall, cpu, hops, lost = map(statistics.median, zip(*runs, strict=True))
                own = f" ({cpu - start_ms:.0f})" if name == "forepost" else ""
                found = f"{hops:.0f} | {lost:.0f}"
                lines.append(f"| {name}, {protocol} | {wall:.2f} | {cpu:.0f}{own} | {found} |")
        many = json.loads(
            net["near"].run(sys.executable, "-m", "bench.mtr_engine", stdin=_job(net))
        )
    lines += [
        "",
        f"{MANY} runs of 5 cycles in one agent, 200 a minute, ICMP: {many['cpu_ms']:.1f} ms of CPU",
        f"a run, {many['lost']} of {many['sent']} packets lost.",
    ]
    return "\n".join(lines) + "\n"


def _job(net: Topology) -> str:
    return json.dumps({"address": net.address("far", 4), "runs": MANY, "gap_sec": 0.3})


def _timed(
    measure: Callable[[Topology, str], tuple[int, int]], net: Topology, protocol: str
) -> tuple[float, float, int, int]:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    hops, lost = measure(net, protocol)
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return wall, 1_000 * cpu, hops, lost


def _forepost(net: Topology, protocol: str) -> tuple[int, int]:
    command = [sys.executable, "-m", "forepost.cli.main", "mtr", net.address("far", 4), "--json"]
    said = net["near"].run(*command, "--no-dns", "-c", str(CYCLES), *PROTOCOLS[protocol])
    hops = json.loads(said)["report"]["hops"]
    return len(hops), sum(hop["sent"] - hop["recv"] for hop in hops)


def _peer(net: Topology, protocol: str) -> tuple[int, int]:
    options = ("-c", str(CYCLES), *PROTOCOLS[protocol])
    hops = peer_mtr(net["near"], net.address("far", 4), *options)
    return len(hops), round(sum(hop.lost_pct * hop.sent / 100 for hop in hops))


def _interpreter_ms() -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "import forepost.cli.mtr"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1_000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def _version() -> str:
    done = subprocess.run(["mtr", "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    print(main())
