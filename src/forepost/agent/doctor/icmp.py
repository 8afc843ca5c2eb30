"""What PING and MTR need."""

import socket
from typing import Final

import msgspec

from forepost.agent.doctor.case import NET_RAW, PING_GROUP, Case
from forepost.agent.edges.host import abilities
from forepost.wire.local.doctor import Finding

GRANT: Final = f"{NET_RAW}; or without any privilege: {PING_GROUP}"
UNPRIVILEGED: Final = "a kernel that lets everybody hear ICMP errors (IP_RECVERR)"


def ipv4(case: Case) -> Finding:
    why_not = abilities.icmp(socket.AF_INET)
    return case.finding("icmp-ipv4", why_not, ["PING"], grant=GRANT)


def ipv6(case: Case) -> Finding:
    if not abilities.has_family(socket.AF_INET6):
        return Finding(check="icmp-ipv6", state="off", detail="this host has no IPv6")
    why_not = abilities.icmp(socket.AF_INET6)
    found = case.finding("icmp-ipv6", why_not, ["PING"], grant=GRANT)
    # Whether a target has an IPv6 address is known only to whoever asks a resolver.
    return msgspec.structs.replace(found, configured=False)


def mtr(case: Case) -> Finding:
    why_not = abilities.icmp(socket.AF_INET)
    other = "; or let the probes use protocol udp or tcp"
    return case.finding("mtr-icmp", why_not, ["MTR"], grant=GRANT + other)


def mtr_udp(case: Case) -> Finding:
    return _unprivileged(case, "mtr-udp", socket.SOCK_DGRAM, "MTR udp")


def mtr_tcp(case: Case) -> Finding:
    return _unprivileged(case, "mtr-tcp", socket.SOCK_STREAM, "MTR tcp")


def _unprivileged(case: Case, check: str, kind: socket.SocketKind, need: str) -> Finding:
    return case.finding(check, abilities.hears_errors(kind), [need], grant=UNPRIVILEGED)
