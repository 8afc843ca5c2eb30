"""Where agents can be reached from each other. Pure."""

import ipaddress
from collections.abc import Iterator
from typing import Final

import msgspec

from forepost.controller.payloads.netinfo import Netinfo
from forepost.wire.rest.bodies import TrafficsimPort

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Interface = ipaddress.IPv4Interface | ipaddress.IPv6Interface

TRAFFICSIM_PORT: Final = 5_000


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an agent as a place to measure from and towards."""

    agent_id: int
    override: str = ""
    """`public_ip_override`: an address or a name that somebody set."""
    public: str = ""
    """As the controller, or whatever it asked, last saw it."""
    private: tuple[str, ...] = ()
    """Its own addresses with prefix length, that of its default route first."""
    trafficsim: bool = False
    trafficsim_host: str = ""
    trafficsim_port: TrafficsimPort = TRAFFICSIM_PORT


def addresses_in(found: Netinfo) -> tuple[str, tuple[str, ...]]:
    """Return the public address, and the agent's own with prefix length."""
    public = _address(found.public_address)
    own: list[str] = []
    for interface in sorted(found.interfaces or (), key=lambda one: not one.is_default):
        own += [text for text in (*interface.ipv4, *interface.ipv6) if _reachable(text)]
    local = found.local_address
    own.sort(key=lambda text: text.partition("/")[0] != local)
    if local and not any(text.partition("/")[0] == local for text in own) and _reachable(local):
        own.insert(0, local)
    return str(public) if public is not None else "", tuple(dict.fromkeys(own))


def address_of(target: Peer, seen_from: Peer) -> str:
    """How `seen_from` reaches `target`; "" while nothing is known of it.

    What somebody set comes first, then the public address, and where both are behind the same one
    a private address: one in a network that they share, else that of the target's default route.
    """
    if target.override:
        return target.override
    if target.public and not _same_door(target, seen_from):
        return target.public
    theirs = {interface.ip for interface in _interfaces(seen_from)}
    candidates = [one for one in _interfaces(target) if one.ip not in theirs]
    networks = [interface.network for interface in _interfaces(seen_from)]
    for one in candidates:
        if any(one.ip in network for network in networks):
            return str(one.ip)
    return str(candidates[0].ip) if candidates else ""


def _same_door(target: Peer, seen_from: Peer) -> bool:
    public = _address(target.public)
    if public is None or public.is_loopback:
        return True
    return target.public in (seen_from.public, seen_from.override)


def _interfaces(peer: Peer) -> Iterator[Interface]:
    for text in peer.private:
        yield ipaddress.ip_interface(text)


def _reachable(text: str) -> bool:
    try:
        address = ipaddress.ip_interface(text).ip
    except ValueError:
        return False
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
