"""Dead lines: an agent whose results vanish on their way notices, says so, and comes back."""

import json
import logging
import random
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import anyio
import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from forepost.agent.node import Identity, Node
from forepost.agent.uplink.connection import Connection
from forepost.agent.uplink.link import SUBJECT
from forepost.agent.uplink.spool import Spool
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.kit.pins import pin_of
from forepost.wire.uplink.packed import DEFLATE, opened
from tests.fakes.disk import FakeDisk
from tests.fakes.documents import uplink
from tests.lab.certificates import self_signed
from tests.lab.cut import cut
from tests.lab.net import Namespace, pair
from tests.lab.wire import wired
from tests.lab.wire_plan import Plan, Way

pytestmark = pytest.mark.anyio

SILENT_SEC = 1.5


def hello(*capabilities: str) -> str:
    said = {"version": "1", "capabilities": ["report", *capabilities]}
    return f";forepost;;hello;0;0;{json.dumps(said)}"


RESULT = json.dumps(
    {
        "probe_id": 1,
        "created_at": "2026-01-01T00:00:00Z",
        "type": "PING",
        "payload": {"x": "y" * 2_000},
    }
).encode()


class Trial:
    """An agent on the near side, and what a controller on the far side has of it."""

    def __init__(self, folder: Path, silent_sec: float, ping_sec: float = 30) -> None:
        self.clock, self.health = SystemClock(), Health(logging.getLogger("test"))
        node = Node(
            name="n", version="1", state_dir=folder, started_at=datetime(2026, 1, 1, tzinfo=UTC)
        )
        self.spool = Spool(
            FakeDisk(), self.clock, self.health, max_bytes=1 << 30, max_age_sec=86_400
        )
        self.link = uplink(
            node,
            self.spool,
            self.clock,
            self.health,
            silent_sec=silent_sec,
            ping_sec=ping_sec,
        )
        self.pings = 0
        self.kept: list[int] = []
        self.connects = 0
        self.leaves = self.dawdles = False
        self.able: tuple[str, ...] = ()
        self.sizes: list[int] = []
        self.ended = anyio.Event()

    async def converse(self, peer: ServerConnection) -> None:
        self.connects += 1
        try:
            await peer.recv()
            while self.dawdles:
                await peer.ping()
                await anyio.sleep(SILENT_SEC / 5)
            await peer.send("Aabc")
            async for message in peer:
                text = opened(message).decode() if isinstance(message, bytes) else message
                if "_OnNamespaceConnect" in text:
                    await peer.send(text.partition(";")[0] + ";;;;;;")
                elif ";hello;" in text:
                    await peer.send(hello(*self.able))
                elif ";ping;" in text:
                    self.pings += 1
                    await peer.send(';agent;;pong;0;0;{"ok":true}')
                elif ";report;" in text and self.leaves:
                    peer.transport.pause_reading()
                    peer.transport.get_extra_info("socket").shutdown(socket.SHUT_WR)
                    await self.ended.wait()
                elif ";report;" in text:
                    self.sizes.append(len(text))
                    await self._keep(peer, json.loads(text.split(";", 6)[6]))
        except ConnectionClosed:
            return

    async def _keep(self, peer: ServerConnection, report: dict[str, object]) -> None:
        results = report["results"]
        assert isinstance(results, list)
        self.kept += [one["seq"] for one in results]
        ok = {"boot": report["boot"], "seq": self.kept[-1], "refused": []}
        await peer.send(f";forepost;;report_ok;0;0;{json.dumps(ok)}")


