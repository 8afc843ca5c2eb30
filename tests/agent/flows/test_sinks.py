"""Where telemetry goes: rotation, a full disk, clients that do not read, servers that refuse."""

import logging
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import anyio
import msgspec
import pytest

from forepost.agent.edges.files.line_log import LineLog
from forepost.agent.flows import sink as sink_queue
from forepost.agent.flows.sink import Queue
from forepost.agent.flows.sinks import HttpSink, LogSink, SocketSink
from forepost.agent.settings import SinkSection
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from tests.fakes.clock import FakeClock
from tests.free_ports import free_port


def line(number: int, size: int = 100) -> bytes:
    return msgspec.json.encode({"type": "flow", "n": number, "padding": "x" * size})


def numbers(text: bytes) -> list[int]:
    """Of whole lines: half of one fails."""
    return [msgspec.json.decode(one)["n"] for one in text.splitlines()]


@pytest.fixture
def health() -> Health:
    return Health(logging.getLogger("sinks"))


def test_only_the_kinds_that_are_wanted_and_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink_queue, "MOST_WAITING", 3)
    queue = Queue(("flow", "flow_purge"))
    for number in range(5):
        queue.take("flow", line(number))
        queue.take("flow_stats", b"no")
    assert (len(queue.waiting), queue.lost) == (3, 2)
    taken = queue.all()
    queue.take("flow_purge", line(9))
    queue.back(taken)  # the oldest stay, in their order
    assert numbers(b"\n".join(queue.waiting)) == [0, 1, 2]
    assert queue.lost == 3


def test_a_log_turns_and_keeps_a_few(tmp_path: Path, health: Health) -> None:
    path = tmp_path / "telemetry" / "flows.log"
    settings = SinkSection(kind="log", path=str(path), max_bytes=1 << 16, keep=2)
    sink = LogSink(settings, FakeClock(), health)

    async def write() -> None:
        for number in range(35):
            for part in range(50):
                sink.take("flow", line(50 * number + part))
            await sink.flush()

    anyio.run(write)
    files = [path.with_name(f"flows.log{end}") for end in (".2", ".1", "")]
    assert sorted(path.parent.iterdir()) == sorted(files)
    kept = [number for file in files for number in numbers(file.read_bytes())]
    assert kept == list(range(kept[0], 1_750))
    assert all(file.stat().st_size < (1 << 16) + 50 * 150 for file in files)
    assert sink.lost == 0


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_keeps_records_waiting_and_writes_each_once(
    tmp_path: Path, health: Health
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        other = disk / "somebody else's"
        other.write_bytes(bytes(40_000))
        path = disk / "flows.log"
        sink = LogSink(SinkSection(kind="log", path=str(path)), FakeClock(), health)

        async def write(first: int, count: int) -> None:
            for number in range(first, first + count):
                sink.take("flow", line(number))
            await sink.flush()

        anyio.run(write, 0, 60)
        assert not health.problems
        anyio.run(write, 60, 200)
        (problem,) = health.problems.values()
        assert "No space left" in problem
        assert numbers(path.read_bytes()) == list(range(60))  # none is there by half
        other.unlink()
        anyio.run(write, 260, 10)
        assert numbers(path.read_bytes()) == list(range(270))
        assert (sink.lost, health.problems) == (0, {})


def test_what_never_finds_room_is_lost_and_counted(
    tmp_path: Path, health: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink_queue, "MOST_WAITING", 20)
    sink = LogSink(SinkSection(kind="log", path="/dev/full"), FakeClock(), health)

    async def write() -> None:
        for number in range(50):
            sink.take("flow", line(number))
            await sink.flush()

    anyio.run(write)
    assert (len(sink.waiting), sink.lost) == (20, 30)


def test_half_a_line_is_taken_back(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        log = LineLog(disk / "a", max_bytes=1 << 20, keep=0)
        log.write([b"first"])
        with pytest.raises(OSError, match="No space left"):
            log.write([bytes(200_000)])
        assert (disk / "a").read_bytes() == b"first\n"


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_a_client_that_does_not_read_loses_its_own_records_only(
    tmp_path: Path, health: Health, kind: str
) -> None:
    path, port = tmp_path / "telemetry.sock", free_port()
    settings = (
        SinkSection(kind="socket", path=str(path))
        if kind == "unix"
        else SinkSection(kind="socket", listen=f"127.0.0.1:{port}")
    )
    sink = SocketSink(settings, SystemClock(), health)
    count = 40_000

    async def client() -> socket.socket:
        made = socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET)
        made.connect(str(path) if kind == "unix" else ("127.0.0.1", port))
        made.setblocking(False)
        return made

    async def tell() -> bytes:
        heard = b""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sink.run)
            while True:
                await anyio.sleep(0.02)
                try:
                    idle, reading = await client(), await client()
                    break
                except OSError:
                    continue
            with idle, reading:
                await anyio.sleep(0.1)
                assert len(sink._clients) == 2
                for number in range(count):
                    sink.take("flow", line(number, 300))
                    if number % 500 == 0:
                        await anyio.sleep(0.001)
                        heard += _all(reading)
                with anyio.fail_after(20):
                    while heard.count(b"\n") < count:
                        await anyio.sleep(0.005)
                        heard += _all(reading)
                assert 0 < sink.lost < count
                lost = sink.lost
                await anyio.sleep(0.05)
            assert sink.lost == lost
            tasks.cancel_scope.cancel()
        await sink.flush()
        return heard

    heard = anyio.run(tell)
    assert numbers(heard) == list(range(count))
    assert sink.lost > 10_000  # those that waited for the idle one are lost with it


