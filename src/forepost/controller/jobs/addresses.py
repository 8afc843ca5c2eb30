"""Where agents reach each other, by what they say and by where the controller sees them. Pure."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

IpAddress = IPv4Address | IPv6Address
_SITE_BITS: Final = {4: 24, 6: 64}


def site_of(address: str) -> str:
    """The network that stands for a site: agents behind one NAT have the same. "": not known."""
    found = _address(address)
    if found is None:
        return ""
    return str(ip_network((found, _SITE_BITS[found.version]), strict=False))


def address_for(listen: Iterable[str], seen_from: str, viewer_seen_from: str) -> str:
    """IP:PORT by which an agent that was seen from `viewer_seen_from` best tries another one, which
    listens at these and was seen from `seen_from`; "": at none.
    """
    same_site = bool(seen_from) and site_of(seen_from) == site_of(viewer_seen_from)
    ranked = []
    for at, text in enumerate(listen):
        host, _, port = text.rpartition(":")
        address = _address(host.strip("[]"))
        if address is None or not port.isdecimal():
            continue
        if address.is_unspecified:
            seen = _address(seen_from)
            if seen is None:
                continue
            address = seen
        ranked.append((_rank(address, viewer_seen_from, same_site=same_site), at, address, port))
    if not ranked:
        return ""
    _, _, address, port = min(ranked, key=lambda one: one[:2])
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


def _rank(address: IpAddress, viewer_seen_from: str, *, same_site: bool) -> int:
    if address.is_loopback:
        viewer = _address(viewer_seen_from)
        return 0 if viewer is not None and viewer.is_loopback else 4
    if site_of(str(address)) == site_of(viewer_seen_from):
        return 0
    if address.is_global:
        return 2 if same_site else 1
    return 1 if same_site else 3


def _address(text: str) -> IpAddress | None:
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped if mapped is not None else found