def pin(folder: Path) -> str:
    """Of the server's key; its certificate is the last thing in the file."""
    text = (folder / "self-signed.pem").read_text()
    return pin_of(ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERT") :]))


@asynccontextmanager
async def joined(
    folder: Path,
    kbit: float = 0,
    silent_sec: float = SILENT_SEC,
    *,
    tls: bool = False,
    ping_sec: float = 30,
) -> AsyncIterator[tuple[Namespace, Namespace, Trial]]:
    with ExitStack() as stack:
        if kbit:
            slow = Way(rate_kbit=kbit, queue_bytes=256 << 10, delay_ms=20)
            near, far, _ = stack.enter_context(wired(Plan(forth=slow, back=slow)))
        else:
            near, far = stack.enter_context(pair())
        trial = Trial(folder, silent_sec, ping_sec)
        with far.inside():
            listening = socket.create_server(("198.18.0.2", 8080))
        # pings of the library would be heard, and are not what a controller must send
        async with serve(
            trial.converse,
            sock=listening,
            ssl=self_signed(folder) if tls else None,
            max_size=None,
            compression=None,
            ping_interval=None,
        ):
            identity = Identity(
                url=f"http{'s' * tls}://198.18.0.2:8080",
                workspace_id=1,
                agent_id=1,
                psk="k",
                pin_sha256=pin(folder) if tls else "",
            )
            with near.inside():
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(trial.link.run, identity)
                    yield near, far, trial
                    tasks.cancel_scope.cancel()
            trial.ended.set()
            # What was accepted a moment ago is the library's to close by then.
            await anyio.sleep(0.2)


async def happens(true: Callable[[], object], within_sec: float = 15) -> None:
    with anyio.fail_after(within_sec):
        while not true():  # noqa: ASYNC110 - across a real socket
            await anyio.sleep(0.01)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("longer_than", [0, 600], ids=["cut", "mtu-black-hole"])
async def test_results_that_vanish_are_noticed_said_and_sent_again(
    tmp_path: Path, longer_than: int, tls: bool
) -> None:
    async with joined(tmp_path, tls=tls) as (near, far, trial):
        trial.spool.put(RESULT)
        await happens(lambda: trial.kept)
        with cut(near, far, longer_than=longer_than):
            for _ in range(3_000):  # more than the kernel and the library buffer
                trial.spool.put(RESULT)
            said = f"http{'s' * tls}://198.18.0.2:8080: nothing heard from the controller for 2 s"
            await happens(lambda: trial.health.problems.get(SUBJECT) == said, 4 * SILENT_SEC)
            assert not trial.link.connected
        await happens(lambda: trial.spool.status.pending == 0, 30)
        assert sorted(set(trial.kept)) == list(range(1, 3_002))


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_whoever_left_and_takes_nothing_more_is_noticed(tmp_path: Path, tls: bool) -> None:
    """CLOSE-WAIT: their end has come, and what we have to send would wait for them."""
    async with joined(tmp_path, tls=tls) as (_, __, trial):
        trial.leaves = True
        await happens(lambda: trial.link.connected)
        for _ in range(3_000):
            trial.spool.put(RESULT)
        await happens(lambda: SUBJECT in trial.health.problems, 4 * SILENT_SEC)
        trial.ended.set()


async def test_whoever_is_there_and_does_not_greet_is_left(tmp_path: Path) -> None:
    async with joined(tmp_path) as (_, __, trial):
        trial.dawdles = True
        said = "http://198.18.0.2:8080: the controller did not greet within 2 s"
        await happens(lambda: trial.health.problems.get(SUBJECT) == said, 4 * SILENT_SEC)
        trial.dawdles = False
        await happens(lambda: trial.link.connected)


async def test_a_line_without_work_is_kept(tmp_path: Path) -> None:
    async with joined(tmp_path) as (_, __, trial):
        await happens(lambda: trial.link.connected)
        for _ in range(4):  # longer than the silence, and never so long without an answer
            await anyio.sleep(SILENT_SEC / 2)
            trial.spool.put(RESULT)
        assert trial.connects == 1
        assert SUBJECT not in trial.health.problems


async def test_a_line_without_work_is_kept_by_pings(tmp_path: Path) -> None:
    """Whatever ends a line on which nothing is said: here it is the agent's own watchdog."""
    async with joined(tmp_path, ping_sec=SILENT_SEC / 5) as (_, __, trial):
        await happens(lambda: trial.pings >= 8)
        assert trial.connects == 1
        assert SUBJECT not in trial.health.problems


async def test_a_large_message_over_a_slow_line_is_no_silence(tmp_path: Path) -> None:

    async def drip(peer: ServerConnection) -> None:
        raw = b"\x81\x7e" + (1_000).to_bytes(2, "big") + b"x" * 1_000
        for start in range(0, len(raw), 50):
            peer.transport.write(raw[start : start + 50])
            await anyio.sleep(0.05)

    async with serve(drip, "127.0.0.1", 0, ping_interval=None) as server:
        port = server.sockets[0].getsockname()[1]
        async with (
            Connection(f"ws://127.0.0.1:{port}", proxy=None, compression=None) as line,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(line.silence, SystemClock(), 0.5)
            assert await line.recv() == "x" * 1_000
            tasks.cancel_scope.cancel()


def results(count: int) -> list[bytes]:
    """As a PING of ten packets is: much in them is the same, RTTs are not."""
    dice = random.Random(1)
    start = "2026-01-01T00:00:00Z"
    return [
        msgspec.json.encode(
            {
                "probe_id": 1 + number % 7,
                "created_at": start,
                "type": "PING",
                "payload": {
                    "start_timestamp": start,
                    "stop_timestamp": start,
                    "packets_recv": 10,
                    "packets_sent": 10,
                    "packets_recv_duplicates": 0,
                    "packet_loss": 0,
                    "addr": "203.0.113.2",
                    "min_rtt": dice.randrange(10**6),
                    "max_rtt": dice.randrange(10**6),
                    "avg_rtt": dice.randrange(10**6),
                    "std_dev_rtt": dice.randrange(10**6),
                    "rtts": [dice.randrange(10**6) for _ in range(10)],
                },
                "target": "203.0.113.2",
            }
        )
        for number in range(count)
    ]


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("able", "count"), [((), 130), ((DEFLATE,), 700)], ids=["plain", "packed"])
async def test_a_backlog_arrives_over_32_kbit_a_second(
    tmp_path: Path, able: tuple[str, ...], count: int
) -> None:
    """In order, once each, and without a pause in which the line seems dead: who answers nothing
    but what is asked is heard again and again.
    """
    async with joined(tmp_path, kbit=32, silent_sec=9) as (_, __, trial):
        trial.able = able
        for result in results(count):
            trial.spool.put(result)
        await happens(lambda: trial.spool.status.pending == 0, 80)
        assert trial.kept == list(range(1, count + 1))
        assert trial.connects == 1
        assert trial.sizes[0] < 10_000
