"""What a probe asks of TCP, TLS and UDP."""

from collections.abc import Sequence
from typing import Final, Literal, Protocol

import msgspec

Kind = Literal["refused", "timeout", "unreachable", "reset", "closed", "denied", "tls", "wrong"]
Check = Literal["nothing", "chain", "chain and name"]
"""What a certificate must be for a handshake to succeed."""


class Failed(Exception):
    """It did not come about, for a reason that is a result of the measurement.

    `denied`: this host did not let us. `closed`: the other side ended it before it was complete.
    `wrong`: what it sent is not what the protocol says.
    """

    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


class TlsOwn(msgspec.Struct, frozen=True, kw_only=True):
    """What a probe brings of its own for TLS, in PEM."""

    authorities: str = ""
    """Whom to trust instead of the host's list."""
    certificate: str = ""
    """To be shown where it is asked for, with its chain."""
    key: str = ""


NOTHING_OWN: Final = TlsOwn()


class TlsSession(msgspec.Struct, frozen=True, kw_only=True):
    """What a TLS handshake agreed on, or how far it came."""

    version: str
    """As NetWatcher spells it: "TLS 1.3"."""
    cipher: str
    """As OpenSSL spells it."""
    alpn: str
    chain: tuple[bytes, ...]
    """Certificates (DER) as the other side sent them, whether they can be trusted or not."""
    asks_certificate: bool = False
    """The other side asked for a certificate of ours."""


class HandshakeFailed(Failed):
    """There was no TLS, or it ended at once; `shown` is what had been said until then."""

    def __init__(self, kind: Kind, reason: str, shown: TlsSession, *, refused: bool) -> None:
        super().__init__(kind, reason)
        self.shown = shown
        self.refused = refused
        """The other side ended it, after we had accepted its certificate."""


class Stream(Protocol):
    """A TCP connection, perhaps inside TLS."""

    @property
    def remote(self) -> str:
        """Address and port of the other side."""
        ...

    async def send(self, data: bytes) -> None:
        """Raises Failed."""
        ...

    async def receive(self) -> bytes:
        """Return what came, b"" at the end. Raises Failed."""
        ...

    async def secure(
        self, server_name: str, *, check: Check, alpn: Sequence[str] = (), own: TlsOwn = NOTHING_OWN
    ) -> tuple["Stream", TlsSession]:
        """Do a TLS handshake on it. Raises Failed; HandshakeFailed where a server spoke TLS."""
        ...

    def close(self) -> None:
        """Close the connection at once; twice is once."""
        ...


class Datagrams(Protocol):
    """A UDP socket that hears one address and port only."""

    async def send(self, data: bytes) -> None:
        """Raises Failed, also for what came of an earlier one (refused)."""
        ...

    async def receive(self) -> bytes:
        """Raises Failed."""
        ...

    def close(self) -> None:
        """Close the socket; twice is once."""
        ...


class OpenDatagrams(Datagrams, Protocol):
    """A UDP socket that sends to one address, and hears all."""

    @property
    def source(self) -> str:
        """Address and port that the last datagram came from."""
        ...


class Dialer(Protocol):
    """Opens what a probe talks through. It waits as long as the system does: bound it."""

    async def tcp(self, address: str, port: int, *, interface: str = "") -> Stream:
        """Connect to a numeric address. Raises Failed."""
        ...

    async def udp(self, address: str, port: int, *, interface: str = "") -> Datagrams:
        """Raises Failed."""
        ...

    async def open_udp(self, address: str, port: int, *, interface: str = "") -> OpenDatagrams:
        """Hear whoever answers; nobody tells us of refusals then. Raises Failed."""
        ...
