"""One ICMP socket for all targets of a family (and interface), with kernel timestamps both ways."""

import errno
import os
import secrets
import socket
import struct
from typing import Final

from forepost.agent.cores.icmp.packet import DATAGRAM_IPV4, IPV6, RAW_IPV4, Form
from forepost.agent.edges.icmp.stamped_socket import StampedSocket
from forepost.agent.ports.net import PLAIN, PacketOptions

RECEIVE_BYTES: Final = 4 << 20
SEND_BYTES: Final = 1 << 20
_SO_RCVBUFFORCE: Final = 33
_SO_SNDBUFFORCE: Final = 32
_IP_MTU_DISCOVER: Final = 10
_IPV6_MTU_DISCOVER: Final = 23
_IPV6_DONTFRAG: Final = 62
_PROBE: Final = 3
"""IP_PMTUDISC_PROBE: the packet is whole, whatever was heard of the path's MTU before."""
_SOL_RAW: Final = 255
_ICMP_FILTER: Final = 1
_ICMP6_FILTER: Final = 1

GRANT: Final = (
    "no permission to send ICMP: grant CAP_NET_RAW, or "
    "sysctl -w net.ipv4.ping_group_range='0 2147483647'"
)


class Denied(OSError):
    """There is no socket to send from; the text says why and what to do."""


class IcmpSocket(StampedSocket):
    """Datagram where `ping_group_range` allows it, else raw. Raises Denied."""

    def __init__(
        self, family: socket.AddressFamily, interface: str, packet: PacketOptions = PLAIN
    ) -> None:
        super().__init__(_open(family))
        self.index = 0
        try:
            self._mark(packet)
            self._bind(family, interface, packet.source)
        except BaseException:
            self._socket.close()
            raise

    def _mark(self, packet: PacketOptions) -> None:
        level = socket.IPPROTO_IPV6 if self._v6 else socket.IPPROTO_IP
        dscp, ttl, discovery = (
            (socket.IPV6_TCLASS, socket.IPV6_UNICAST_HOPS, _IPV6_MTU_DISCOVER)
            if self._v6
            else (socket.IP_TOS, socket.IP_TTL, _IP_MTU_DISCOVER)
        )
        if packet.dscp:
            self._socket.setsockopt(level, dscp, packet.dscp << 2)
        if packet.ttl:
            self._socket.setsockopt(level, ttl, packet.ttl)
        if packet.dont_fragment:
            self._socket.setsockopt(level, discovery, _PROBE)
            if self._v6:
                self._socket.setsockopt(level, _IPV6_DONTFRAG, 1)

    def _bind(self, family: socket.AddressFamily, interface: str, source: str) -> None:
        if interface:
            self.index = bind_to_interface(self._socket, interface)
        raw = self._socket.type == socket.SOCK_RAW
        self.form: Form = IPV6 if family == socket.AF_INET6 else RAW_IPV4 if raw else DATAGRAM_IPV4
        if source:
            _bind_to_source(self._socket, source)
        if raw:
            self.ident = secrets.randbits(16)
            _filter(self._socket, family)
        else:
            if not source:
                self._socket.bind(("::" if self._v6 else "0.0.0.0", 0))  # noqa: S104
            self.ident = self._socket.getsockname()[1]
        _size(self._socket, _SO_RCVBUFFORCE, socket.SO_RCVBUF, RECEIVE_BYTES)
        _size(self._socket, _SO_SNDBUFFORCE, socket.SO_SNDBUF, SEND_BYTES)
        self.listen()


def interface_index(interface: str) -> int:
    """Raises Denied."""
    try:
        return socket.if_nametoindex(interface)
    except OSError:
        raise Denied(f"no interface {interface!r}") from None


def bind_to_interface(sock: socket.socket, interface: str) -> int:
    """Let everything go through it and nothing else come in. Returns its index. Raises Denied."""
    index = interface_index(interface)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    except PermissionError:
        raise Denied(f"no permission to bind to {interface}: grant CAP_NET_RAW") from None
    return index


def _bind_to_source(sock: socket.socket, source: str) -> None:
    """Raises Denied."""
    try:
        sock.bind((source, 0))
    except OSError as error:
        words = os.strerror(error.errno).lower() if error.errno else f"is no address ({error})"
        raise Denied(f"source {source}: {words}") from None


def _open(family: socket.AddressFamily) -> socket.socket:
    v6 = family == socket.AF_INET6
    protocol = socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            return socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
        except PermissionError:
            continue
        except OSError as error:
            name = "IPv6" if v6 else "IPv4"
            raise Denied(f"{name}: {os.strerror(error.errno or errno.EIO)}") from None
    raise Denied(GRANT)


def _filter(raw: socket.socket, family: socket.AddressFamily) -> None:
    if family == socket.AF_INET6:
        blocked = bytearray(b"\xff" * 32)
        blocked[IPV6.reply // 32 * 4 : IPV6.reply // 32 * 4 + 4] = struct.pack(
            "=I", ~(1 << IPV6.reply % 32) & 0xFFFF_FFFF
        )
        raw.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, bytes(blocked))
    else:
        raw.setsockopt(
            _SOL_RAW, _ICMP_FILTER, struct.pack("=I", ~(1 << RAW_IPV4.reply) & 0xFFFF_FFFF)
        )


def _size(sock: socket.socket, force: int, ask: int, size_bytes: int) -> None:
    # Half of what is wanted is better than a socket that was refused.
    try:
        sock.setsockopt(socket.SOL_SOCKET, force, size_bytes)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, ask, size_bytes)
