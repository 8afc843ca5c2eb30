"""Flows as people are shown them."""

import heapq
from typing import Final

from anyio.lowlevel import checkpoint

from forepost.agent.flows.flow import NO_MAC, NOTHING, Flow
from forepost.agent.flows.minute import ADDRESSES, COUNTERS, NAMES
from forepost.agent.flows.names import TRANSPORTS, application_of
from forepost.agent.flows.sides import prefix, spelled
from forepost.agent.flows.table import FlowTable
from forepost.wire.flows.socket import FlowList, FlowView

MOST: Final = 10_000
AT_ONCE: Final = 20_000
SHOWN_AT_ONCE: Final = 500
_MS: Final = 1_000_000
_SECOND_NS: Final = 1_000_000_000


async def largest(
    table: FlowTable, most: int, *, privacy: int, offset_ns: int, offset: int = 0
) -> FlowList:
    """By rate, then by bytes, without the `offset` largest. `offset_ns`: wall clock less monotonic
    clock. The rest of the agent has its turn in between.
    """
    live = [flow for flow in table if not flow.expired]
    if privacy >= COUNTERS:
        return FlowList(total=len(live), flows=[], left_out=len(live))
    most = min(most, MOST)
    chosen: list[Flow] = []
    for start in range(0, len(live), AT_ONCE):
        part = live[start : start + AT_ONCE]
        chosen = heapq.nlargest(offset + most, chosen + part, key=lambda f: (_pace(f), f.all_bytes))
        await checkpoint()
    shown: list[FlowView] = []
    for number, flow in enumerate(chosen[offset:], 1):
        table.retag(flow)
        shown.append(view(flow, privacy, offset_ns))
        if number % SHOWN_AT_ONCE == 0:
            await checkpoint()
    left_out = max(0, len(live) - offset - len(shown))
    return FlowList(total=len(live), flows=shown, offset=offset, left_out=left_out)


def view(flow: Flow, privacy: int, offset_ns: int) -> FlowView:
    said = flow.by_ndpi
    spell = spelled if privacy < ADDRESSES else prefix
    return FlowView(
        interface=flow.interface,
        protocol=TRANSPORTS.get(flow.protocol, f"IP/{flow.protocol}"),
        local_ip=spell(flow.local_address),
        local_port=flow.local_port,
        local_mac=_mac(flow.local_mac, privacy),
        other_ip=spell(flow.other_address),
        other_port=flow.other_port,
        other_mac=_mac(flow.other_mac, privacy),
        other_type=flow.other_type,
        local_origin=flow.local_began,
        vlan_id=flow.vlan,
        detected_protocol=flow.detected,
        application=application_of(flow),
        name=flow.name if privacy < NAMES else "",
        reason=flow.reason or "",
        confidence=flow.confidence,
        first_seen_at=(flow.first_ns + offset_ns) // _MS,
        last_seen_at=(flow.last_ns + offset_ns) // _MS,
        local_bytes=flow.local_bytes,
        other_bytes=flow.other_bytes,
        local_packets=flow.local_packets,
        other_packets=flow.other_packets,
        local_rate_bps=flow.rates[0],
        other_rate_bps=flow.rates[1],
        tcp_retransmits=flow.retransmits,
        tags=list(flow.tags),
        ndpi=".".join(filter(None, (said.protocol, said.application))) if said else "",
    )


def _pace(flow: Flow) -> float:
    """Bits per second; of one that no update has seen yet, since it began."""
    if flow.updated is not NOTHING:
        return sum(flow.rates)
    return flow.all_bytes * 8e9 / (flow.last_ns - flow.first_ns + _SECOND_NS)


def _mac(address: bytes, privacy: int) -> str:
    return "" if address == NO_MAC or privacy >= ADDRESSES else address.hex(":")
