"""What a probe asks of the network to learn the way to a target."""

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

TraceProtocol = Literal["icmp", "udp", "tcp"]


class TracePlan(msgspec.Struct, frozen=True, kw_only=True):
    """How to trace: `count` cycles, each with one packet to every hop."""

    address: str
    """Numeric."""
    protocol: TraceProtocol = "icmp"
    port: int = 0
    """UDP and TCP; 0: 33434 and 80."""
    count: int = 5
    max_hops: int = 30
    cycle_sec: float = 1.0
    """From one packet to the next one to the same hop."""
    timeout_sec: float = 1.0
    """What comes later is counted as late, until the run ends."""
    paths: int = 1
    """Flows used in turn, one a cycle, so that parallel ways are seen."""
    size: int = 56
    """Bytes of data in a packet (ICMP and UDP)."""
    interface: str = ""


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    ttl: int
    hosts: list[str] = []
    """Who answered, in the order of their first answers."""
    extensions: list[str] = []
    rtts_ns: list[int | None] = []
    """In the order of sending; null for what was not answered."""
    late: int = 0
    """Of the answers, those after their timeout."""
    duplicates: int = 0
    refusal: str = ""
    """What a router said instead of passing the packet on, as traceroute writes it: !H, !N, !X."""
    refuser: str = ""


class Traced(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. Without hops only where there was no socket to send from."""

    hops: list[Hop] = []
    reached: bool = False
    ways: list[list[str]] = []
    """By flow: who answered at each hop, "" for silence. Only where several flows were used."""
    fingerprint: str = ""
    """The same for what may be the same way as at an earlier run."""
    reason: str = ""
    """Why packets did not leave, or why there is nothing."""


Progress = Callable[[Traced], None]


class Trace(Protocol):
    """Learns the way to a target."""

    async def trace(self, plan: TracePlan, progress: Progress | None = None) -> Traced:
        """Never raises for what the network, the host or its permissions do: that is a `reason`.

        `progress` is called with what is known whenever a host was heard for the first time, and
        after each cycle.
        """
        ...


class Reverse(Protocol):
    """Looks up the host names of addresses beside the measuring."""

    async def names(self, addresses: list[str], *, within_sec: float) -> dict[str, str]:
        """The host names that are known by then; an address without a name is not in it."""
        ...

    def want(self, address: str) -> None:
        """Begin to look up, so that `names` has it sooner. Never blocks."""
        ...
