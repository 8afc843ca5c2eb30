"""The Local API beside the least that uvicorn could do: `/v2/config/get`, and control sockets."""

import contextlib
import itertools
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import Any

import psutil
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from bench.local_api_server import CHANGES, LAST, SOCKETS, UUID
from tests.free_ports import free_port

LINES = 16
REQUESTS = 30_000
RUNS = 5
GROWTH_OVER = 100_000
WARM = 5_000
BODY = b'{"id":"%s"}' % UUID.encode()


@contextlib.contextmanager
def running(which: str) -> Iterator[tuple[psutil.Process, int, Any]]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.local_api_server", which, str(port), folder]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.1)
            yield psutil.Process(process.pid), port, process
        finally:
            process.kill()
            process.wait()


def request(port: int) -> bytes:
    return (
        b"POST /v2/config/get HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\n"
        b"User-Agent: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        % (port, len(BODY))
    ) + BODY


def ask(port: int, count: int) -> tuple[float, list[float]]:
    """Seconds, and how long each answer took, in milliseconds."""
    asked, took = request(port), []
    lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(LINES)]
    began = time.perf_counter()
    for _ in range(count // LINES):
        sent = []
        for line in lines:
            sent.append(time.perf_counter())
            line.sendall(asked)
        for line, at in zip(lines, sent, strict=True):
            answered(line)
            took.append(1_000 * (time.perf_counter() - at))
    seconds = time.perf_counter() - began
    for line in lines:
        line.close()
    return seconds, took


def answered(line: socket.socket) -> None:
    heard = line.recv(65_536)
    while not heard.endswith(b'"}'):
        heard += line.recv(65_536)


def cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def one(which: str) -> tuple[float, float, float]:
    """Requests a second, of CPU and of time, and the 99th percentile of 16 at a time."""
    with running(which) as (process, port, _):
        ask(port, WARM)
        before = cpu(process)
        seconds, took = ask(port, REQUESTS)
        return REQUESTS / (cpu(process) - before), REQUESTS / seconds, p99(took)


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def alone(port: int) -> float:
    """The 99th percentile where one asks after the other."""
    asked, took = request(port), []
    with socket.create_connection(("127.0.0.1", port)) as line:
        for _ in range(WARM):
            at = time.perf_counter()
            line.sendall(asked)
            answered(line)
            took.append(1_000 * (time.perf_counter() - at))
    return p99(took)


def growth() -> tuple[float, float, float]:
    """Resident MiB before and after, and the 99th percentile of one at a time."""
    with running("forepost") as (process, port, _):
        ask(port, WARM)
        latency = alone(port)
        before = process.memory_info().rss
        ask(port, GROWTH_OVER)
        return before / 2**20, process.memory_info().rss / 2**20, latency


class Microservice(threading.Thread):
    """Reads its configuration whenever it is told, and once more at the end."""

    def __init__(self, name: str, port: int, source: str, told: "itertools.count[int]") -> None:
        super().__init__(daemon=True)
        self.uuid, self.port, self.told = name, port, told
        url = f"ws://127.0.0.1:{port}/v2/control/socket/id/{name}"
        self.line = connect(url, proxy=None, source_address=(source, 0))
        self.has = ""

    def run(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            for message in self.line:
                assert message == b"\x0c"
                next(self.told)
                self.line.send(b"\x0b")
                self.has = self.config()

    def config(self) -> str:
        body = b'{"id":"%s"}' % self.uuid.encode()
        asked = (
            b"POST /v2/config/get HTTP/1.0\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        with socket.create_connection(("127.0.0.1", self.port), 60) as line:
            line.sendall(asked)
            heard = b""
            while data := line.recv(65_536):
                heard += data
        return heard.decode()


def sockets() -> tuple[int, int, float, float]:
    """How many have the last configuration, signals, seconds until then, resident MiB."""
    with running("sockets") as (process, port, pipe):
        told = itertools.count()
        all_of_them = [
            Microservice(f"m{n}", port, f"127.0.1.{1 + n % 8}", told) for n in range(SOCKETS)
        ]
        for microservice in all_of_them:
            microservice.start()
        time.sleep(2)
        began = time.perf_counter()
        pipe.stdin.write("\n")
        pipe.stdin.flush()
        pipe.stdout.readline()
        last = LAST.replace('"', '\\"')
        have = 0
        while have < SOCKETS and time.perf_counter() - began < 120:
            time.sleep(0.05)
            have = sum(last in microservice.has for microservice in all_of_them)
        return have, next(told), time.perf_counter() - began, process.memory_info().rss / 2**20


def main() -> str:
    runs: dict[str, list[tuple[float, float, float]]] = {"forepost": [], "uvicorn": []}
    for _ in range(RUNS):
        for which, found in runs.items():
            found.append(one(which))
    rows = [
        f"| {which} | " + " | ".join(
            f"{statistics.median(column):,.{digits}f}"
            for column, digits in zip(zip(*found, strict=True), (0, 0, 2), strict=True)
        ) + " |"
        for which, found in runs.items()
    ]  # fmt: skip
    before, after, latency = growth()
    have, told, seconds, resident_mib = sockets()
    text = [
        "## Local API\n",
        "`make bench ARGS=local_api`\n",
        f"`POST /v2/config/get` on {LINES} connections that stay open, one request on each,",
        f"{REQUESTS:,} a run, median of {RUNS} runs by turns. uvicorn (uvloop, httptools) says the",
        "same bytes out of a bare ASGI app, and looks at nothing.",
        f"{psutil.cpu_count()} cores, {platform.system()} {platform.release()},",
        f"Python {platform.python_version()}.\n",
        "| | requests / CPU second | requests / second | p99, ms |",
        "| --- | --- | --- | --- |",
        *rows,
        f"\nOne at a time: p99 {latency:.2f} ms. Resident: {before:.1f} MiB, and {after:.1f} MiB",
        f"after {GROWTH_OVER:,} requests more.\n",
        f"{SOCKETS:,} control sockets, {CHANGES:,} changes as fast as they can be made, each",
        f"signal acknowledged and what is new read: {have:,} had the last after {seconds:.1f} s,",
        f"with {told:,} signals; {resident_mib:.1f} MiB resident.\n",
    ]
    return "\n".join(text)
