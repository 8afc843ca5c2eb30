"""A capture file in the place of an interface: the same frames as a meter sends. Pure.

The packets' own time is the clock: flows end by the same TTLs, to the second. Time goes on only: a
packet that is older than the one before counts as of the same moment.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from forepost.agent.edges.capture.capture_file import Captured
from forepost.agent.meter.core import Load, Meter
from forepost.agent.meter.inspectors import inspector_for
from forepost.agent.meter.packet import carries_ip, parse
from forepost.agent.meter.table import MeterTable, ends
from forepost.agent.meter.wheel import SECOND_NS
from forepost.wire.flows.meter import MeterOrder

MOST_SAID: Final = 4_096
"""Labels, mostly: the other side keeps them for flows that no tick has shown yet."""


class Replay:
    """Reads `packets` once. MeterOrder.interface is what the file is called."""

    def __init__(self, order: MeterOrder, packets: Iterable[Captured]) -> None:
        self._packets = packets
        self._now_ns = self._next_tick_ns = self._next_sweep_ns = 0
        self._frames: list[bytes] = []
        self._table = MeterTable(max_flows=order.max_flows, pass_=order.inspect)
        inspector, self.no_ndpi = inspector_for(ndpi=order.ndpi, now_ms=self._now_ms)
        """Why there are no labels of nDPI, though they are wanted."""
        self._meter = Meter(order, self._table, inspector, self._send)
        self._said = 0

    def frames(self) -> Iterator[bytes]:
        for packet in self._packets:
            self._passes(packet.at_ns)
            self._count(packet)
            if self._said >= MOST_SAID:
                self._tick()
            if self._frames:
                yield from self._taken()
        for _ in self._meter.stop(self._now_ns, _load):
            yield from self._taken()
        yield from self._taken()

    def _now_ms(self) -> int:
        return self._now_ns // 1_000_000

    def _passes(self, at_ns: int) -> None:
        """Time goes on to that of the next packet: what it leaves behind ends first."""
        self._now_ns = max(self._now_ns, at_ns)
        if self._now_ns >= self._next_tick_ns:
            self._tick()
        if self._now_ns >= self._next_sweep_ns:
            self._meter.sweep(self._now_ns, lambda: True)
            self._next_sweep_ns = self._now_ns + SECOND_NS

    def _count(self, packet: Captured) -> None:
        frame = packet.frame
        if not frame.vlan and self._table.count_known(
            self._now_ns, frame.ether_type, frame.data, packet.length
        ):
            return
        parsed = parse(frame.ether_type, frame.vlan, frame.data)
        if parsed is None:
            malformed = carries_ip(frame.ether_type, frame.data)
            self._table.other(packet.length, malformed=malformed)
            return
        found = self._table.observe(
            self._now_ns,
            parsed,
            packet.length,
            outgoing=frame.outgoing,
            macs=(frame.source_mac, frame.target_mac),
            raw=(0, b"") if frame.vlan else ends(frame.ether_type, frame.data),
        )
        if found:
            self._meter.inspect(*found, parsed, frame.data[parsed.headers : parsed.end])

    def _tick(self) -> None:
        for _ in self._meter.tick(self._now_ns, _load):
            continue
        self._next_tick_ns = self._now_ns + int(self._meter.tick_sec * SECOND_NS)
        self._said = 0

    def _send(self, frame: bytes) -> bool:
        self._frames.append(frame)
        self._said += 1
        return True

    def _taken(self) -> list[bytes]:
        frames, self._frames = self._frames, []
        return frames


def _load() -> Load:
    return Load(0, 0)
