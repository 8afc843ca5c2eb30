"""Which addresses are not of the Internet. Pure.

An own list, not `ipaddress.is_global`: that one changes with the version of Python, calls some
multicast global, and does not look into addresses that carry another one.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

_V4: Final = [
    (IPv4Network(network), name)
    for network, name in (
        ("127.0.0.0/8", "loopback"),
        ("10.0.0.0/8", "private"),
        ("172.16.0.0/12", "private"),
        ("192.168.0.0/16", "private"),
        ("169.254.0.0/16", "link-local"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("0.0.0.0/8", "unspecified"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("192.88.99.0/24", "reserved"),
        ("198.18.0.0/15", "benchmarking"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
]
_V6: Final = [
    (IPv6Network(network), name)
    for network, name in (
        ("::1/128", "loopback"),
        ("::/128", "unspecified"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private"),
        ("ff00::/8", "multicast"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
        ("2001::/23", "reserved"),  # Teredo, ORCHID, benchmarking
    )
]
_V6_PUBLIC: Final = IPv6Network("2000::/3")
_CARRIERS: Final = [
    # Networks whose addresses carry an IPv4 address, and how far right it stands in them, in bits.
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("::/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("2002::/16"), 80),
]


def why_not_public(text: str) -> str | None:
    """What kind of address it is, where it is not one of the Internet; None where it is."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv4Address):
        return next((name for network, name in _V4 if address in network), None)
    named = next((name for network, name in _V6 if address in network), None)
    if named:
        return named
    for network, shift in _CARRIERS:
        if address in network:
            return why_not_public(str(IPv4Address(_carried(address, shift))))
    return None if address in _V6_PUBLIC else "reserved"


def _carried(address: IPv6Address, shift: int) -> int:
    return (int(address) >> shift) & 0xFFFFFFFF
