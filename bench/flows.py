"""Flow metering beside ndpiReader and softflowd: what is lost, and what a packet costs."""

import os
import platform
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.lab.net import Namespace, pair
from tests.lonely import LonelyAgent

SECONDS = float(os.environ.get("BENCH_SECONDS", "30"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
RATE = 500_000
LOADS = {"100,000 live flows": (100_000, 0), "5,000 live flows": (5_000, 0)}
SOURCE = Path(__file__).with_name("flood.c")
FRAME_BYTES = 400
MOST_SENDERS = 4
"""Threads that send."""


class Sent(NamedTuple):
    packets: int
    data_bytes: int
    seconds: float
    cpu_sec: float
    """Of the sender: the receiving side's kernel work is in it, as on a veth it is done there."""


class Seen(NamedTuple):
    packets: int
    cpu_sec: float
    rss_mib: float


def main() -> str:
    """Return a Markdown section. About fifteen minutes; root, clang, libndpi-bin, softflowd."""
    with tempfile.TemporaryDirectory() as folder:
        flood = Path(folder, "flood")
        subprocess.run(["clang", "-O2", "-pthread", "-o", str(flood), str(SOURCE)], check=True)
        lines = _head()
        for name, load in LOADS.items():
            lines += _table(name, flood, load, Path(folder))
    return "\n".join(lines) + "\n"


def _head() -> list[str]:
    return [
        "## Flows",
        "",
        "`make bench ARGS=flows`",
        "",
        f"UDP frames of {FRAME_BYTES} bytes through a veth pair, {RATE:,} a second asked for,",
        f"{SECONDS:.0f} s, medians of {RUNS} runs by turns. `missing`: of the packets that the",
        "interface itself counted, those that no counter of the meter has. CPU in seconds a",
        "million packets: of the process (user + kernel; of forepost agent and meter together,",
        "from start to end), and in the kernel: what the sender needs more than with nobody",
        "listening, as a veth hands over a packet in the sender's time. No frame has a name in it.",
        "",
        f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()},",
        f"{_version('ndpiReader', '-h')}, {_version('softflowd', '-h')}.",
        "",
    ]


def _table(name: str, flood: Path, load: tuple[int, int], folder: Path) -> list[str]:
    lines = [
        f"{name}:",
        "",
        "| | packets/s | missing | CPU process | CPU kernel | CPU sum | RSS, MiB |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    meters: dict[str, Callable[[Namespace, Path], Iterator[list[Seen]]]] = {
        "nobody": _nobody,
        "forepost": _forepost,
        "ndpiReader": _ndpi_reader,
        "softflowd": _softflowd,
    }
    runs: dict[str, list[tuple[Sent, Seen, int]]] = {meter: [] for meter in meters}
    for _ in range(RUNS):
        for meter, listen in meters.items():
            runs[meter].append(_run(listen, flood, load, folder))
    alone = statistics.median(sent.cpu_sec / sent.packets for sent, *_ in runs["nobody"]) * 1e6
    for meter, results in runs.items():
        rate = statistics.median(sent.packets / sent.seconds for sent, *_ in results)
        kernel = statistics.median(s.cpu_sec / s.packets for s, *_ in results) * 1e6 - alone
        if meter == "nobody":
            lines.append(f"| nobody listens | {rate:,.0f} | | | ({alone:.2f}) | | |")
            continue
        own = statistics.median(seen.cpu_sec / sent.packets for sent, seen, _ in results) * 1e6
        missing = [shown - seen.packets for _, seen, shown in results]
        rss = statistics.median(seen.rss_mib for _, seen, _ in results)
        lines.append(
            f"| {meter} | {rate:,.0f} | {', '.join(map(str, missing))} | {own:.2f} | {kernel:.2f} "
            f"| {own + kernel:.2f} | {rss:.0f} |"
        )
    return [*lines, ""]


def _run(
    listen: Callable[[Namespace, Path], Iterator[list[Seen]]],
    flood: Path,
    load: tuple[int, int],
    folder: Path,
) -> tuple[Sent, Seen, int]:
    """What was sent, what was seen, and what the interface counted meanwhile."""
    with pair(near=(), far=()) as (near, far):
        for end in (near, far):
            end.sysctl("net.ipv6.conf.cable.disable_ipv6", "1")
        with contextmanager(listen)(far, folder) as seen:
            before = _interface(far)
            sent = _flood(near, flood, load)
            time.sleep(2)
            shown = _interface(far) - before
    return sent, seen[0], shown


def _flood(near: Namespace, flood: Path, load: tuple[int, int]) -> Sent:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    asked = (RATE, SECONDS, *load, min(os.cpu_count() or 1, MOST_SENDERS))
    words = near.run(str(flood), "cable", *map(str, asked)).split()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Sent(int(words[0]), int(words[1]), float(words[2]), cpu)


def _nobody(_: Namespace, __: Path) -> Iterator[list[Seen]]:
    yield [Seen(0, 0.0, 0.0)]


def _forepost(far: Namespace, folder: Path) -> Iterator[list[Seen]]:
    agent = LonelyAgent(
        Path(tempfile.mkdtemp(dir=folder)),
        prefix=("ip", "netns", "exec", far.name),
        FOREPOST_FLOWS__INTERFACES='["cable"]',
    )
    agent.start()
    seen: list[Seen] = []
    try:
        agent.ready()
        while not agent.ask(command="status")["data"]["interfaces"][0]["running"]:
            time.sleep(0.1)
        yield seen
        time.sleep(16)  # an update more
        status = agent.ask(command="status")["data"]
        packets = status["interfaces"][0]["packets"]
        cpu = status["cpu_user"] + status["cpu_system"]
        seen.append(Seen(packets, cpu, status["maxrss_kb"] / 1024))
        print(f"forepost: {status}", file=sys.stderr)
    finally:
        agent.stop()
        agent.end()


def _ndpi_reader(far: Namespace, _: Path) -> Iterator[list[Seen]]:
    seen: list[Seen] = []
    with _peer(far, "ndpiReader", "-i", "cable", "-s", str(int(SECONDS) + 12)) as child:
        time.sleep(2)
        yield seen
        rss = _rss_mib(child.pid)
        said, cpu = _waited(child)
    found = re.search(r"of (\d+) packets total", said)
    assert found, said[-2_000:]
    seen.append(Seen(int(found[1]), cpu, rss))


def _softflowd(far: Namespace, folder: Path) -> Iterator[list[Seen]]:
    seen: list[Seen] = []
    control = Path(tempfile.mkdtemp(dir=folder), "control")
    command = ("softflowd", "-i", "cable", "-d", "-m", "400000", "-c", str(control))
    with _peer(far, *command) as child:
        time.sleep(2)
        yield seen
        said = subprocess.run(
            ["softflowctl", "-c", str(control), "statistics"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        rss = _rss_mib(child.pid)
        child.send_signal(signal.SIGTERM)
        _, cpu = _waited(child)
    found = re.search(r"Packets processed: (\d+)", said)
    assert found, said
    seen.append(Seen(int(found[1]), cpu, rss))


@contextmanager
def _peer(place: Namespace, *command: str) -> Iterator["subprocess.Popen[str]"]:
    """Executed by `ip`, so that the child is the peer itself."""
    with tempfile.TemporaryFile("w+") as out:
        child = subprocess.Popen(
            ["ip", "netns", "exec", place.name, *command], stdout=out, stderr=out, text=True
        )
        child.said = out  # type: ignore[attr-defined]
        try:
            yield child
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()


def _waited(child: "subprocess.Popen[str]") -> tuple[str, float]:
    """What it said, and the CPU seconds of its whole life."""
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = status
    out = child.said  # type: ignore[attr-defined]
    out.seek(0)
    return out.read(), used.ru_utime + used.ru_stime


def _rss_mib(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+)", text)
    return int(found[1]) / 1024 if found else 0.0


def _interface(place: Namespace) -> int:
    with place.inside():
        lines = Path("/proc/thread-self/net/dev").read_text().splitlines()
    words = next(line.split(":")[1].split() for line in lines if "cable:" in line)
    return int(words[1])


def _version(name: str, option: str) -> str:
    if shutil.which(name) is None:
        raise SystemExit(f"{name} is not installed")
    done = subprocess.run([name, option], capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+(?:\.\d+)?", done.stdout + done.stderr)
    return f"{name} {found[0]}" if found else name
