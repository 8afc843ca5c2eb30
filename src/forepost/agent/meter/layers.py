"""What lies between the link's header and IP, in any order: tags, PPPoE, MPLS, LLC/SNAP. Pure.

The same reading as flow.bpf.c. 802.1Q and 802.1ad; RFC 2516 and 1661; RFC 3032; IEEE 802.2 and
RFC 1042.
"""

from typing import Final

from forepost.agent.cores.link_layer import ppp

IPV4, IPV6 = 0x0800, 0x86DD
TAGS: Final = frozenset({0x8100, 0x88A8, 0x9100, 0x9200})
PPPOE: Final = 0x8864
MPLS: Final = frozenset({0x8847, 0x8848})
LONGEST_802_3: Final = 0x600
"""An EtherType below it is a length: LLC follows. (The kernel says 4 of such a frame.)"""
MOST_LAYERS: Final = 8
NOTHING: Final = 0
_SNAP: Final = frozenset({bytes.fromhex("aaaa03000000"), bytes.fromhex("aaaa030000f8")})
_LLC_IP: Final = bytes.fromhex("060603")
_VERSIONS: Final = {4: IPV4, 6: IPV6}


def behind(ether_type: int, vlan: int, data: bytes) -> tuple[int, int, int]:
    """EtherType of what is behind them, where it begins, and the first VLAN; NOTHING: no IP."""
    at = 0
    for _ in range(MOST_LAYERS):
        if ether_type in (IPV4, IPV6):
            break
        if ether_type in TAGS and len(data) >= at + 4:
            vlan = vlan or int.from_bytes(data[at : at + 2]) & 0xFFF
            ether_type = int.from_bytes(data[at + 2 : at + 4])
            at += 4
        elif ether_type == PPPOE and len(data) >= at + 8 and data[at : at + 2] == b"\x11\0":
            ether_type = ppp(int.from_bytes(data[at + 6 : at + 8]))
            at += 8
        elif ether_type in MPLS and len(data) >= at + 5:
            if data[at + 2] & 1:  # the last label: nothing says what is behind it
                ether_type = _VERSIONS.get(data[at + 4] >> 4, NOTHING)
            at += 4
        elif 0 < ether_type < LONGEST_802_3 and len(data) >= at + 8:
            ether_type, size = _llc(data[at : at + 8])
            at += size
        else:
            return NOTHING, at, vlan
    return (ether_type if ether_type in (IPV4, IPV6) else NOTHING), at, vlan


def _llc(head: bytes) -> tuple[int, int]:
    if head[:6] in _SNAP:
        kind = int.from_bytes(head[6:])
        return (NOTHING if kind < LONGEST_802_3 else kind), 8
    return (IPV4, 3) if head[:3] == _LLC_IP else (NOTHING, 3)
