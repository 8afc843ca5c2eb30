"""PING beside fping: CPU per ping, and the error of the RTTs against a capture on the cable."""

import json
import os
import platform
import re
import resource
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.lab.net import Namespace, pair

TARGETS = 1_000
ROUNDS = 16
RUNS = 3
PERIOD_MS = 1_000
BASE = 198 << 24 | 19 << 16

Rtts = dict[str, list[float | None]]
Measure = Callable[[Namespace, Path, list[str]], tuple[float, Rtts]]


def main() -> str:
    """Return a Markdown section. About two minutes; needs root, fping and tcpdump."""
    figures: dict[str, list[dict[str, float]]] = {"forepost": [], "fping": []}
    addresses = [_dotted(BASE + 256 + i) for i in range(TARGETS)]
    with tempfile.TemporaryDirectory() as folder, pair() as (near, far):
        # By way of one neighbour: the kernel's table holds 1,024 for all namespaces.
        near.ip("route add 198.19.0.0/16 via 198.18.0.2")
        batch = "".join(f"addr add {address}/32 dev lo\n" for address in addresses)
        far.run("ip", "-batch", "-", stdin=batch)
        for _ in range(RUNS):
            for name, measure in (("forepost", _forepost), ("fping", _fping)):
                figures[name].append(_beside_tcpdump(near, Path(folder), measure, addresses))
    return _section(figures)


def _beside_tcpdump(
    near: Namespace, folder: Path, measure: Measure, addresses: list[str]
) -> dict[str, float]:
    pcap = folder / "cable.pcap"
    command = ["ip", "netns", "exec", near.name, "tcpdump", "-i", "cable", "-w", str(pcap)]
    command += ["--time-stamp-precision=nano", "-s", "96", "-B", "32768", "icmp"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tcpdump:
        assert tcpdump.stderr is not None
        while "listening" not in tcpdump.stderr.readline():
            pass
        cpu_s, measured = measure(near, folder, addresses)
        # The kernel hands a block of packets over when it is full or a second old.
        near.run("sleep", "1.5")
        tcpdump.send_signal(signal.SIGINT)
        tcpdump.communicate()
    true = _true_rtts(pcap)
    asked = sum(map(len, measured.values()))
    errors_us = sorted(
        abs(got - want) / 1_000
        for address, rtts in measured.items()
        for got, want in zip(rtts, true.get(address, []), strict=False)
        if got is not None and want is not None
    )
    return {
        "cpu_us": 1e6 * cpu_s / asked,
        "median_us": statistics.median(errors_us),
        "p99_us": errors_us[int(0.99 * len(errors_us))],
        "max_us": errors_us[-1],
        "asked": asked,
        "lost": sum(rtt is None for rtts in measured.values() for rtt in rtts),
        "compared": len(errors_us),
    }


def _forepost(near: Namespace, folder: Path, addresses: list[str]) -> tuple[float, Rtts]:
    """Return CPU seconds of the process (interpreter's start excluded) and RTTs in ns."""
    job = json.dumps({"addresses": addresses, "rounds": ROUNDS, "gap_sec": PERIOD_MS / 1_000})
    answer = json.loads(near.run(sys.executable, "-m", "bench.ping_engine", stdin=job))
    return answer["cpu_s"], answer["rtts_ns"]


def _fping(near: Namespace, folder: Path, addresses: list[str]) -> tuple[float, Rtts]:
    """The same of fping: -C keeps every RTT; -i 1 is its shortest spacing at 1,000 targets/s."""
    command = ["ip", "netns", "exec", near.name, "fping", "-q", "-C", str(ROUNDS), "-p"]
    command += [str(PERIOD_MS), "-i", str(PERIOD_MS / TARGETS), "-t", "1000", *addresses]
    output = folder / "fping.txt"
    with output.open("w") as file:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stderr=file, stdout=file, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    rtts: Rtts = {}
    for line in output.read_text().splitlines():
        if found := re.fullmatch(r"(\S+)\s+: (.+)", line):
            values = found[2].split()
            rtts[found[1]] = [None if v == "-" else float(v) * 1e6 for v in values]
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return spent, rtts


def _true_rtts(pcap: Path) -> Rtts:
    """By address, in the order of the requests: ns between request and reply on the cable."""
    asked: dict[tuple[bytes, bytes], tuple[int, int]] = {}
    true: Rtts = {}
    for time_ns, frame in _frames(pcap):
        if frame[12:14] != b"\x08\x00" or frame[23] != 1:
            continue
        kind, echo = frame[34], frame[38:42] + frame[42:50]
        if kind == 8:
            rtts = true.setdefault(_dotted(int.from_bytes(frame[30:34], "big")), [])
            asked[frame[30:34], echo] = time_ns, len(rtts)
            rtts.append(None)
        elif kind == 0 and (sent := asked.pop((frame[26:30], echo), None)):
            true[_dotted(int.from_bytes(frame[26:30], "big"))][sent[1]] = time_ns - sent[0]
    return true


def _frames(pcap: Path) -> Iterator[tuple[int, bytes]]:
    data = pcap.read_bytes()
    assert data[:4] == b"\x4d\x3c\xb2\xa1", "a little-endian pcap with ns was expected"
    at = 24
    while at + 16 <= len(data):
        seconds, ns, kept, _ = struct.unpack_from("<IIII", data, at)
        yield seconds * 1_000_000_000 + ns, data[at + 16 : at + 16 + kept]
        at += 16 + kept


def _dotted(number: int) -> str:
    return ".".join(str(byte) for byte in number.to_bytes(4, "big"))


def _section(figures: dict[str, list[dict[str, float]]]) -> str:
    lines = [
        "## PING",
        "",
        "`make bench ARGS=ping`",
        "",
        f"{TARGETS:,} targets at 1/s over a veth pair for {ROUNDS} s, tcpdump on it: medians",
        f"of {RUNS} runs by turns. CPU: user + kernel of the process, with the far side's answer,",
        "which the kernel computes inside the send. Error: the reported RTT less that of the",
        "capture, absolute.",
        "",
        (
            f"{os.cpu_count()} cores, {_cpu()}, Linux {platform.release()}, "
            f"Python {platform.python_version()}, {_version()}."
        ),
        "",
        "| | CPU per ping, us | RTT error median, us | p99, us | max, us | lost | compared |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, runs in figures.items():
        middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        lines.append(
            f"| {name} | {middle['cpu_us']:.1f} | {middle['median_us']:.1f} |"
            f" {middle['p99_us']:.1f} | {middle['max_us']:.0f} |"
            f" {middle['lost']:.0f} of {middle['asked']:.0f} | {middle['compared']:.0f} |"
        )
    return "\n".join(lines) + "\n"


def _cpu() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _version() -> str:
    done = subprocess.run(["fping", "--version"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0].replace(":", "").lower()


if __name__ == "__main__":
    print(main())