def test_clients_of_a_socket_hear_what_is_said_last(tmp_path: Path, health: Health) -> None:
    path = tmp_path / "telemetry.sock"
    sink = SocketSink(SinkSection(kind="socket", path=str(path)), SystemClock(), health)

    async def tell() -> tuple[bytes, bytes]:
        with socket.socket(socket.AF_UNIX) as reading, socket.socket(socket.AF_UNIX) as idle:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(sink.run)
                for client in (reading, idle):
                    while True:
                        await anyio.sleep(0.02)
                        with suppress(OSError):
                            client.connect(str(path))
                            break
                await anyio.sleep(0.1)
                assert len(sink._clients) == 2
                tasks.cancel_scope.cancel()
            for number in range(3_000):
                sink.take("flow", line(number, 300))
            reading.setblocking(False)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(sink.flush)
                heard = b""
                while not heard.endswith(b'"n":2999,"padding":"' + b"x" * 300 + b'"}\n'):
                    await anyio.sleep(0.005)
                    heard += _all(reading)
            return heard, _all(idle)

    heard, of_idle = anyio.run(tell)
    assert numbers(heard) == list(range(3_000))
    assert numbers(of_idle[: of_idle.rindex(b"\n") + 1])[0] == 0
    assert 0 < sink.lost < 3_000  # of the one that does not read


def _all(reading: socket.socket) -> bytes:
    heard = b""
    while True:
        try:
            part = reading.recv(1 << 20)
        except BlockingIOError:
            return heard
        if not part:
            return heard
        heard += part


class Taker(HTTPServer):
    """Answers with each of `codes` in turn, then with 204."""

    def __init__(self, codes: list[int]) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.codes = codes
        self.taken: list[int] = []
        self.headers: list[str] = []


class Taking(BaseHTTPRequestHandler):
    server: Taker

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.headers.append(self.headers["Authorization"])
        code = self.server.codes.pop(0) if self.server.codes else 204
        if code == 204:
            self.server.taken += [one["n"] for one in msgspec.json.decode(body)]
        self.send_response(code)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def taker(*codes: int) -> Iterator[Taker]:
    with Taker(list(codes)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def posted(server: Taker, health: Health, flushes: int, count: int = 2_500) -> HttpSink:
    url = f"http://127.0.0.1:{server.server_address[1]}/records"
    sink = HttpSink(SinkSection(kind="http", url=url, token="secret"), FakeClock(), health)

    async def tell() -> None:
        for number in range(count):
            sink.take("flow", line(number))
        for _ in range(flushes):
            await sink.flush()

    anyio.run(tell)
    return sink


def test_http_posts_arrays_until_all_is_told(health: Health) -> None:
    with taker() as server:
        sink = posted(server, health, 1)
    assert server.taken == list(range(2_500))
    assert server.headers == ["Bearer secret"] * 3
    assert (sink.lost, health.problems) == (0, {})


@pytest.mark.parametrize("code", [500, 503, 429])
def test_http_says_again_what_was_not_taken(health: Health, code: int) -> None:
    with taker(code) as server:
        sink = posted(server, health, 1)
        assert (server.taken, len(sink.waiting)) == ([], 2_500)
        assert f"answered {code}" in next(iter(health.problems.values()))
        anyio.run(sink.flush)
    assert server.taken == list(range(2_500))
    assert (sink.lost, health.problems) == (0, {})


def test_http_drops_what_is_refused(health: Health) -> None:
    with taker(400) as server:
        sink = posted(server, health, 2)
    assert server.taken == list(range(1_000, 2_500))
    assert sink.lost == 1_000


def test_http_waits_for_a_server_that_is_away(health: Health) -> None:
    with taker() as server:
        pass
    sink = posted(server, health, 2)
    assert (len(sink.waiting), sink.lost) == (2_500, 0)
    assert health.problems


def test_a_client_that_is_gone_without_a_word_is_given_up(health: Health) -> None:
    """The kernel asks an idle one (tests/kit/test_dead_peers.py says how that ends)."""
    port = free_port()
    sink = SocketSink(SinkSection(kind="socket", listen=f"127.0.0.1:{port}"), SystemClock(), health)

    async def asked() -> bytes:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sink.run)
            with socket.socket() as client, anyio.fail_after(20):
                while client.connect_ex(("127.0.0.1", port)):  # noqa: ASYNC110 - across a real socket
                    await anyio.sleep(0.02)
                said = await anyio.run_process(["ss", "-tnoH", f"sport = :{port}"])
            tasks.cancel_scope.cancel()
        await sink.flush()
        return said.stdout

    assert b"timer:(keepalive" in anyio.run(asked)
