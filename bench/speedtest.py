"""Speed tests beside iperf3 (TCP), and what a running test does to an agent that measures."""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.lab.net import FAR, Namespace, pair

SECONDS, RUNS, STREAMS = 5, 3, 4
ADDRESS = FAR[0].split("/")[0]
SPEEDTEST = [sys.executable, "-m", "forepost.cli.main", "speedtest"]
SERVE = [*SPEEDTEST, "--serve", "--listen", f"{ADDRESS}:5260", "--token", "t"]
LINES = {"a cable": "", "100 Mbit/s": "tbf rate 100mbit burst 64kb latency 100ms"}
Figures = tuple[float, float]
"""Mbit/s, and CPU of both sides in ms for each second of measuring."""


def main() -> str:
    """Return a Markdown section. About four minutes; needs root and iperf3."""
    lines = [
        "## Speed test",
        "",
        "`make bench ARGS=speedtest`",
        "",
        f"{STREAMS} streams between two namespaces, {SECONDS} s each way, medians of {RUNS} runs",
        "by turns. CPU: user + kernel of client and server, the start of both included, ms",
        "for each second that data flows. 100 Mbit/s: a token bucket (tbf) of 100 ms at both ends;",
        "what TCP can carry of it is 95.6 Mbit/s (IPv4, timestamps, 1500 bytes + Ethernet).",
        "forepost lets the kernel throw away what arrives (MSG_TRUNC), as `iperf3",
        "--skip-rx-copy` does.",
        "",
        f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()},",
        f"{_version()}.",
        "",
        "| line | way | forepost Mbit/s | iperf3 Mbit/s | ratio | CPU forepost | CPU iperf3 |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, discipline in LINES.items():
        with pair() as (near, far):
            _shape(near, far, discipline)
            for way in ("download", "upload"):
                ours, theirs = [], []
                for _ in range(RUNS):
                    ours.append(_forepost(near, far, way))
                    theirs.append(_iperf3(near, far, way))
                lines.append(_row(name, way, ours, theirs))
    lines += ["", *_beside()]
    return "\n".join(lines) + "\n"


def _row(name: str, way: str, ours: list[Figures], theirs: list[Figures]) -> str:
    own, cpu = (statistics.median(column) for column in zip(*ours, strict=True))
    peer, peer_cpu = (statistics.median(column) for column in zip(*theirs, strict=True))
    rates = f"{own:,.1f} | {peer:,.1f} | {own / peer:.3f}"
    return f"| {name} | {way} | {rates} | {cpu:.0f} | {peer_cpu:.0f} |"


def _forepost(near: Namespace, far: Namespace, way: str) -> Figures:
    other = {"download": "--no-upload", "upload": "--no-download"}[way]
    options = [other, "-s", f"{ADDRESS}:5260", "--token", "t", "-t", str(SECONDS), "--json"]

    def measure() -> float:
        (figures,) = json.loads(near.run(*SPEEDTEST, *options))["test_data"]
        return float(figures["dl_speed" if way == "download" else "ul_speed"])

    return _with_server(far, SERVE, measure)


def _iperf3(near: Namespace, far: Namespace, way: str) -> Figures:
    options = ["-P", str(STREAMS), "-t", str(SECONDS), "-J", *(["-R"] if way == "download" else [])]

    def measure() -> float:
        said = json.loads(near.run("iperf3", "-c", ADDRESS, *options))
        return float(said["end"]["sum_received"]["bits_per_second"]) / 8

    return _with_server(far, ["iperf3", "-s", "-B", ADDRESS, "-1"], measure)


def _with_server(far: Namespace, command: list[str], measure: Callable[[], float]) -> Figures:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(
        ["ip", "netns", "exec", far.name, *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        time.sleep(1.5)
        rate = measure()
        server.terminate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return rate * 8 / 1e6, 1_000 * cpu / SECONDS


def _beside() -> list[str]:
    """Rows of an agent's own process: alone, with a test in its process of its own, and inside."""
    lines = [
        "An agent's event loop and its ICMP engine (200 pings a second to its own host, so that no",
        "queue of the line is in them) while a test runs. Loop lag: how late a sleep of 5 ms ends.",
        "",
        "| line | test | lag p50, ms | p99 | max | RTT p50, us | p99 | peak RSS of the test, MiB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, discipline in LINES.items():
        for how in ("none", "process", "thread"):
            said = _agent(discipline, how)
            figures = " | ".join(str(said[key]) for key in ("lag50", "lag99", "lag_max"))
            rtt = f"{said['rtt50']} | {said['rtt99']}"
            lines.append(f"| {name} | {how} | {figures} | {rtt} | {said['rss']} |")
    return lines


def _agent(discipline: str, how: str) -> dict[str, Any]:
    with pair() as (near, far):
        _shape(near, far, discipline)
        near.ip("addr add 198.18.9.9/32 dev lo")
        with subprocess.Popen(
            ["ip", "netns", "exec", far.name, *SERVE], stdout=subprocess.DEVNULL
        ) as server:
            time.sleep(1.5)
            job = json.dumps({"address": ADDRESS, "ping": "198.18.9.9", "how": how})
            said = near.run(sys.executable, "-m", "bench.speedtest_beside", stdin=job)
            server.terminate()
    found: dict[str, Any] = json.loads(said)
    return found


def _shape(near: Namespace, far: Namespace, discipline: str) -> None:
    if discipline:
        for side in (near, far):
            side.run("tc", "qdisc", "add", "dev", "cable", "root", *discipline.split())


def _version() -> str:
    done = subprocess.run(["iperf3", "--version"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0]


if __name__ == "__main__":
    print(main())
