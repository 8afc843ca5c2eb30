"""A controller that was taken over: what it asks is bounded, and the agent goes on."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.utils import accept_key

from forepost.agent.node import Identity, Node
from forepost.agent.probes.wanted import MOST_BYTES, list_of
from forepost.agent.talk import TooMuch
from forepost.agent.uplink.conversation import WORDS
from forepost.agent.uplink.link import Uplink
from forepost.agent.uplink.session import Session
from forepost.agent.uplink.spool import Spool
from forepost.agent.uplink.steps import Ready, Wanted
from forepost.agent.uplink.timekeeper import CONTROLLERS, Timekeeper
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.uplink.clock import TimeIs
from forepost.wire.uplink.documents import GROUPS, PROBES
from tests.fakes.clock import FakeClock
from tests.fakes.disk import FakeDisk
from tests.fakes.documents import NotedDocument, documents_of, uplink
from tests.fakes.endless import watched
from tests.lab.peers import answering, serving

pytestmark = pytest.mark.anyio

NOW = "2026-01-01T00:00:00Z"
PROBE = {
    "id": 1,
    "created_at": NOW,
    "updated_at": NOW,
    "workspace_id": 1,
    "agent_id": 1,
    "type": "PING",
}
Talk = Callable[[ServerConnection], Awaitable[None]]


HEAD = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "


def own(event: str, body: Any) -> str:
    return f";forepost;;{event};0;0;{json.dumps(body)}"


HELLO = own("hello", {"version": "1", "capabilities": ["report", "want", "groups"]})


class BoundedProbes(NotedDocument):
    """The document `probes` with its bounds, without a scheduler."""

    def __init__(self) -> None:
        super().__init__(PROBES, most_bytes=MOST_BYTES)
        self.lists: list[int] = []

    async def apply(self, parts: Sequence[msgspec.Raw]) -> list[str]:
        raws, _ = list_of(parts)
        problems = await super().apply(parts)
        self.lists.append(len(raws))
        return problems


class Site:
    def __init__(self, folder: Path, *more: NotedDocument) -> None:
        self.clock, self.health = SystemClock(), Health(logging.getLogger("test"))
        self.node = Node(
            name="n", version="1", state_dir=folder, started_at=datetime(2026, 1, 1, tzinfo=UTC)
        )
        self.spool = Spool(
            FakeDisk(), self.clock, self.health, max_bytes=1 << 30, max_age_sec=86_400
        )
        self.probes = BoundedProbes()
        self.groups = NotedDocument(GROUPS, most_bytes=1 << 20)
        self.documents = documents_of(folder, self.health, self.probes, self.groups, *more)
        self.connects = 0
        self.heard: list[str] = []

    @property
    def lists(self) -> list[int]:
        return self.probes.lists

    def link(self) -> Uplink:
        return uplink(self.node, self.spool, self.clock, self.health, self.documents)


@asynccontextmanager
async def visited(folder: Path, talk: Talk, *more: NotedDocument) -> AsyncIterator[Site]:
    """An agent that is connected to a controller which talks like this after the greetings."""
    site = Site(folder, *more)

    async def answer(socket: ServerConnection) -> None:
        site.connects += 1
        try:
            assert await socket.recv() == "M"
            await socket.send("Aabc")
            for _ in range(3):
                said = str(await socket.recv())
                if "_OnNamespaceConnect" in said:
                    await socket.send(said.partition(";")[0] + ";;;;;;")
            assert ";hello;" in str(await socket.recv())
            await talk(socket)
            async for message in socket:
                site.heard.append(str(message))
        except ConnectionClosed:
            return

    async with serve(
        answer, "127.0.0.1", 0, max_size=None, compression=None, close_timeout=0.5
    ) as server:
        port = server.sockets[0].getsockname()[1]
        identity = Identity(url=f"http://127.0.0.1:{port}", workspace_id=1, agent_id=1, psk="k")
        site.node.keep(identity)
        link = site.link()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(link.run, identity)
            yield site
            tasks.cancel_scope.cancel()


async def happens(true: Callable[[], object]) -> None:
    with anyio.fail_after(15):
        while not true():  # noqa: ASYNC110 - across a real socket
            await anyio.sleep(0.01)


async def test_messages_that_are_wrong_are_passed_over_and_said(tmp_path: Path) -> None:
    async def talk(socket: ServerConnection) -> None:
        await socket.send(HELLO)
        await socket.send("junk")
        await socket.send(b"\xff\xfe")
        await socket.send(own("want", {"revision": 7}))
        await socket.send(";forepost;;want;0;0;" + "[" * 100_000)
        await socket.send(own("want", {"revision": "x" * 65, "probes": []}))
        await socket.send(own("want", {"revision": "r", "probes": [PROBE] * 20_001}))
        keys = {"1": "A" * 400}
        await socket.send(own("want", {"revision": "r", "probes": [], "keys": keys}))
        await socket.send(own("want", {"revision": "r", "probes": [PROBE] * 3}))

    async with visited(tmp_path, talk) as site:
        await happens(lambda: site.lists)
        assert site.lists == [3]
        assert site.connects == 1
        assert site.health.problems[WORDS].startswith("7 messages are passed over, the last one: ")


async def test_who_is_wrong_all_the_time_is_left_for_longer_each_time(tmp_path: Path) -> None:
    began: list[float] = []

    async def talk(socket: ServerConnection) -> None:
        began.append(SystemClock().monotonic())
        await socket.send(HELLO)
        for _ in range(2_000):
            await socket.send(HELLO)

    async with visited(tmp_path, talk) as site, watched() as pauses:
        await happens(lambda: len(began) >= 3)
        said = "more than 16 messages that are wrong, the last one: a second hello"
        # at the begin of each conversation it is well for a moment
        await happens(lambda: site.health.problems.get("controller", "").endswith(said))
        assert pauses.longest_sec < 0.5
        first, second = began[1] - began[0], began[2] - began[1]
        assert second > first * 0.9
        assert second >= 1.0


async def test_a_message_beyond_16_mib_is_hung_up_on(tmp_path: Path) -> None:
    async def talk(socket: ServerConnection) -> None:
        await socket.send(HELLO)
        await socket.send(" " * ((16 << 20) + 1))

    async with visited(tmp_path, talk) as site:
        await happens(lambda: "1009" in site.health.problems.get("controller", ""))
        assert site.lists == []


async def test_groups_without_end_are_forgotten(tmp_path: Path) -> None:
    entries = [f"198.18.{n // 250}.{n % 250}" for n in range(10_000)]

    async def talk(socket: ServerConnection) -> None:
        await socket.send(HELLO)
        for part in range(1, 12):
            groups = [{"name": "g", "entries": entries}]
            said = {"revision": "r", "part": part, "parts": 20_000, "groups": groups}
            await socket.send(own("want_groups", said))
        small = {"revision": "s", "groups": [{"name": "g", "entries": ["198.18.0.1"]}]}
        await socket.send(own("want_groups", small))

    async with visited(tmp_path, talk) as site, watched() as pauses:
        await happens(lambda: site.groups.applied)
        assert [len(parts) for parts in site.groups.applied] == [1]
        assert "document groups: more than 1,048,576 bytes" in site.health.problems[WORDS]
        assert pauses.longest_sec < 0.5


def test_a_message_of_very_many_values_is_not_decoded() -> None:
    session = Session("1", 1, 0, documents=(PROBES,))
    list(session.received("Aabc"))
    with pytest.raises(TooMuch, match="1,000,000 are the most"):
        list(session.received(";forepost;;want;0;0;" + "{}," * 600_000))


def test_a_second_greeting_starts_nothing() -> None:
    session = Session("1", 1, 0, documents=(PROBES,))
    list(session.received("Aabc"))
    assert len(list(session.received("$1;;;;;;"))) == 2
    with pytest.raises(TooMuch):
        list(session.received("$1;;;;;;"))
    list(session.received("$2;;;;;;"))
    assert isinstance(next(session.received(HELLO)), Ready)
    for again in (HELLO, "$2;;;;;;", "$2;forepost;;_OnNamespaceConnect;1;0;no"):
        with pytest.raises(TooMuch):
            list(session.received(again))
    assert isinstance(next(session.received(own("want", {"revision": "r", "probes": []}))), Wanted)


@pytest.mark.parametrize("year", [1970, 2019, 2100, 2262])
def test_a_clock_that_cannot_be_right_is_not_believed(year: int) -> None:
    health = Health(logging.getLogger("test"))
    keeper = Timekeeper(FakeClock(), health)
    ns = int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 10**9
    keeper.answered(TimeIs(number=keeper.asks(), received_ns=ns, sent_ns=ns))
    assert keeper.reading().offset_ms is None
    assert health.problems[CONTROLLERS] == f"it says {year}-01-01: it is not believed"
    good = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 10**9
    keeper.answered(TimeIs(number=keeper.asks(), received_ns=good, sent_ns=good))
    assert health.problems == {}


async def test_a_redirect_takes_the_key_nowhere(tmp_path: Path) -> None:
    site = Site(tmp_path)
    came: list[bytes] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.readuntil(b"\r\n\r\n"))

    async with serving(note) as elsewhere:
        away = f"Location: ws://127.0.0.1:{elsewhere}/\r\n".encode()
        said = b"HTTP/1.1 302 Found\r\n" + away + b"Content-Length: 0\r\n\r\n"
        async with serving(answering(said)) as here:
            url = f"http://127.0.0.1:{here}"
            identity = Identity(url=url, workspace_id=1, agent_id=1, psk="secret")
            link = site.link()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(link.run, identity)
                await happens(lambda: "controller" in site.health.problems)
                tasks.cancel_scope.cancel()
    assert "HTTP 302" in site.health.problems["controller"]
    assert came == []


async def test_what_cannot_be_kept_does_not_end_the_conversation(tmp_path: Path) -> None:
    async def talk(socket: ServerConnection) -> None:
        await socket.send(HELLO)
        await socket.send(own("want", {"revision": "r", "probes": []}))

    (tmp_path / "wanted-probes.json").mkdir()
    async with visited(tmp_path, talk) as site:
        await happens(lambda: any('"revision":"r"' in one for one in site.heard))
        await happens(lambda: "wanted-probes.json" in site.health.problems)
        assert "cannot be written" in site.health.problems["wanted-probes.json"]
        assert site.connects == 1
        assert "controller" not in site.health.problems


@pytest.mark.parametrize("capability", ["documents", "want"])
async def test_a_fault_of_a_subject_ends_no_conversation(tmp_path: Path, capability: str) -> None:
    first = {"document": PROBES, "revision": "r1", "body": {"probes": [PROBE]}}
    event = "want" if capability == "want" else "want_document"
    said = {"revision": "r1", "probes": [PROBE]} if capability == "want" else first

    async def talk(socket: ServerConnection) -> None:
        await socket.send(own("hello", {"version": "1", "capabilities": ["report", capability]}))
        await socket.send(own(event, said))

    async with visited(tmp_path, talk) as site:
        site.probes.fault = OSError(5, "Input/output error")
        await happens(lambda: "document probes" in site.health.problems)
        assert "Input/output error" in site.health.problems["document probes"]
        assert site.connects == 1
        if capability == "documents":
            await happens(lambda: any('"state":"failed"' in one for one in site.heard))
            have = next(one for one in site.heard if '"state":"failed"' in one)
            assert '"revision":"r1"' in have
        else:
            await happens(lambda: "Input/output error" in site.health.problems[WORDS])
            assert not any("have;" in one for one in site.heard)
        assert not (tmp_path / "wanted-probes.json").exists()


@pytest.mark.parametrize("payload", [b"", b"x" * 125], ids=["empty", "long"])
async def test_pings_without_end_end_the_conversation(payload: bytes, tmp_path: Path) -> None:
    """They stopped the loop for 4 s, and the answers that nobody read were kept: 15 MB a second."""
    flood = bytes([0x89, len(payload)]) + payload
    connects, came_again = 0, anyio.Event()

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connects
        connects += 1
        if connects > 1:
            came_again.set()
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = dict(line.split(": ", 1) for line in request.split("\r\n")[1:] if line)
            writer.write(f"{HEAD}{accept_key(lines['Sec-WebSocket-Key'])}\r\n\r\n".encode())
            while True:
                writer.write(flood * 10_000)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return  # it hung up, perhaps before it asked
        finally:
            writer.close()

    server = await asyncio.start_server(pour, "127.0.0.1", 0)
    identity = Identity(
        url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}",
        workspace_id=1,
        agent_id=1,
        psk="k",
    )
    site = Site(tmp_path)
    link = site.link()
    async with server, watched() as pauses, anyio.create_task_group() as tasks:
        tasks.start_soon(link.run, identity)
        with anyio.fail_after(20):
            await came_again.wait()
        tasks.cancel_scope.cancel()
    assert pauses.longest_sec < 0.5
