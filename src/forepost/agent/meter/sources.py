"""The two ways to meter an interface: the kernel's table, or one of ours behind a ring."""

from collections.abc import Callable
from typing import Final, Protocol

from forepost.agent.cores.stamps.departures import Moment
from forepost.agent.edges.capture.kernel_table import KernelTable
from forepost.agent.edges.capture.link import CaptureLink
from forepost.agent.edges.capture.ring import ETHERNET_HEADER, TAG, Ring, RingFrame
from forepost.agent.meter.core import Table
from forepost.agent.meter.packet import Packet, carries_ip, flow_key, parse
from forepost.agent.meter.table import NO_MAC, MeterTable, ends
from forepost.wire.flows.meter import Backend

MOST_BLOCKS: Final = 8
"""Of a ring, until the pipe and the time are looked at again."""

Inspect = Callable[[bytes, int, Packet, bytes], None]
"""KEY, direction, packet, data of the transport."""


class Source(Protocol):
    """A way to meter an interface."""

    backend: Backend

    @property
    def table(self) -> Table:
        """The flows."""
        ...

    @property
    def ring(self) -> Ring:
        """The packets that are inspected."""
        ...

    def read(self, inspect: Inspect) -> None:
        """Hand the first packets of flows to `inspect`, as many as there are now."""
        ...

    def lost(self) -> tuple[int, int]:
        """Packets that inspection missed, and packets not counted; both since the start."""
        ...


class KernelSource:
    """Packets come only for inspection; they are counted already."""

    backend: Backend = "ebpf"

    def __init__(self, table: KernelTable) -> None:
        self.table, self.ring = table, table.ring
        self._missed = 0

    def read(self, inspect: Inspect) -> None:
        for frame in self.ring.frames(MOST_BLOCKS):
            packet = parse(frame.ether_type, frame.vlan, frame.data)
            if packet is not None:
                key, direction = flow_key(packet)
                inspect(key, direction, packet, frame.data[packet.headers : packet.end])

    def lost(self) -> tuple[int, int]:
        self._missed += self.ring.lost()
        return self._missed, 0


class RingSource:
    """Every packet comes, and is counted here."""

    backend: Backend = "ring"

    def __init__(
        self, ring: Ring, table: MeterTable, link: CaptureLink, now: Callable[[], Moment]
    ) -> None:
        self.table, self.ring = table, ring
        self._link, self._now = link, now
        self._lost = 0

    def read(self, inspect: Inspect) -> None:
        self.table.read_ns, offset_ns = self._now()
        count_known, link = self.table.count_known, self._link
        most = link.mtu
        header = ETHERNET_HEADER if link.ethernet else 0
        for seen in self.ring.seen(MOST_BLOCKS):
            at_ns, ether_type, outgoing, vlan, length, _, data = seen
            if outgoing and link.loopback:
                continue  # loopback shows each packet twice
            at_ns -= offset_ns
            if vlan or length > most or not count_known(at_ns, ether_type, data, length + header):
                self._count(RingFrame(*seen), at_ns, inspect)

    def lost(self) -> tuple[int, int]:
        self._lost += self.ring.lost()
        return 0, self._lost

    def _count(self, frame: RingFrame, at_ns: int, inspect: Inspect) -> None:
        link = (ETHERNET_HEADER if self._link.ethernet else 0) + (TAG if frame.vlan else 0)
        packet = parse(frame.ether_type, frame.vlan, frame.data)
        if packet is None:
            malformed = carries_ip(frame.ether_type, frame.data)
            self.table.other(frame.length + link, malformed=malformed)
            return
        segments, length = self._apart(packet, frame.length, link)
        found = self.table.observe(
            at_ns,
            packet,
            length,
            segments=segments,
            outgoing=frame.outgoing,
            macs=(frame.source_mac if self._link.ethernet else NO_MAC, NO_MAC),
            raw=(0, b"") if frame.vlan else ends(frame.ether_type, frame.data),
        )
        if found:
            inspect(*found, packet, frame.data[packet.headers : packet.end])

    def _apart(self, packet: Packet, length: int, link: int) -> tuple[int, int]:
        """Segments and bytes on the wire. What the card joined is taken apart by the MTU: the ring
        does not tell how it was.
        """
        if length <= self._link.mtu or packet.fragment is not None:
            return 1, length + link
        size = self._link.mtu - packet.headers
        if size <= 0 or length <= packet.headers:
            return 1, length + link
        segments = -(-(length - packet.headers) // size)
        return segments, length + link + (segments - 1) * (packet.headers + link)
