"""Tunnels by the shape of their datagrams; what is inside is not read. Pure.

WireGuard's white paper, 5.4; RFC 7348, 8926, 4380; 3GPP TS 29.281 and 29.274.
"""

from typing import Final

_WIREGUARD_SIZES: Final = {1: 148, 2: 92, 3: 64}
"""Kind of message to its size; 4 is data, of any number of 16 bytes."""
_WIREGUARD_DATA: Final = 4
_VXLAN: Final = frozenset({4_789, 8_472})
_GENEVE, _TEREDO, _GTP_USER, _GTP_CONTROL = 6_081, 3_544, 2_152, 2_123
_INNER: Final = frozenset({0x0800, 0x86DD, 0x6558})


def tunnel_of(data: bytes, ports: tuple[int, int]) -> str:
    """What a datagram is of; empty where it is of no tunnel that is known here."""
    if len(data) < 8:
        return ""
    if _is_wireguard(data):
        return "WireGuard"
    if not _VXLAN.isdisjoint(ports) and data[0] == 8 and not any(data[1:4]) and not data[7]:
        return "VXLAN"
    if _GENEVE in ports and not data[0] >> 6 and int.from_bytes(data[2:4]) in _INNER:
        return "Geneve"
    if _TEREDO in ports and (data[0] >> 4 == 6 or data[0] == 0):
        return "Teredo"
    if _GTP_USER in ports and data[0] & 0xF0 == 0x30:
        return "GTP"
    return "GTP" if _GTP_CONTROL in ports and data[0] >> 5 in (1, 2) else ""


def _is_wireguard(data: bytes) -> bool:
    if any(data[1:4]):
        return False
    if data[0] == _WIREGUARD_DATA:
        return len(data) >= 32 and not len(data) % 16
    return _WIREGUARD_SIZES.get(data[0]) == len(data)
