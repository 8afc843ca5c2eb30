"""Opens what a meter listens with: the kernel's table where it may, else a ring of our own."""

import os

from forepost.agent.cores.stamps.departures import moment
from forepost.agent.edges.capture.kernel_table import KernelTable
from forepost.agent.edges.capture.link import CaptureLink, open_packets
from forepost.agent.edges.capture.ring import Ring
from forepost.agent.meter.sources import KernelSource, RingSource, Source
from forepost.agent.meter.table import MeterTable
from forepost.kit.clock import Clock
from forepost.wire.flows.meter import MeterOrder

GRANT_RAW = "no permission to see packets: grant CAP_NET_RAW (and CAP_BPF)"
GRANT_BPF = "packets are counted in this process, not in the kernel: grant CAP_BPF"
RING_BLOCKS = 64
"""16 MiB where every packet comes this way."""


class CannotListen(Exception):
    """The text says why, and what to grant."""


def open_source(order: MeterOrder, link: CaptureLink, clock: Clock) -> tuple[Source, str]:
    """Return it, and why it is not the better one. Raises CannotListen."""
    try:
        if order.descriptors:
            return KernelSource(
                KernelTable.resume(link, order.descriptors, pass_=order.inspect)
            ), ""
        if order.backend == "ring":
            return _ring(order, link, clock), ""
        return _kernel(order, link, clock)
    except PermissionError as error:
        raise CannotListen(f"{link.name}: {GRANT_RAW}") from error
    except OSError as error:
        raise CannotListen(f"{link.name}: {error.strerror or error}") from error


def _kernel(order: MeterOrder, link: CaptureLink, clock: Clock) -> tuple[Source, str]:
    try:
        table = KernelTable.open(link, max_flows=order.max_flows, pass_=order.inspect)
    except OSError as error:
        if order.backend == "ebpf":
            raise
        reason = GRANT_BPF if isinstance(error, PermissionError) else f"eBPF: {error.strerror}"
        return _ring(order, link, clock), reason
    return KernelSource(table), ""


def _ring(order: MeterOrder, link: CaptureLink, clock: Clock) -> Source:
    packets = open_packets()
    try:
        ring = Ring(packets, blocks=RING_BLOCKS)
        packets.bind(link.address)
    except OSError:
        os.close(packets.detach())
        raise
    table = MeterTable(max_flows=order.max_flows, pass_=order.inspect)
    return RingSource(ring, table, link, lambda: moment(clock))
