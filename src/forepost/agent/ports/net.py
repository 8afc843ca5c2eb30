"""What a probe asks of the network."""

import socket
from typing import Final, Protocol

import msgspec

from forepost.wire.probes.options import IpVersion

Family = IpVersion
"""Of the addresses of a name."""

FAMILIES: dict[Family, socket.AddressFamily] = {
    "auto": socket.AF_UNSPEC,
    "4": socket.AF_INET,
    "6": socket.AF_INET6,
}


class PacketOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is set in the IP header of each packet; what is left out is the system's choice."""

    source: str = ""
    """An address of this host."""
    dscp: int = 0
    """RFC 2474, 0 to 63."""
    ttl: int = 0
    """Or hop limit; 0: the system's."""
    dont_fragment: bool = False
    """No router, and not this host, may cut it in pieces."""


PLAIN: Final = PacketOptions()


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one round of echo requests."""

    sent: int
    """Requests whose turn came, also those that the host refused to send (no route): these are
    lost. 0 only where there was no socket to send from."""
    rtts_ns: list[int | None]
    """In the order of sending, `sent` of them; None for a request without an answer in time."""
    duplicates: int = 0
    others: tuple[str, ...] = ()
    """Addresses other than the one that was asked which answered: a host with several, anycast."""
    reason: str = ""
    """Why requests were lost, where somebody said so; the last one if there are several."""


class Resolved(msgspec.Struct, frozen=True):
    """The numeric addresses of a name, in the order of preference, or the reason why there is
    none.
    """

    addresses: tuple[str, ...] = ()
    reason: str = ""
    waited_sec: float = 0.0
    """Before the question was asked: for names of the same zone that keep their answers back."""

    @property
    def address(self) -> str:
        """The first one; "" where there is none."""
        return self.addresses[0] if self.addresses else ""


class Net(Protocol):
    """Sends ICMP echo requests, and resolves names."""

    async def round(
        self,
        address: str,
        *,
        count: int,
        gap_sec: float,
        timeout_sec: float,
        size: int = 56,
        interface: str = "",
        packet: PacketOptions = PLAIN,
    ) -> Round:
        """Send `count` ICMP echo requests with `size` bytes of data to a numeric address.

        Every request waits `timeout_sec` for its own answer. Never raises for what the network, the
        host or its permissions do: that is the result's `reason`.
        """
        ...

    async def resolve(
        self, name: str, *, family: Family = "auto", timeout_sec: float = 5.0
    ) -> Resolved:
        """Return the addresses of a name within `timeout_sec`, or why there is none."""
        ...
