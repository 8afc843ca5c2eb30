"""The main routing tables as the kernel prints them. Pure.

/proc/net/route: include/net/ip_fib.h, fib_route_seq_show; /proc/net/ipv6_route: net/ipv6/route.c.
"""

import ipaddress
import sys
from typing import Final

import msgspec

from forepost.wire.probes.netinfo import Route

RTF_UP: Final = 0x0001
RTF_REJECT: Final = 0x0200
RTF_LOCAL: Final = 0x8000_0000
ANY: Final = frozenset({"0.0.0.0/0", "::/0"})


class DefaultRoute(msgspec.Struct, frozen=True):
    """Empty where the host has none."""

    gateway: str = ""
    interface: str = ""


def read_routes(ipv4: str, ipv6: str) -> list[Route]:
    """Decode both tables, without the host's own addresses, multicast, and routes that refuse."""
    found = [_ipv4(line.split()) for line in ipv4.splitlines()[1:]]
    found += [_ipv6(line.split()) for line in ipv6.splitlines()]
    return [route for route in found if route is not None]


def default_route(routes: list[Route]) -> DefaultRoute:
    """Choose IPv4 before IPv6, then the lowest metric."""
    candidates = [route for route in routes if route.destination in ANY]
    if not candidates:
        return DefaultRoute()
    best = min(candidates, key=lambda route: (":" in route.destination, route.metric))
    return DefaultRoute(best.gateway, best.interface)


def _ipv4(words: list[str]) -> Route | None:
    """Interface, destination, gateway, flags, -, -, metric, mask: addresses in host byte order."""
    if len(words) < 8:
        return None
    try:
        flags, metric = int(words[3], 16), int(words[6])
        destination, gateway, mask = (_host_order(words[at]) for at in (1, 2, 7))
    except ValueError:
        return None
    if not flags & RTF_UP or flags & RTF_REJECT:
        return None
    prefix = int(mask).bit_count()
    return Route(
        destination=f"{destination}/{prefix}",
        gateway=str(gateway),
        interface=words[0],
        metric=metric,
    )


def _ipv6(words: list[str]) -> Route | None:
    """Destination, its prefix, source, its prefix, next hop, metric, -, -, flags, interface."""
    if len(words) < 10:
        return None
    try:
        destination = ipaddress.IPv6Address(bytes.fromhex(words[0]))
        gateway = ipaddress.IPv6Address(bytes.fromhex(words[4]))
        prefix, metric, flags = int(words[1], 16), int(words[5], 16), int(words[8], 16)
    except ValueError:
        return None
    if not flags & RTF_UP or flags & (RTF_REJECT | RTF_LOCAL) or destination.is_multicast:
        return None
    return Route(
        destination=f"{destination}/{prefix}",
        gateway=str(gateway),
        interface=words[9],
        metric=metric,
    )


def _host_order(word: str) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(word, 16).to_bytes(4, sys.byteorder))
