"""A ring of packets that kernel and process share: TPACKET_V3 (packet(7), packet_mmap.rst)."""

import mmap
import socket
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

SOL_PACKET: Final = 263
_RX_RING, _STATISTICS, _VERSION = 5, 6, 10
_TPACKET_V3: Final = 2
_REQUEST: Final = struct.Struct("=7I")
_BLOCK: Final = struct.Struct("=3I")
"""After 8 bytes: status, number of packets, where the first one is."""
_STATUS: Final = struct.Struct("=I")
_PACKET: Final = struct.Struct("=6I2xH4xI12x2xH4x2xBx6s")
"""struct tpacket3_hdr: next, sec, nsec, captured, length, status, network offset, VLAN TCI; struct
sockaddr_ll behind it: protocol, packet type, address."""
_STATUS_AT: Final = 8
_USER: Final = 1
_VLAN_VALID: Final = 0x10
_COUNTERS: Final = struct.Struct("=3I")

_TAGGED: Final = 0x8100
_TAG_TYPES: Final = frozenset(bytes.fromhex(kind) for kind in ("8100", "88a8", "9100", "9200"))
_PPPOE: Final = 0x8864
_VERSION_OF: Final = {0x0800: 4, 0x86DD: 6}

ETHERNET_HEADER, TAG = 14, 4
OUTGOING: Final = 4


class RingFrame(NamedTuple):
    """A packet from its network header on (SOCK_DGRAM)."""

    at_ns: int
    """Wall clock."""
    ether_type: int
    outgoing: bool
    vlan: int
    """The tag that the kernel took off; 0: none."""
    length: int
    """As it was, without link header."""
    source_mac: bytes
    data: bytes


Seen = tuple[int, int, bool, int, int, bytes, bytes]
"""The fields of Frame."""


class Ring:
    """Takes over an open packet socket (SOCK_DGRAM), before or after it is bound."""

    def __init__(
        self,
        packets: socket.socket,
        *,
        blocks: int,
        block_bytes: int = 1 << 18,
        hold_ms: int = 50,
    ) -> None:
        """`hold_ms`: how long a packet waits for its block to fill up. Raises OSError."""
        self._socket = packets
        # Given back first, where another process had one and died.
        packets.setsockopt(SOL_PACKET, _RX_RING, _REQUEST.pack(0, 0, 0, 0, 0, 0, 0))
        packets.setsockopt(SOL_PACKET, _VERSION, struct.pack("=I", _TPACKET_V3))
        self._blocks, self._block_bytes = blocks, block_bytes
        frames = blocks * block_bytes // 2_048
        packets.setsockopt(
            SOL_PACKET,
            _RX_RING,
            _REQUEST.pack(block_bytes, blocks, 2_048, frames, hold_ms, 0, 0),
        )
        self._memory = mmap.mmap(packets.fileno(), blocks * block_bytes)
        self._view = memoryview(self._memory)
        self._next = 0

    def fileno(self) -> int:
        return self._socket.fileno()

    def frames(self, most_blocks: int) -> Iterator[RingFrame]:
        """What is there, `most_blocks` blocks at most. A block goes back to the kernel when its
        last packet was taken.
        """
        for seen in self.seen(most_blocks):
            yield RingFrame(*seen)

    def seen(self, most_blocks: int) -> Iterator[Seen]:
        """As `frames`, for whoever has no time for names."""
        view, memory = self._view, self._memory
        unpack, ntohs = _PACKET.unpack_from, socket.ntohs
        for _ in range(most_blocks):
            start = self._next * self._block_bytes
            status, count, at = _BLOCK.unpack_from(view, start + _STATUS_AT)
            if not status & _USER:
                return
            at += start
            for _ in range(count):
                step, sec, nsec, captured, length, flags, network, tci, protocol, kind, mac = (
                    unpack(view, at)
                )
                ether_type = ntohs(protocol)
                begin = at + network
                data = memory[begin : begin + captured]
                if flags & _VLAN_VALID and _second_tag(ether_type, data, length):
                    ether_type = _TAGGED
                yield (
                    sec * 1_000_000_000 + nsec,
                    ether_type,
                    kind == OUTGOING,
                    tci & 0xFFF if flags & _VLAN_VALID else 0,
                    length,
                    mac,
                    data,
                )
                at += step
            # Nothing but the status: with it the kernel may write the rest already.
            _STATUS.pack_into(view, start + _STATUS_AT, 0)
            self._next = (self._next + 1) % self._blocks

    def lost(self) -> int:
        """Packets for which there was no room, since the last call."""
        raw = self._socket.getsockopt(SOL_PACKET, _STATISTICS, _COUNTERS.size)
        _, drops, _ = _COUNTERS.unpack(raw)
        return int(drops)

    @property
    def interface(self) -> str:
        """What it listens to: its present name, empty where it is gone."""
        return str(self._socket.getsockname()[0])

    def clear_error(self) -> None:
        """An interface that went down left one, and the socket is readable until it is taken."""
        self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def close(self) -> None:
        self._view.release()
        self._memory.close()


def _second_tag(ether_type: int, data: bytes, length: int) -> bool:
    """Whether tags are left in front of the packet, though `ether_type` is of what is behind them.

    Linux 6.9 and later say so of a frame with two or more; earlier ones said 0x8100. A packet that
    looks the same, and has the length that its own header gives, is none.
    """
    at = 0
    while data[at + 2 : at + 4] in _TAG_TYPES:
        at += 4
    if int.from_bytes(data[at + 2 : at + 4]) != ether_type or len(data) < at + 6:
        return False
    version = _VERSION_OF.get(ether_type)
    if version is None:
        return ether_type != _PPPOE or data[at + 4 : at + 6] == b"\x11\0"
    own = int.from_bytes(data[2:4]) if version == 4 else 40 + int.from_bytes(data[4:6])
    return data[at + 4] >> 4 == version and own != length
