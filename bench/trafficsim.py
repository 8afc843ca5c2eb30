"""TRAFFICSIM beside iperf3 UDP: what both say of one lossy wire, and what a packet costs them."""

import json
import math
import os
import platform
import re
import resource
import subprocess
import sys

from forepost.agent.probes.trafficsim.figures import rfc3550
from tests.lab.net import Namespace
from tests.lab.wire import Wire, wired
from tests.lab.wire_plan import Match, Plan, Way
from tests.lab.wire_record import Passage

PACKETS, GAP_MS, PAYLOAD = 2_000, 5, 172
RUNS = 3
ADDRESS, PORT = "198.18.0.2", 5_000
WAY = Way(only=Match(protocol="udp", smallest=150), loss=0.02, delay_ms=10, jitter_ms=4)

Figures = dict[str, float]


def main() -> str:
    """Return a Markdown section. About two minutes; needs root and iperf3."""
    rows: dict[str, list[Figures]] = {}
    ways = {"forepost, with key": _sealed, "forepost, NetWatcher's": _plain, "iperf3": _iperf3}
    for seed in range(RUNS):
        for name, measure in ways.items():
            with wired(Plan(forth=WAY, back=WAY, seed=seed)) as (near, far, wire):
                rows.setdefault(name, []).append(measure(near, far, wire))
    return _section(rows)


def _sealed(near: Namespace, far: Namespace, wire: Wire) -> Figures:
    return _forepost(near, far, wire, "6b" * 32)


def _plain(near: Namespace, far: Namespace, wire: Wire) -> Figures:
    return _forepost(near, far, wire, "")


def _forepost(near: Namespace, far: Namespace, wire: Wire, key: str) -> Figures:
    engine = [sys.executable, "-m", "bench.trafficsim_engine"]
    place = f"{ADDRESS}:{PORT}"
    server = subprocess.Popen(
        ["ip", "netns", "exec", far.name, *engine, "server", place, key],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout
    assert server.stdout.readline() == "ready\n"
    asked = [str(number) for number in (PACKETS, GAP_MS, PAYLOAD)]
    client = json.loads(near.run(*engine, "client", place, key, *asked))
    said, _ = server.communicate("")
    got = client["result"]
    truth = _truth(wire)
    return {
        "cpu_client_us": 1e6 * client["cpu_s"] / got["totalPackets"],
        "cpu_server_us": 1e6 * json.loads(said)["cpu_s"] / got["totalPackets"],
        "lost": got.get("lostForward", float("nan")),
        "lost_true": truth["lost"],
        "lost_round": got["lostPackets"],
        "lost_round_true": truth["lost_round"],
        "jitter_ms": got.get("jitterForward", float("nan")),
        "jitter_true_ms": truth["jitter_ms"],
    }


def _iperf3(near: Namespace, far: Namespace, wire: Wire) -> Figures:
    exec_in = ["ip", "netns", "exec"]
    command = ["iperf3", "-s", "-1", "--forceflush", "-B", ADDRESS, "-p", str(PORT)]
    server = subprocess.Popen(
        [*exec_in, far.name, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert server.stdout
    server.stdout.readline()
    rate = PAYLOAD * 8 * 1_000 // GAP_MS
    command = ["iperf3", "-u", "-c", ADDRESS, "-p", str(PORT), "-b", str(rate), "--json"]
    command += ["-l", str(PAYLOAD), "-k", str(PACKETS)]
    before = _children_cpu_s()
    answer = json.loads(near.run(*command))
    client_s = _children_cpu_s() - before
    server.communicate(timeout=20)
    server_s = _children_cpu_s() - before - client_s
    total = answer["end"]["sum"]
    truth = _truth(wire)
    return {
        "cpu_client_us": 1e6 * client_s / PACKETS,
        "cpu_server_us": 1e6 * server_s / PACKETS,
        "lost": total["lost_packets"],
        "lost_true": truth["lost"],
        "lost_round": float("nan"),
        "lost_round_true": float("nan"),
        "jitter_ms": total["jitter_ms"],
        "jitter_true_ms": truth["jitter_ms"],
    }


def _truth(wire: Wire) -> Figures:
    """What the wire did to the packets, and to those and their answers."""
    record = wire.record()
    forth, back = (
        record.going(way, lambda one: one.size == 14 + 28 + PAYLOAD) for way in ("forth", "back")
    )
    lost = sum(one.verdict != "passed" for one in forth)
    lost_back = sum(one.verdict != "passed" for one in back)
    arrived = sorted((one.out_ns[0], one) for one in forth if one.out_ns)
    transits = [_transit_ms(one) for _, one in arrived]
    return {"lost": lost, "lost_round": lost + lost_back, "jitter_ms": rfc3550(transits) or 0.0}


def _transit_ms(one: Passage) -> float:
    return (one.out_ns[0] - one.in_ns) / 1e6


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _section(rows: dict[str, list[Figures]]) -> str:
    text = f"""## TRAFFICSIM

`make bench ARGS=trafficsim`

{PACKETS} packets of {PAYLOAD} bytes, one every {GAP_MS} ms, over a wire that loses 2 % on each way
and delays by 10 to 14 ms; {RUNS} runs. The wire's own record is the truth, in brackets. iperf3
sends one way and hears nothing of each packet; forepost's are answered one by one in the same
size, and CPU is for both. The start of the interpreter is not in it.

{os.cpu_count()} cores, Linux {platform.release()}, {_version()}.

| | CPU per packet, client, us | server, us | lost forward | both ways | jitter forward, ms |
| --- | --- | --- | --- | --- | --- |
"""
    for name, runs in rows.items():
        cells = [
            name,
            _middle(runs, "cpu_client_us"),
            _middle(runs, "cpu_server_us"),
            _beside(runs, "lost", "lost_true", ".0f"),
            _beside(runs, "lost_round", "lost_round_true", ".0f"),
            _beside(runs, "jitter_ms", "jitter_true_ms", ".2f"),
        ]
        text += f"| {' | '.join(cells)} |\n"
    return text


def _middle(runs: list[Figures], name: str) -> str:
    return format(sorted(run[name] for run in runs)[len(runs) // 2], ".0f")


def _beside(runs: list[Figures], name: str, true: str, form: str) -> str:
    def shown(value: float) -> str:
        return "-" if math.isnan(value) else format(value, form)

    return ", ".join(f"{shown(run[name])} ({shown(run[true])})" for run in runs)


def _version() -> str:
    done = subprocess.run(["iperf3", "--version"], capture_output=True, text=True, check=True)
    found = re.match(r"iperf \S+", done.stdout)
    return found[0] if found else "iperf3"


if __name__ == "__main__":
    print(main())
