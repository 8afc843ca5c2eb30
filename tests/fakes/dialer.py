"""Peers that say what a test tells them to, and never wait."""

import re
from collections import deque
from collections.abc import Callable, Sequence

import anyio

from forepost.agent.ports.dialer import NOTHING_OWN, Check, Failed, TlsOwn, TlsSession

Peer = Callable[[bytes], Sequence[bytes]]
"""What it says to what it hears: datagrams, or the pieces of a stream, whose end is b""."""
SESSION = TlsSession(version="TLS 1.3", cipher="TLS_AES_128_GCM_SHA256", alpn="", chain=())


class FakeDialer:
    """`peers` by address and port, for UDP and TCP alike. Where nobody is: refused."""

    def __init__(self) -> None:
        self.peers: dict[tuple[str, int], Peer] = {}
        self.fails: Failed | None = None
        self.session = SESSION
        self.interfaces: list[str] = []
        self.open = 0

    async def tcp(self, address: str, port: int, *, interface: str = "") -> "FakeStream":
        return FakeStream(self, self._peer(address, port, interface), f"{address}:{port}")

    async def udp(self, address: str, port: int, *, interface: str = "") -> "FakeStream":
        return FakeStream(self, self._peer(address, port, interface), f"{address}:{port}")

    async def open_udp(self, address: str, port: int, *, interface: str = "") -> "FakeStream":
        return await self.udp(address, port, interface=interface)

    def _peer(self, address: str, port: int, interface: str) -> Peer:
        self.interfaces.append(interface)
        if self.fails is not None:
            raise self.fails
        if (address, port) not in self.peers:
            raise Failed("refused", "connection refused")
        return self.peers[address, port]


class FakeStream:
    """Says nothing more, for ever, when all has been said."""

    def __init__(self, dialer: FakeDialer, peer: Peer, remote: str) -> None:
        self._dialer, self._peer, self.remote = dialer, peer, remote
        self.source = remote
        self._said: deque[bytes] = deque()
        dialer.open += 1

    async def send(self, data: bytes) -> None:
        self._said.extend(self._peer(data))

    async def receive(self) -> bytes:
        if not self._said:
            await anyio.sleep_forever()
        return self._said.popleft()

    async def secure(
        self, server_name: str, *, check: Check, alpn: Sequence[str] = (), own: TlsOwn = NOTHING_OWN
    ) -> tuple["FakeStream", TlsSession]:
        return self, self._dialer.session

    def close(self) -> None:
        self._dialer.open -= 1


async def fake_search(pattern: str, text: bytes, timeout_sec: float) -> bool:
    return re.search(pattern, text.decode()) is not None
