"""TCP and UDP of this host, without transports: one call of the system for each of ours."""

import asyncio
import errno
import os
import socket
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import anyio.lowlevel

from forepost.agent.edges.dial.contexts import Contexts
from forepost.agent.edges.dial.tls import TlsStream
from forepost.agent.edges.icmp.socket import Denied, bind_to_interface
from forepost.agent.edges.names.addresses import numeric
from forepost.agent.ports.dialer import (
    NOTHING_OWN,
    Check,
    Datagrams,
    Failed,
    Kind,
    OpenDatagrams,
    Stream,
    TlsOwn,
    TlsSession,
)

LARGEST_DATAGRAM: Final = 65_536
STREAM_BYTES: Final = 16_384
"""Of one read: whoever parses them takes a few ms, then everybody else has a turn."""
_KINDS: Final[dict[int, Kind]] = {
    errno.ECONNREFUSED: "refused",
    errno.ETIMEDOUT: "timeout",
    errno.ENETUNREACH: "unreachable",
    errno.EHOSTUNREACH: "unreachable",
    errno.EHOSTDOWN: "unreachable",
    errno.ENONET: "unreachable",
    errno.EADDRNOTAVAIL: "unreachable",
    errno.EACCES: "unreachable",  # a route or a rule of this host's firewall that prohibits it
    errno.EPERM: "unreachable",  # as EACCES
    errno.EINVAL: "unreachable",  # a link-local address without its interface
    errno.ECONNRESET: "reset",
    errno.EPIPE: "reset",
    errno.ECONNABORTED: "reset",
}


class SystemDialer:
    """A Dialer: opens TCP and UDP sockets of this host."""

    def __init__(self, contexts: Contexts | None = None) -> None:
        self._contexts = contexts or Contexts()

    async def tcp(self, address: str, port: int, *, interface: str = "") -> Stream:
        opened = await _connected(address, port, socket.SOCK_STREAM, interface)
        return TcpStream(opened, _shown(address, port), self._contexts)

    async def udp(self, address: str, port: int, *, interface: str = "") -> Datagrams:
        return UdpSocket(await _connected(address, port, socket.SOCK_DGRAM, interface))

    async def open_udp(self, address: str, port: int, *, interface: str = "") -> OpenDatagrams:
        found = numeric(address)
        if found is None:
            raise Failed("unreachable", f"{address!r} is no address")
        family, to = found
        opened = _opened(family, socket.SOCK_DGRAM)
        try:
            if interface:
                bind_to_interface(opened, interface)
        except Denied as error:
            opened.close()
            raise Failed("denied", str(error)) from None
        return OpenUdpSocket(opened, (to[0], port, *to[2:]))


class _Socket:
    """Everything that a probe hears over TCP and UDP is read here."""

    most_bytes: ClassVar[int]
    """Of one read."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened

    async def send(self, data: bytes) -> None:
        try:
            await asyncio.get_running_loop().sock_sendall(self._socket, data)
        except OSError as error:
            raise failed(error) from None

    async def receive(self) -> bytes:
        # `sock_recv` returns at once while there is data. A peer that never stops would keep the
        # loop: so everybody else goes first, deadlines too, and what is read is not made older.
        await anyio.lowlevel.checkpoint()
        try:
            return await asyncio.get_running_loop().sock_recv(self._socket, self.most_bytes)
        except OSError as error:
            raise failed(error) from None

    def close(self) -> None:
        self._socket.close()


class UdpSocket(_Socket):
    """Connected, so that the kernel drops what comes from elsewhere and tells us of refusals."""

    most_bytes = LARGEST_DATAGRAM


class OpenUdpSocket:
    """Not connected: of a host that answers from another of its addresses."""

    def __init__(self, opened: socket.socket, to: tuple[Any, ...]) -> None:
        self._socket, self._to = opened, to
        self.source = ""

    async def send(self, data: bytes) -> None:
        try:
            self._socket.sendto(data, self._to)
        except OSError as error:
            raise failed(error) from None

    async def receive(self) -> bytes:
        await anyio.lowlevel.checkpoint()
        while True:
            try:
                data, source = self._socket.recvfrom(LARGEST_DATAGRAM)
            except BlockingIOError:
                await anyio.wait_readable(self._socket)
            except OSError as error:
                raise failed(error) from None
            else:
                self.source = _shown(source[0], source[1])
                return data

    def close(self) -> None:
        self._socket.close()


class TcpStream(_Socket):
    """A Stream over one TCP socket."""

    most_bytes = STREAM_BYTES

    def __init__(self, opened: socket.socket, remote: str, contexts: Contexts) -> None:
        super().__init__(opened)
        self.remote = remote
        self._contexts = contexts

    async def secure(
        self, server_name: str, *, check: Check, alpn: Sequence[str] = (), own: TlsOwn = NOTHING_OWN
    ) -> tuple[Stream, TlsSession]:
        context = self._contexts.of(check, own)
        secured = TlsStream(self, context, server_name, alpn)
        return secured, await secured.shake_hands()

    def part(self, data: bytes) -> None:
        """Send a last word where it can be sent at once."""
        try:
            self._socket.send(data)
        except OSError:
            return  # nobody waits for it


def failed(error: OSError) -> Failed:
    number = error.errno or 0
    text = os.strerror(number).lower() if number else str(error) or type(error).__name__
    return Failed(_KINDS.get(number, "denied"), text)


def _shown(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


async def _connected(
    address: str, port: int, kind: socket.SocketKind, interface: str
) -> socket.socket:
    found = numeric(address)
    if found is None:
        raise Failed("unreachable", f"{address!r} is no address")
    family, to = found
    opened = _opened(family, kind)
    try:
        if interface:
            bind_to_interface(opened, interface)
        with_port: tuple[Any, ...] = (to[0], port, *to[2:])
        await asyncio.get_running_loop().sock_connect(opened, with_port)
    except Denied as error:
        opened.close()
        raise Failed("denied", str(error)) from None
    except OSError as error:
        opened.close()
        raise failed(error) from None
    except BaseException:
        opened.close()
        raise
    return opened


def _opened(family: socket.AddressFamily, kind: socket.SocketKind) -> socket.socket:
    try:
        return socket.socket(family, kind | socket.SOCK_NONBLOCK)
    except OSError as error:
        raise failed(error) from None
