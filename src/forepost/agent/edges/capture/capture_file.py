"""Capture files: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng).

Both byte orders, microseconds and nanoseconds. A block at a time is in memory.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

import msgspec

from forepost.agent.cores.link_layer import LINK_TYPES, LinkFrame
from forepost.agent.edges.capture.packed_file import CannotUnpack, Damaged, UnpackedFile

LONGEST_PACKET: Final = 1 << 20
"""libpcap writes 256 KiB at most."""
LONGEST_BLOCK: Final = 16 << 20
MOST_INTERFACES: Final = 4_096
LATEST_NS: Final = (1 << 62) - 1
_SECOND_NS: Final = 1_000_000_000

_PCAP: Final = {
    bytes.fromhex("a1b2c3d4"): (">", 1_000),
    bytes.fromhex("d4c3b2a1"): ("<", 1_000),
    bytes.fromhex("a1b23c4d"): (">", 1),
    bytes.fromhex("4d3cb2a1"): ("<", 1),
}
"""Magic number to byte order, and nanoseconds of a unit of time."""
_FCS_IS_KNOWN: Final = 0x0400_0000
_SECTION, _INTERFACE, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 3, 6
_ORDERS: Final = {bytes.fromhex("1a2b3c4d"): ">", bytes.fromhex("4d3c2b1a"): "<"}
_FLAGS, _RESOLUTION, _FCS, _OFFSET = 2, 9, 13, 14
"""Options: of a packet; of an interface."""
_OUTBOUND: Final = 2


class NotACapture(Exception):
    """The text says why."""


class Captured(NamedTuple):
    at_ns: int
    """Unix time."""
    length: int
    """Bytes on the line, with the link's header."""
    frame: LinkFrame


class CaptureFile:
    """Iterate over it once: packets in the order of the file."""

    def __init__(self, file: BinaryIO) -> None:
        """Reads the first bytes. Raises NotACapture, OSError."""
        try:
            self._file = UnpackedFile(file)
            magic = self._file.read(4)
        except (CannotUnpack, Damaged) as error:
            raise NotACapture(str(error)) from None
        self.cut = ""
        """Why not everything in it could be read; empty: it could, or was not yet."""
        self.unread = 0
        """Packets of links that are not known here."""
        if magic in _PCAP:
            self._packets = _pcap(self, *_PCAP[magic])
        elif magic == _SECTION.to_bytes(4):  # the same in both byte orders
            self._packets = _PcapNg(self).packets()
        else:
            raise NotACapture("it is neither pcap nor pcapng")

    def __iter__(self) -> Iterator[Captured]:
        packets = 0
        try:
            for packet in self._packets:
                packets += 1
                yield packet
        except _Broken as broken:
            self.cut = f"{broken} after {packets} packets"

    def take(self, size: int, *, may_end: bool = False) -> bytes:
        """So many bytes; none where the file may end here and does. Raises _Broken."""
        try:
            data = self._file.read(size)
        except Damaged as error:
            raise _Broken(f"it is not packed as it says: {error}") from None
        if len(data) < size and not (may_end and not data):
            raise _Broken("the file is cut off")
        return data


class _Broken(Exception):
    """Nothing that comes after this can be read."""


def _pcap(capture: CaptureFile, order: str, unit_ns: int) -> Iterator[Captured]:
    """Raises NotACapture, at once, for a link type that is not known here."""
    try:
        *_, word = struct.unpack(f"{order}HH4I", capture.take(20))
    except _Broken:
        raise NotACapture("it is cut off within its header") from None
    link, fcs = word & 0xFFFF, (word >> 28) * 2 if word & _FCS_IS_KNOWN else 0
    if link not in LINK_TYPES:
        raise NotACapture(f"link type {link} is not known here")
    return _pcap_packets(capture, struct.Struct(f"{order}4I"), unit_ns, _Link(link, fcs))


def _pcap_packets(
    capture: CaptureFile, head: struct.Struct, unit_ns: int, link: "_Link"
) -> Iterator[Captured]:
    while raw := capture.take(head.size, may_end=True):
        seconds, units, captured, length = head.unpack(raw)
        if captured > LONGEST_PACKET:
            raise _Broken(f"a packet of {captured} bytes is announced")
        at_ns = seconds * _SECOND_NS + units * unit_ns
        yield link.packet(at_ns, length, capture.take(captured))


