"""ICMP echo: is the target there, and how far away."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import UNSET

from forepost.agent.ports.edges import Edges
from forepost.agent.ports.net import PacketOptions, Round
from forepost.kit.clock import Clock
from forepost.wire.probes.options import spacing
from forepost.wire.probes.ping import PingOptions, PingResult

MOST: Final = 60
GAP_SEC: Final = 1.0


async def run(options: PingOptions, target: str, clock: Clock, edges: Edges) -> PingResult:
    started = clock.now()
    found = await edges.net.resolve(
        target, family=options.measured_family, timeout_sec=options.timeout_sec
    )
    if not found.address:
        nothing = Round(sent=0, rtts_ns=[], reason=found.reason)
        return result(nothing, target, started, clock.now())
    count, gap_sec = plan(options)
    measured = await edges.net.round(
        found.address,
        count=count,
        gap_sec=gap_sec,
        timeout_sec=options.timeout_sec,
        size=options.size,
        interface=options.bind_interface,
        packet=PacketOptions(
            source=options.source,
            dscp=options.dscp,
            ttl=options.ttl,
            dont_fragment=options.dont_fragment,
        ),
    )
    return result(measured, found.address, started, clock.now())


def plan(options: PingOptions) -> tuple[int, float]:
    """How many requests, how far apart (s): 0 means one a second for as long as the interval is,
    but no more than 60. Slower than one a second they are never spread.
    """
    count = options.count or min(MOST, max(1, int(options.interval_sec)))
    return count, spacing(options, count, GAP_SEC)


def result(measured: Round, address: str, started: datetime, stopped: datetime) -> PingResult:
    """Sum a round up: integers of ns; the deviation is that of the whole population."""
    rtts = [rtt for rtt in measured.rtts_ns if rtt is not None]
    mean, deviation = spread(rtts)
    return PingResult(
        start_timestamp=started,
        stop_timestamp=stopped,
        packets_recv=len(rtts),
        packets_sent=measured.sent,
        packets_recv_duplicates=measured.duplicates,
        packet_loss=100 * (1 - len(rtts) / measured.sent) if measured.sent else 100.0,
        addr=address,
        min_rtt=min(rtts, default=0),
        max_rtt=max(rtts, default=0),
        avg_rtt=mean,
        std_dev_rtt=deviation,
        rtts_ns=measured.rtts_ns,
        other_addrs=list(measured.others) or UNSET,
        error=measured.reason,
    )


def spread(rtts: Sequence[int]) -> tuple[int, int]:
    """Mean and standard deviation; 0 where there is nothing."""
    if not rtts:
        return 0, 0
    mean = sum(rtts) / len(rtts)
    return round(mean), round(math.sqrt(sum((rtt - mean) ** 2 for rtt in rtts) / len(rtts)))
