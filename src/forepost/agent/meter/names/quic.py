"""The first packets of QUIC: RFC 9000, 9001 (version 1) and 9369 (version 2).

Their keys come from the connection id that the client chose: anybody on the way can read them. They
need AES, which the package cryptography has (extra `flows`); without it such packets are
Unreadable. It is imported at the start: later a meter may read no files.
"""

from typing import Final

from forepost.agent.meter.names.reader import Reader, Unreadable

try:
    from forepost.agent.meter.names.quic_keys import Keys
except ImportError:
    Keys = None  # type: ignore[assignment,misc]

V1, V2 = 1, 0x6B33_43CF
_VERSIONS: Final = (V1, V2)
_INITIAL: Final = {V1: 0, V2: 1}
"""What the two type bits of an Initial packet are."""
LONGEST_ID: Final = 20
MOST_CRYPTO: Final = 16_384
MOST_FRAMES: Final = 256
_PADDING, _PING, _ACK, _ACK_ECN, _CRYPTO = 0, 1, 2, 3, 6


def seems_quic(data: bytes) -> bool:
    """Whether a datagram begins with a long header of a version that is read here."""
    return len(data) > 6 and data[0] & 0xC0 == 0xC0 and int.from_bytes(data[1:5]) in _VERSIONS


class ClientInitials:
    """What the Initial packets of one client carry, put together."""

    def __init__(self, data: bytes) -> None:
        """`data`: its first datagram. Raises Short, Unreadable."""
        reader = Reader(data, 1)
        self._version = reader.number(4)
        if self._version not in _VERSIONS or Keys is None:
            raise Unreadable
        self._keys = Keys(self._version, _connection_id(reader))
        self._crypto: dict[int, bytes] = {}

    def add(self, data: bytes) -> None:
        """Take a datagram's Initial packets; a server's have other keys. Raises Unreadable."""
        reader = Reader(data)
        for _ in range(4):
            if reader.left < 7 or not data[reader.at] & 0x80:
                return
            self._packet(reader)

    def message(self) -> bytes:
        """What there is from the beginning without a gap."""
        joined = b""
        for offset in sorted(self._crypto):
            if offset > len(joined):
                break
            joined += self._crypto[offset][len(joined) - offset :]
        return joined

    def _packet(self, reader: Reader) -> None:
        start = reader.at
        first = reader.number(1)
        if reader.number(4) != self._version:
            raise Unreadable
        _connection_id(reader)
        _connection_id(reader)
        if first >> 4 & 3 != _INITIAL[self._version]:
            raise Unreadable
        reader.skip(_varint(reader))
        length = _varint(reader)
        number_at = reader.at
        reader.skip(length)
        packet = reader.data[start : reader.at]
        self._frames(self._keys.open(packet, number_at - start))

    def _frames(self, plain: bytes) -> None:
        frames = Reader(plain)
        for _ in range(MOST_FRAMES):
            if not frames.left:
                return
            kind = frames.number(1)
            if kind == _CRYPTO:
                offset, size = _varint(frames), _varint(frames)
                if offset + size > MOST_CRYPTO:
                    raise Unreadable
                self._crypto[offset] = max(
                    self._crypto.get(offset, b""), frames.take(size), key=len
                )
            elif kind in (_ACK, _ACK_ECN):
                _acknowledgement(frames, kind)
            elif kind == _PADDING:
                _padding(frames)
            elif kind != _PING:
                return  # the connection ends: nothing of interest follows


def _connection_id(reader: Reader) -> bytes:
    size = reader.number(1)
    if size > LONGEST_ID:
        raise Unreadable
    return reader.take(size)


def _varint(reader: Reader) -> int:
    """RFC 9000, section 16."""
    first = reader.number(1)
    size = 1 << (first >> 6)
    value = first & 0x3F
    return value << 8 * (size - 1) | reader.number(size - 1)


def _acknowledgement(frames: Reader, kind: int) -> None:
    _varint(frames)
    _varint(frames)
    ranges = _varint(frames)
    if ranges > MOST_FRAMES:
        raise Unreadable
    for _ in range(1 + 2 * ranges + (3 if kind == _ACK_ECN else 0)):
        _varint(frames)


def _padding(frames: Reader) -> None:
    data = frames.data
    while frames.left and data[frames.at] == 0:
        frames.at += 1
