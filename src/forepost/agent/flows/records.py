"""Flows as records of telemetry. Pure. Privacy is applied here, so that no sink sees more."""

import hashlib
from typing import Final

from msgspec import UNSET, UnsetType

from forepost.agent.flows.flow import NO_MAC, NOTHING, TCP, Counts, Flow
from forepost.agent.flows.minute import ADDRESSES, NAMES
from forepost.agent.flows.sides import prefix, spelled
from forepost.wire.flows.meter import Facts, FlowLabel
from forepost.wire.flows.telemetry import (
    Dhcp,
    Dns,
    FlowCounts,
    FlowFacts,
    FlowPurge,
    FlowRecord,
    FlowStats,
    FlowType,
    Http,
    Ssh,
    Ssl,
    Tcp,
    TelemetryLabel,
    TelemetryNdpi,
)

UNKNOWN: Final = "Unknown"
GROUP: Final = "group."
_MS: Final = 1_000_000
_VERSIONS: Final = {"SSL 3.0": "0x0300", "TLS 1.0": "0x0301", "TLS 1.1": "0x0302",
                    "TLS 1.2": "0x0303", "TLS 1.3": "0x0304"}  # fmt: skip


def digest(flow: Flow) -> str:
    """The same for all records of a flow, and for no other."""
    text = flow.key + flow.first_ns.to_bytes(8) + flow.interface.encode()
    return hashlib.blake2s(text, digest_size=20).hexdigest()


def record(flow: Flow, kind: FlowType, *, privacy: int, offset_ns: int) -> FlowRecord:
    """`offset_ns`: wall clock less monotonic clock."""
    facts = flow.facts if flow.facts is not None and privacy < NAMES else None
    spell = spelled if privacy < ADDRESSES else prefix
    named = privacy < NAMES
    return FlowRecord(
        type=kind,
        interface=flow.interface,
        internal=flow.local_began,
        flow=FlowFacts(
            digest=digest(flow),
            local_bytes=flow.local_bytes,
            local_packets=flow.local_packets,
            local_rate=flow.rates[0] / 8,
            other_bytes=flow.other_bytes,
            other_packets=flow.other_packets,
            other_rate=flow.rates[1] / 8,
            total_bytes=flow.all_bytes,
            total_packets=flow.local_packets + flow.other_packets,
            detected_application_name=flow.application or UNKNOWN,
            detected_protocol_name=flow.detected or UNKNOWN,
            detection_guessed=flow.reason == "port",
            detection_packets=flow.inspected,
            detection_updated=kind == "flow_dpi_update",
            dhc_hit=bool(flow.hinted_name),
            dns_host_name=flow.hinted_name if named else "",
            fhc_hit=flow.recalled,
            first_seen_at=(flow.first_ns + offset_ns) // _MS,
            last_seen_at=(flow.last_ns + offset_ns) // _MS,
            host_server_name=flow.server_name if named else "",
            ip_dscp=flow.tos >> 2,
            ip_protocol=flow.protocol,
            ip_version=flow.version,
            local_ip=spell(flow.local_address),
            local_mac=_mac(flow.local_mac, privacy),
            local_origin=flow.local_began,
            local_port=flow.local_port,
            other_ip=spell(flow.other_address),
            other_mac=_mac(flow.other_mac, privacy),
            other_port=flow.other_port,
            other_type=flow.other_type,
            tags=[f"{GROUP}{name}" for name in flow.tags],
            vlan_id=flow.vlan,
            tcp=_tcp(flow),
            label=TelemetryLabel(reason=flow.reason, confidence=flow.confidence)
            if flow.reason
            else UNSET,
            ndpi=_ndpi(flow.by_ndpi, named=named),
            ssl=_ssl(flow, facts),
            http=Http(url=facts.http_url, user_agent=facts.http_user_agent)
            if facts and facts.http_method
            else UNSET,
            dhcp=_dhcp(flow, facts),
            ssh=Ssh(client=facts.ssh_client, server=facts.ssh_server)
            if facts and (facts.ssh_client or facts.ssh_server)
            else UNSET,
            dns=Dns(query=facts.dns_query, type=facts.dns_type, code=facts.dns_code)
            if facts and facts.dns_type
            else UNSET,
        ),
    )


def stats(flow: Flow, new: Counts, *, passed_sec: float, offset_ns: int) -> FlowStats:
    """`new`: of the last interval, which took `passed_sec`."""
    return FlowStats(
        interface=flow.interface,
        internal=flow.local_began,
        flow=_counts(flow, new, passed_sec, offset_ns),
    )


def purge(flow: Flow, *, closed: bool, offset_ns: int) -> FlowPurge:
    lasted_sec = max((flow.last_ns - flow.first_ns) / 1e9, 1.0)
    return FlowPurge(
        interface=flow.interface,
        internal=flow.local_began,
        reason="closed" if closed else "expired",
        flow=_counts(flow, flow.since(NOTHING), lasted_sec, offset_ns),
    )


def _counts(flow: Flow, new: Counts, passed_sec: float, offset_ns: int) -> FlowCounts:
    return FlowCounts(
        digest=digest(flow),
        local_packets=new[0],
        other_packets=new[1],
        local_bytes=new[2],
        other_bytes=new[3],
        local_rate=new[2] / passed_sec,
        other_rate=new[3] / passed_sec,
        total_bytes=flow.all_bytes,
        total_packets=flow.local_packets + flow.other_packets,
        detection_packets=flow.inspected,
        last_seen_at=(flow.last_ns + offset_ns) // _MS,
        tcp=_tcp(flow),
    )


def _tcp(flow: Flow) -> Tcp | UnsetType:
    if flow.protocol != TCP:
        return UNSET
    return Tcp(resets=flow.resets, retrans=flow.retransmits, seq_errors=flow.gaps)


def _ndpi(label: FlowLabel | None, *, named: bool) -> TelemetryNdpi | UnsetType:
    if label is None:
        return UNSET
    return TelemetryNdpi(
        protocol=label.protocol,
        application=label.application,
        server_name=label.server_name if named else "",
        confidence=label.confidence,
    )


def _ssl(flow: Flow, facts: Facts | None) -> Ssl | UnsetType:
    if facts is None or not facts.tls_version:
        return UNSET
    chosen = list(facts.tls_alpn) if facts.tls_cipher and len(facts.tls_alpn) == 1 else []
    return Ssl(
        alpn=list(facts.tls_alpn),
        alpn_server=chosen,
        cipher_suite=facts.tls_cipher or "0x0000",
        client_sni=flow.server_name,
        version=_VERSIONS.get(facts.tls_version, ""),
        encrypted_hello=facts.tls_ech,
    )


def _dhcp(flow: Flow, facts: Facts | None) -> Dhcp | UnsetType:
    if facts is None or flow.detected != "DHCP":
        return UNSET
    return Dhcp(
        class_ident=facts.dhcp_vendor,
        fingerprint=facts.dhcp_fingerprint,
        host_name=facts.dhcp_host,
    )


def _mac(address: bytes, privacy: int) -> str:
    return (NO_MAC if privacy >= ADDRESSES else address).hex(":")