class _Link(msgspec.Struct, frozen=True):
    """An interface of a file. Time is in units of 1/`units` s after `offset_sec`."""

    type: int
    fcs: int = 0
    """Bytes of the frame check sequence, which is never counted."""
    units: int = 1_000_000
    offset_sec: int = 0
    snap: int = 0

    def packet(self, at_ns: int, length: int, data: bytes, *, outgoing: bool = False) -> Captured:
        data = data[: max(0, length - self.fcs)]
        frame = LINK_TYPES[self.type](data)
        if outgoing:
            frame = frame._replace(outgoing=True)
        on_line = max(0, length - self.fcs + frame.extra)
        return Captured(min(max(0, at_ns), LATEST_NS), min(on_line, LONGEST_PACKET), frame)

    def time_ns(self, ticks: int) -> int:
        return self.offset_sec * _SECOND_NS + ticks * _SECOND_NS // self.units


class _PcapNg:
    def __init__(self, capture: CaptureFile) -> None:
        self._capture = capture
        self._order = "<"
        self._links: list[_Link] = []
        self._last_ns = 0

    def packets(self) -> Iterator[Captured]:
        self._section()
        while raw := self._capture.take(4, may_end=True):
            kind = self._number(raw)
            if kind == _SECTION:
                self._section()
                continue
            packet = self._block(kind)
            if packet is not None:
                self._last_ns = packet.at_ns
                yield packet

    def _number(self, raw: bytes) -> int:
        return int.from_bytes(raw, "little" if self._order == "<" else "big")

    def _section(self) -> None:
        """A section has a byte order and interfaces of its own."""
        length, magic = self._capture.take(4), self._capture.take(4)
        order = _ORDERS.get(magic)
        if order is None:
            raise _Broken("a section has no byte order")
        self._order, self._links = order, []
        self._body(self._number(length), read=12)

    def _block(self, kind: int) -> Captured | None:
        body = self._body(self._number(self._capture.take(4)), read=8)
        try:
            if kind == _INTERFACE:
                self._interface(body)
            elif kind == _ENHANCED:
                return self._enhanced(body)
            elif kind == _SIMPLE:
                return self._simple(body)
        except struct.error:
            raise _Broken("a block is too short for what it is") from None
        return None

    def _body(self, length: int, *, read: int) -> bytes:
        """What is left of a block after its first `read` bytes, without the length at its end."""
        if length % 4 or not read + 4 <= length <= LONGEST_BLOCK:
            raise _Broken(f"a block of {length} bytes is announced")
        body = self._capture.take(length - read)
        if self._number(body[-4:]) != length:
            raise _Broken("a block has two lengths")
        return body[:-4]

    def _interface(self, body: bytes) -> None:
        type_, snap = struct.unpack_from(f"{self._order}H2xI", body)
        if len(self._links) >= MOST_INTERFACES:
            raise _Broken(f"there are more than {MOST_INTERFACES} interfaces")
        options = self._options(body, 8)
        units = 1_000_000
        if resolution := options.get(_RESOLUTION):
            exponent = resolution[0] & 0x7F
            units = 2**exponent if resolution[0] & 0x80 else 10**exponent
        offset = options.get(_OFFSET, b"")
        (offset_sec,) = struct.unpack(f"{self._order}q", offset) if len(offset) == 8 else (0,)
        fcs = options.get(_FCS, b"\0")
        self._links.append(_Link(type_, fcs[0] if fcs else 0, units, offset_sec, snap))

    def _enhanced(self, body: bytes) -> Captured | None:
        number, high, low, captured, length = struct.unpack_from(f"{self._order}5I", body)
        link = self._link(number)
        if captured > min(LONGEST_PACKET, len(body) - 20):
            raise _Broken(f"a packet of {captured} bytes is announced")
        if link is None:
            return None
        flags = self._number(self._options(body, 20 + -(-captured // 4) * 4).get(_FLAGS, b""))
        return link.packet(
            link.time_ns(high << 32 | low),
            length,
            body[20 : 20 + captured],
            outgoing=flags & 3 == _OUTBOUND,
        )

    def _simple(self, body: bytes) -> Captured | None:
        """It has no time: that of the packet before."""
        (length,) = struct.unpack_from(f"{self._order}I", body)
        link = self._link(0)
        if link is None:
            return None
        captured = min(length, link.snap or length, len(body) - 4)
        return link.packet(self._last_ns, length, body[4 : 4 + captured])

    def _link(self, number: int) -> _Link | None:
        if number >= len(self._links):
            raise _Broken("a packet is of an interface that is not told")
        link = self._links[number]
        if link.type in LINK_TYPES:
            return link
        self._capture.unread += 1
        return None

    def _options(self, body: bytes, at: int) -> dict[int, bytes]:
        """The first of each kind, until they end or make no sense."""
        found: dict[int, bytes] = {}
        while at + 4 <= len(body):
            kind, size = struct.unpack_from(f"{self._order}HH", body, at)
            at += 4
            if not kind or at + size > len(body):
                break
            found.setdefault(kind, body[at : at + size])
            at += -(-size // 4) * 4
        return found
