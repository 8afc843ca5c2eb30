"""What a probe asks of UDP: datagrams with what the kernel knows of each."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec

from forepost.agent.cores.stamps.messages import Sent, Trouble

Control = tuple[int, int, bytes]
Address = tuple[Any, ...]
"""As sockets take it: host, port and, for IPv6, flow and scope."""


class Datagram(msgspec.Struct, frozen=True):
    """A datagram as it came in."""

    data: bytes
    source: Address
    rx_ns: int | None
    """By the kernel's wall clock, ns since 1970."""
    tos: int
    """Traffic class: DSCP and two bits of ECN."""
    to_us: tuple[Control, ...] = ()
    """Which of our addresses it was for; an answer goes out from there."""


class UdpPort(Protocol):
    """An open UDP socket that never blocks."""

    @property
    def port(self) -> int:
        """The port of this side."""
        ...

    def say(self, data: bytes) -> None:
        """Send to the other end of a connected socket.

        Raises Failed, also for what came of an earlier datagram.
        """
        ...

    def answer(self, data: bytes, heard: Datagram) -> bool:
        """Send to where `heard` came from, from the address that it was for, in its traffic class.
        False: this host does not let it out; nobody waits for it.
        """
        ...

    def watched(self, ready: Callable[[], None]) -> AbstractContextManager[None]:
        """Call `ready` whenever, and as long as, there is something in either queue."""
        ...

    def datagram(self) -> Datagram | None:
        """Return one datagram that came in; None where there is none."""
        ...

    def outcomes(self, most: int) -> tuple[list[Sent], list[tuple[Trouble, bytes, str]]]:
        """Read the error queue, `most` at most: departures; errors with the part of our packet
        that they quote and the address that it went to.
        """
        ...

    def clear_error(self) -> None:
        """Let the next call not fail for an earlier packet, which has its error in the queue."""
        ...

    def restart_keys(self) -> None:
        """Let the kernel number packets from 0."""
        ...

    def close(self) -> None:
        """Close the socket; twice is once."""
        ...


class Udp(Protocol):
    """Opens sockets; every call raises Failed with a reason for people."""

    def towards(self, address: str, port: int, *, interface: str = "", tos: int = 0) -> UdpPort:
        """Open a socket that is connected to one address and port; `tos`: of what it sends."""
        ...

    def listening(self, host: str, port: int, *, interface: str = "") -> list[UdpPort]:
        """Open one for each version of IP where `host` stands for all addresses."""
        ...

    def clock_error_ns(self) -> int | None:
        """How wrong this host's wall clock may be, in ns; None where the kernel was not told."""
        ...
