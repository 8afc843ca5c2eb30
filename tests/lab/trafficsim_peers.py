"""NetWatcher's TRAFFICSIM, both sides, as its contract describes the datagrams."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

Message = dict[str, Any]


def now_ms() -> int:
    return int(time.time() * 1e3)


class _Peer(asyncio.DatagramProtocol):
    def __init__(self, agent_id: int) -> None:
        self.agent_id = agent_id
        self.heard: list[tuple[Message, int]] = []
        """What came, and how many bytes it had."""
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def say(self, kind: str, seq: int, to: Any = None, *, dst: int = 0, **data: int) -> None:
        """As Go marshals it: `size` is the length of a first marshal with size 0."""
        stamp = now_ms()
        message = {
            "type": kind,
            "data": {"sent": stamp, "received": 0, "seq": seq, **data},
            "src_agent": self.agent_id,
            "dst_agent": dst,
            "timestamp": stamp,
            "size": 0,
        }
        if kind != "ACK":
            message["size"] = len(json.dumps(message, separators=(",", ":")))
        self.transport.sendto(json.dumps(message, separators=(",", ":")).encode(), to)

    def of(self, kind: str) -> list[Message]:
        return [message for message, _ in self.heard if message["type"] == kind]


class NetWatcherServer(_Peer):
    """Answers the agents it knows; with `both_ways` it sends packets of its own too."""

    def __init__(self, agent_id: int, known: set[int], *, both_ways: bool = False) -> None:
        super().__init__(agent_id)
        self._known, self._both_ways = known, both_ways
        self._sent = 0

    def datagram_received(self, data: bytes, addr: Any) -> None:
        message = json.loads(data)
        self.heard.append((message, len(data)))
        if message["src_agent"] not in self._known or message["type"] == "ACK":
            return
        seq, sent = message["data"]["seq"], message["data"]["sent"]
        self.say("ACK", seq, addr, sent=sent, received=now_ms())
        if self._both_ways:
            self._sent += 1
            self.say("DATA", self._sent, addr, dst=message["src_agent"])


class NetWatcherClient(_Peer):
    """Greets, sends packets, and answers those of the server."""

    def datagram_received(self, data: bytes, addr: Any) -> None:
        message = json.loads(data)
        self.heard.append((message, len(data)))
        if message["type"] == "DATA":
            inner = message["data"]
            self.say("ACK", inner["seq"], received=now_ms())  # what it puts into `sent` is not said

    async def cycle(self, server: int, count: int, gap_sec: float) -> None:
        self.say("HELLO", 1, dst=server)
        async with asyncio.timeout(3):
            while not self.heard:  # noqa: ASYNC110 - as its agent does
                await asyncio.sleep(0.005)
        for seq in range(1, count + 1):
            self.say("DATA", seq, dst=server)
            await asyncio.sleep(gap_sec)


@asynccontextmanager
async def netwatcher_server(agent_id: int, known: set[int], *, both_ways: bool = False) -> Any:
    loop = asyncio.get_running_loop()
    transport, peer = await loop.create_datagram_endpoint(
        lambda: NetWatcherServer(agent_id, known, both_ways=both_ways), ("127.0.0.1", 0)
    )
    try:
        yield peer, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@asynccontextmanager
async def netwatcher_client(agent_id: int, port: int) -> AsyncIterator[NetWatcherClient]:
    loop = asyncio.get_running_loop()
    transport, peer = await loop.create_datagram_endpoint(
        lambda: NetWatcherClient(agent_id), remote_addr=("127.0.0.1", port)
    )
    try:
        yield peer
    finally:
        transport.close()
