"""Tells sinks what flows do: each beginning, name and end, and what moved in each interval."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from forepost.agent.cores.routes import ANY, DefaultRoute
from forepost.agent.cores.stamps.departures import moment
from forepost.agent.flows import records
from forepost.agent.flows.flow import NO_MAC, Counts, Flow
from forepost.agent.flows.meters import MeterState
from forepost.agent.flows.minute import ADDRESSES, COUNTERS
from forepost.agent.flows.sides import spelled
from forepost.kit.clock import Clock
from forepost.wire.flows.socket import AgentStatus
from forepost.wire.flows.telemetry import (
    AgentStatusRecord,
    CaptureType,
    Endpoints,
    FlowType,
    InterfaceCounts,
    InterfaceFacts,
    Interfaces,
    InterfaceStats,
    Record,
)
from forepost.wire.probes.netinfo import Interface, Route

GAP_BYTES = 24
"""Preamble, FCS and gap between frames (IEEE 802.3)."""
_CAPTURE_TYPES: Final[dict[str, CaptureType]] = {"ebpf": "ebpf", "ring": "tpv3"}


class RecordSink(Protocol):
    """Somewhere where records of telemetry go."""

    def take(self, kind: str, line: bytes) -> None:
        """Take a record, JSON without a line's end. Never waits: what has no room is counted."""
        ...


Network = Callable[[], tuple[list[Interface], list[Route], DefaultRoute]]
"""The interfaces and routes of this host, now."""


class Telemetry:
    """A Listener of the flow table. At privacy level 3 no flow is told, only what moved in all."""

    def __init__(
        self,
        sinks: Sequence[RecordSink],
        clock: Clock,
        privacy: int,
        status: Callable[[], AgentStatus],
        states: Callable[[], Sequence[MeterState]],
        network: Network,
    ) -> None:
        self._sinks, self._clock, self._privacy = sinks, clock, privacy
        self._status, self._states, self._network = status, states, network
        self._moved: list[Flow] = []
        self._told: dict[str, InterfaceCounts] = {}
        self._ticked_sec = clock.monotonic()
        self._offset_ns = moment(clock).offset_ns

    def began(self, flow: Flow) -> None:
        self._record(flow, "flow")
        if flow.complete:  # its name was known before its first counters were read
            self._record(flow, "flow_dpi_complete")

    def named(self, flow: Flow) -> None:
        self._record(flow, "flow_dpi_complete" if flow.complete else "flow_dpi_update")

    def moved(self, flow: Flow, new: Counts) -> None:
        if self._privacy < ADDRESSES:
            self._moved.append(flow)
        if self._privacy < COUNTERS:
            passed_sec = max(self._clock.monotonic() - self._ticked_sec, 1.0)
            self._say(records.stats(flow, new, passed_sec=passed_sec, offset_ns=self._offset_ns))

    def ended(self, flow: Flow, *, closed: bool) -> None:
        if self._privacy < COUNTERS:
            self._say(records.purge(flow, closed=closed, offset_ns=self._offset_ns))

    def tick(self) -> None:
        """An update interval is over."""
        self._ticked_sec = self._clock.monotonic()
        self._offset_ns = moment(self._clock).offset_ns
        if self._privacy < ADDRESSES:
            self._say(_endpoints(self._moved))
            self._moved = []
        self._say(_interfaces(self._states(), self._network(), self._privacy))
        for state in self._states():
            self._say(self._interface(state))
        status = self._status()
        self._say(
            AgentStatusRecord(build_version=status.agent_version, **msgspec.structs.asdict(status))
        )

    def _record(self, flow: Flow, kind: FlowType) -> None:
        if self._privacy < COUNTERS:
            self._say(records.record(flow, kind, privacy=self._privacy, offset_ns=self._offset_ns))

    def _interface(self, state: MeterState) -> InterfaceStats:
        total = _counts(state)
        before = self._told.get(state.interface)
        self._told[state.interface] = total
        if before is not None:
            total = InterfaceCounts(
                **{
                    name: getattr(total, name) - getattr(before, name)
                    for name in InterfaceCounts.__struct_fields__
                }
            )
        return InterfaceStats(interface=state.interface, stats=total)

    def _say(self, said: Record) -> None:
        line = msgspec.json.encode(said)
        for sink in self._sinks:
            sink.take(said.type, line)


def _counts(state: MeterState) -> InterfaceCounts:
    total = state.total
    outside = total("other_packets") + total("malformed_packets")
    outside_bytes = total("other_bytes") + total("malformed_bytes")
    return InterfaceCounts(
        raw=total("packets"),
        ip=total("packets") - outside,
        tcp=total("tcp"),
        udp=total("udp"),
        icmp=total("icmp"),
        vlan=total("tagged"),
        fragmented=total("fragments"),
        discarded=outside,
        discarded_bytes=outside_bytes,
        capture_dropped=state.all_lost,
        queue_dropped=state.all_missed,
        flow_dropped=total("refused_packets"),
        ip_bytes=total("bytes") - outside_bytes,
        wire_bytes=total("bytes") + GAP_BYTES * total("packets"),
    )


def _interfaces(
    states: Sequence[MeterState],
    network: tuple[list[Interface], list[Route], DefaultRoute],
    privacy: int,
) -> Interfaces:
    """Of one in another namespace only how it is captured is known here."""
    known, routes, _ = network
    outward = {route.interface for route in routes if route.destination in ANY}
    by_name = {interface.name: interface for interface in known}
    found: dict[str, InterfaceFacts] = {}
    for state in states:
        capture = _CAPTURE_TYPES.get(state.backend or "", "")
        own = by_name.get(state.interface)
        if own is None:
            found[state.interface] = InterfaceFacts(capture_type=capture)
            continue
        told = [address.split("/")[0] for address in (*own.ipv4, *own.ipv6)]
        found[state.interface] = InterfaceFacts(
            addr=told if privacy < ADDRESSES else [],
            mac=own.mac or NO_MAC.hex(":") if privacy < ADDRESSES else NO_MAC.hex(":"),
            role="WAN" if state.interface in outward else "LAN",
            capture_type=capture,
        )
    return Interfaces(interfaces=found)


def _endpoints(flows: Sequence[Flow]) -> Endpoints:
    found: dict[str, set[str]] = {}
    for flow in flows:
        if flow.local_mac != NO_MAC:
            found.setdefault(flow.local_mac.hex(":"), set()).add(spelled(flow.local_address))
    return Endpoints(endpoints={mac: sorted(addresses) for mac, addresses in found.items()})
