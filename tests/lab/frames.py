"""Ethernet frames made by hand, byte for byte (RFC 791, 8200, 9293, 768, 802.1Q)."""

import ipaddress
import struct
from typing import Final

MACS: Final = (bytes.fromhex("020000000001"), bytes.fromhex("020000000002"))
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def ethernet(
    payload: bytes, ether_type: int, *, vlans: tuple[int, ...] = (), back: bool = False
) -> bytes:
    """From the first of MACS to the second, or back."""
    source, target = MACS[::-1] if back else MACS
    tags = b"".join(struct.pack("!HH", 0x8100, vlan) for vlan in vlans)
    return target + source + tags + struct.pack("!H", ether_type) + payload


def checksum(data: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f"!{len(data) // 2}H", data[: len(data) // 2 * 2])
    total: int = sum(words) + (data[-1] << 8 if len(data) % 2 else 0)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(
    source: str,
    target: str,
    protocol: int,
    payload: bytes,
    *,
    number: int = 0,
    offset: int = 0,
    more: bool = False,
    options: bytes = b"",
    tos: int = 0,
) -> bytes:
    """`offset` in bytes."""
    length = 20 + len(options) + len(payload)
    fragment = (offset >> 3) | (0x2000 if more else 0)
    first = 0x40 | (5 + len(options) // 4)
    ends = ipaddress.IPv4Address(source).packed + ipaddress.IPv4Address(target).packed
    head = struct.pack("!BBHHHBBH", first, tos, length, number, fragment, 64, protocol, 0)
    total = checksum(head + ends + options)
    return head[:10] + struct.pack("!H", total) + ends + options + payload


def ipv6(
    source: str,
    target: str,
    protocol: int,
    payload: bytes,
    *,
    extensions: bytes = b"",
    tos: int = 0,
) -> bytes:
    """`protocol`: of the first header in `extensions`, where there are some."""
    ends = ipaddress.IPv6Address(source).packed + ipaddress.IPv6Address(target).packed
    length = len(extensions) + len(payload)
    head = struct.pack("!IHBB", 6 << 28 | tos << 20, length, protocol, 64)
    return head + ends + extensions + payload


def udp(source_port: int, target_port: int, data: bytes) -> bytes:
    return struct.pack("!HHHH", source_port, target_port, 8 + len(data), 0) + data


def tcp(source_port: int, target_port: int, seq: int, flags: int, data: bytes = b"") -> bytes:
    return (
        struct.pack("!HHIIBBHHH", source_port, target_port, seq, 0, 5 << 4, flags, 65_535, 0, 0)
        + data
    )


def icmp_echo(number: int) -> bytes:
    message = struct.pack("!BBHHH", 8, 0, 0, 1, number) + bytes(40)
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def pppoe(payload: bytes, ether_type: int) -> bytes:
    """The body of a frame of EtherType 0x8864."""
    protocol = {0x0800: 0x0021, 0x86DD: 0x0057, 0x8847: 0x0281}[ether_type]
    return struct.pack("!BBHHH", 0x11, 0, 7, 2 + len(payload), protocol) + payload


def mpls(payload: bytes, labels: int = 1) -> bytes:
    """Of EtherType 0x8847."""
    stack = [struct.pack("!I", (16 + n) << 12 | (n == labels - 1) << 8 | 64) for n in range(labels)]
    return b"".join(stack) + payload


def snap(payload: bytes, ether_type: int) -> bytes:
    """LLC and SNAP: the frame has its length in the place of an EtherType."""
    return bytes.fromhex("aaaa03000000") + struct.pack("!H", ether_type) + payload


def tagged(payload: bytes, ether_type: int, tag_type: int, vlan: int) -> bytes:
    """What is behind the EtherType `tag_type`."""
    return struct.pack("!HH", vlan, ether_type) + payload


LayersOf = tuple[str, ...]
LAYERS: Final[tuple[LayersOf, ...]] = (
    (),
    ("pppoe",),
    ("mpls",),
    ("mpls3",),
    ("snap",),
    ("q",),
    ("ad", "q"),
    ("q", "pppoe"),
    ("ad", "q", "pppoe"),
    ("q", "mpls"),
    ("q", "snap"),
    ("q9100", "q"),
    ("q", "q", "q"),
    ("pppoe", "mpls"),
    ("snap", "q"),
)
_TAGS: Final = {"q": 0x8100, "ad": 0x88A8, "q9100": 0x9100}


def layered(packet: bytes, ether_type: int, layers: LayersOf, *, back: bool = False) -> bytes:
    """An Ethernet frame with these in front of the packet, from the outside in."""
    vlan = 100
    for layer in reversed(layers):
        if layer in _TAGS:
            packet, ether_type = tagged(packet, ether_type, _TAGS[layer], vlan), _TAGS[layer]
            vlan += 1
        elif layer == "pppoe":
            packet, ether_type = pppoe(packet, ether_type), 0x8864
        elif layer.startswith("mpls"):
            packet, ether_type = mpls(packet, int(layer[4:] or 1)), 0x8847
        else:
            packet = snap(packet, ether_type)
            ether_type = len(packet)
    return ethernet(packet, ether_type, back=back)
