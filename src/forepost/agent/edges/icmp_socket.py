"""One ICMP socket for all targets of a family (and interface), with kernel timestamps both ways."""

import errno
import os
import secrets
import socket
import struct
from collections.abc import Callable
from typing import Any, Final

from forepost.agent.edges import timestamps
from forepost.agent.edges.icmp_packet import DATAGRAM_IPV4, IPV6, RAW_IPV4, Form
from forepost.agent.edges.rounds import Received
from forepost.agent.edges.timestamps import Sent, Trouble

RECEIVE_BYTES: Final = 4 << 20
SEND_BYTES: Final = 1 << 20
_SO_RCVBUFFORCE: Final = 33
_SO_SNDBUFFORCE: Final = 32
_SOL_RAW: Final = 255
_ICMP_FILTER: Final = 1
_ICMP6_FILTER: Final = 1
_PACKET_BYTES: Final = 2048
"""More than any reply we look at: only the first 16 bytes of ICMP matter."""
_CONTROL_BYTES: Final = 256

GRANT: Final = (
    "no permission to send ICMP: grant CAP_NET_RAW, or "
    "sysctl -w net.ipv4.ping_group_range='0 2147483647'"
)


class Denied(OSError):
    """There is no socket to send from; the text says why and what to do."""


class IcmpSocket:
    """Datagram where `ping_group_range` allows it, else raw. Raises Denied."""

    def __init__(self, family: socket.AddressFamily, interface: str) -> None:
        self.index = 0
        self._socket = _open(family)
        self.send: Callable[[bytes, tuple[Any, ...]], int] = self._socket.sendto
        """Raises OSError: this host's own refusal."""
        try:
            self._bind(family, interface)
        except BaseException:
            self._socket.close()
            raise

    def _bind(self, family: socket.AddressFamily, interface: str) -> None:
        if interface:
            self.index = interface_index(interface)
            try:
                self._socket.setsockopt(
                    socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode()
                )
            except PermissionError:
                raise Denied(f"no permission to bind to {interface}: grant CAP_NET_RAW") from None
        raw = self._socket.type == socket.SOCK_RAW
        self.form: Form = IPV6 if family == socket.AF_INET6 else RAW_IPV4 if raw else DATAGRAM_IPV4
        if raw:
            self.ident = secrets.randbits(16)
            _filter(self._socket, family)
        else:
            self._socket.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", 0))  # noqa: S104
            self.ident = self._socket.getsockname()[1]
        if family == socket.AF_INET6:
            self._socket.setsockopt(socket.IPPROTO_IPV6, timestamps.IPV6_RECVERR, 1)
        else:
            self._socket.setsockopt(socket.IPPROTO_IP, timestamps.IP_RECVERR, 1)
        _size(self._socket, _SO_RCVBUFFORCE, socket.SO_RCVBUF, RECEIVE_BYTES)
        _size(self._socket, _SO_SNDBUFFORCE, socket.SO_SNDBUF, SEND_BYTES)
        self.restart_keys()

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def raw(self) -> bool:
        return self._socket.type == socket.SOCK_RAW

    def close(self) -> None:
        self._socket.close()

    def restart_keys(self) -> None:
        """Let the kernel number packets from 0: it does so when numbering is switched on."""
        for flags in (timestamps.SOFTWARE_BOTH_WAYS, timestamps.NUMBERED):
            self._socket.setsockopt(socket.SOL_SOCKET, timestamps.SO_TIMESTAMPING, flags)

    def replies(self, most: int) -> list[Received]:
        """Read what came in, `most` at most."""
        got: list[Received] = []
        receive = self._socket.recvmsg
        for _ in range(most):
            try:
                data, ancillary, _, source = receive(_PACKET_BYTES, _CONTROL_BYTES)
            except BlockingIOError:
                break
            except OSError:
                # The error of an earlier packet; its particulars are in the error queue.
                continue
            got.append((data, source[0], timestamps.arrival_ns(ancillary)))
        return got

    def outcomes(self, most: int) -> tuple[list[Sent], list[tuple[Trouble, bytes, str]]]:
        """Read the error queue, `most` at most: departures; errors with the part of our packet
        that they quote and the address that it went to.
        """
        left: list[Sent] = []
        troubles: list[tuple[Trouble, bytes, str]] = []
        receive = self._socket.recvmsg
        for _ in range(most):
            try:
                data, ancillary, _, target = receive(
                    _PACKET_BYTES, _CONTROL_BYTES, socket.MSG_ERRQUEUE
                )
            except BlockingIOError:
                break
            what = timestamps.outcome(ancillary)
            if isinstance(what, Trouble):
                troubles.append((what, data, target[0] if target else ""))
            elif what is not None:
                left.append(what)
        return left, troubles


def interface_index(interface: str) -> int:
    """Raises Denied."""
    try:
        return socket.if_nametoindex(interface)
    except OSError:
        raise Denied(f"no interface {interface!r}") from None


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
