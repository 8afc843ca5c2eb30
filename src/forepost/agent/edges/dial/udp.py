"""UDP for measuring: what the kernel knows of each datagram (time, traffic class, own address)."""

import asyncio
import errno
import os
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from forepost.agent.cores.stamps import messages
from forepost.agent.edges.dial.sockets import failed
from forepost.agent.edges.host.clock_error import clock_error_ns
from forepost.agent.edges.icmp.socket import Denied, bind_to_interface
from forepost.agent.edges.icmp.stamped_socket import StampedSocket
from forepost.agent.edges.names.addresses import numeric
from forepost.agent.ports.dialer import Failed
from forepost.agent.ports.udp import Address, Control, Datagram, UdpPort

BUFFER_BYTES: Final = 1 << 20
WILDCARD: Final = ("", "0.0.0.0", "::", "*")  # noqa: S104 - said by the controller
_PACKET_BYTES: Final = 2_048
_CONTROL_BYTES: Final = 256
_IP_PKTINFO, _IP_RECVTOS = 8, 13
_IPV6_RECVPKTINFO, _IPV6_PKTINFO, _IPV6_RECVTCLASS, _IPV6_TCLASS = 49, 50, 66, 67
_INT: Final = struct.Struct("@i")
_PKTINFO: Final = struct.Struct("@i4s4s")
_PKTINFO6: Final = struct.Struct("@16si")


class SystemUdp:
    def towards(self, address: str, port: int, *, interface: str = "", tos: int = 0) -> UdpPort:
        found = numeric(address)
        if found is None:
            raise Failed("unreachable", f"{address!r} is no address")
        family, to = found
        opened = _open(family, interface)
        try:
            opened.setsockopt(*_class_option(family), tos)
            opened.connect((to[0], port, *to[2:]))
            return StampedUdp(opened, departures=True)
        except OSError as error:
            opened.close()
            raise failed(error) from None

    def listening(self, host: str, port: int, *, interface: str = "") -> list[UdpPort]:
        if host not in WILDCARD:
            found = numeric(host)
            if found is None:
                raise Failed("unreachable", f"{host!r} is no address")
            family, to = found
            return [_bound(family, (to[0], port, *to[2:]), interface)]
        ports: list[UdpPort] = [_bound(socket.AF_INET, ("0.0.0.0", port), interface)]  # noqa: S104
        try:
            ports.append(_bound(socket.AF_INET6, ("::", port), interface))
        except Failed as error:
            if error.kind != "unreachable":
                ports[0].close()
                raise
        return ports

    def clock_error_ns(self) -> int | None:
        return clock_error_ns()


class StampedUdp(StampedSocket):
    """Takes over an open socket; timestamps are asked for here."""

    def __init__(self, opened: socket.socket, *, departures: bool) -> None:
        super().__init__(opened)
        if departures:
            self.listen()
        else:
            opened.setsockopt(
                socket.SOL_SOCKET, messages.SO_TIMESTAMPING, messages.SOFTWARE_ARRIVALS
            )
        if self._v6:
            opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVTCLASS, 1)
            opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVPKTINFO, 1)
        else:
            opened.setsockopt(socket.IPPROTO_IP, _IP_RECVTOS, 1)
            opened.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def say(self, data: bytes) -> None:
        """To the other end of a connected socket. Raises Failed, also for what came of an earlier
        one.
        """
        try:
            self._socket.send(data)
        except OSError as error:
            raise failed(error) from None

    def answer(self, data: bytes, heard: Datagram) -> bool:
        """Send to where `heard` came from, from the address that it was for, in its traffic class.
        False: this host does not let it out; nobody waits for it.
        """
        level, kind = _class_option(self._socket.family)
        control = [*heard.to_us, (level, kind, _INT.pack(heard.tos))]
        try:
            self._socket.sendmsg([data], control, 0, heard.source)
        except OSError:
            return False
        return True

    @contextmanager
    def watched(self, ready: Callable[[], None]) -> Iterator[None]:
        """Call `ready` whenever, and as long as, there is something in either queue."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self.fileno(), ready)
        try:
            yield
        finally:
            loop.remove_reader(self.fileno())

    def datagram(self) -> Datagram | None:
        """One that came in; None where there is none. To be told so costs as much as one."""
        try:
            data, ancillary, _, source = self._socket.recvmsg(_PACKET_BYTES, _CONTROL_BYTES)
        except OSError:
            return None  # or the error of an earlier packet: the error queue has its particulars
        tos, to_us = _particulars(ancillary)
        return Datagram(data, source, messages.arrival_ns(ancillary), tos, to_us)


def _particulars(ancillary: Sequence[Control]) -> tuple[int, tuple[Control, ...]]:
    tos = 0
    to_us: tuple[Control, ...] = ()
    for level, kind, data in ancillary:
        if level == socket.IPPROTO_IP and kind == socket.IP_TOS and data:
            tos = data[0]
        elif level == socket.IPPROTO_IPV6 and kind == _IPV6_TCLASS and len(data) >= _INT.size:
            tos = _INT.unpack_from(data)[0] & 0xFF
        elif level == socket.IPPROTO_IP and kind == _IP_PKTINFO and len(data) >= _PKTINFO.size:
            own = _PKTINFO.unpack_from(data)[1]
            to_us = ((level, kind, _PKTINFO.pack(0, own, bytes(4))),)
        elif level == socket.IPPROTO_IPV6 and kind == _IPV6_PKTINFO and len(data) >= _PKTINFO6.size:
            to_us = ((level, kind, data[: _PKTINFO6.size]),)
    return tos, to_us


def _class_option(family: int) -> tuple[int, int]:
    if family == socket.AF_INET6:
        return socket.IPPROTO_IPV6, _IPV6_TCLASS
    return socket.IPPROTO_IP, socket.IP_TOS


def _bound(family: socket.AddressFamily, at: Address, interface: str) -> StampedUdp:
    opened = _open(family, interface)
    try:
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(at)
        return StampedUdp(opened, departures=False)
    except OSError as error:
        opened.close()
        if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            raise failed(error) from None
        raise Failed("denied", f"port {at[1]}: {_words(error)}") from None


def _words(error: OSError) -> str:
    text = os.strerror(error.errno or errno.EIO).lower()
    if error.errno == errno.EACCES:
        return f"{text}: ports below 1024 take CAP_NET_BIND_SERVICE"
    return text


def _open(family: socket.AddressFamily, interface: str) -> socket.socket:
    try:
        opened = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    except OSError as error:
        raise Failed("unreachable", _words(error)) from None
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        if interface:
            bind_to_interface(opened, interface)
    except Denied as error:
        opened.close()
        raise Failed("denied", str(error)) from None
    except BaseException:
        opened.close()
        raise
    return opened
