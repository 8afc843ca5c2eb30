"""The first packets of QUIC: RFC 9000, 9001 (version 1), 9369 (version 2), drafts 29 to 34.

Their keys come from the connection id that the client chose: anybody on the way can read them. They
need AES, which the package cryptography has (extra `flows`); without it such packets are
Unreadable. It is imported at the start: later a meter may read no files.
"""

from typing import Any, Final

from forepost.agent.meter.names.reader import Reader, Short, Unreadable

try:
    from forepost.agent.meter.names.quic_keys import Keys
except ImportError:
    Keys = None  # type: ignore[assignment,misc]

V1, V2 = 1, 0x6B33_43CF
_DRAFTS: Final = range(0xFF00_001D, 0xFF00_0023)
"""29 to 34."""
_VERSIONS: Final = frozenset({V1, V2, *_DRAFTS})
_TYPES_V2: Final = {0: "retry", 1: "initial", 2: "0-rtt", 3: "handshake"}
_TYPES: Final = {0: "initial", 1: "0-rtt", 2: "handshake", 3: "retry"}
LONGEST_ID: Final = 20
MOST_CRYPTO: Final = 16_384
MOST_FRAMES: Final = 256
MOST_PACKETS: Final = 8
"""In one datagram."""
MOST_KEYS: Final = 3
"""Of one client: after a Retry it goes on with others."""
_NEGOTIATION: Final = 0
_PADDING, _PING, _ACK, _ACK_ECN, _CRYPTO = 0, 1, 2, 3, 6


def may_be_quic(data: bytes) -> bool:
    """Whether a datagram has QUIC's fixed bit: the first one seen need not be the first one."""
    return len(data) > 20 and bool(data[0] & 0x40)


def seems_quic(data: bytes) -> bool:
    """Whether a datagram begins with a long header of a version that is read here, or one that
    says which versions there are.
    """
    if len(data) < 7 or not data[0] & 0x80 or data[5] > LONGEST_ID:
        return False
    version = int.from_bytes(data[1:5])
    if version == _NEGOTIATION:
        return _names_versions(data)
    return version in _VERSIONS and bool(data[0] & 0x40)


def _names_versions(data: bytes) -> bool:
    """RFC 9000, section 17.2.1."""
    reader = Reader(data, 5)
    try:
        _connection_id(reader)
        _connection_id(reader)
    except (Short, Unreadable):
        return False
    listed = data[reader.at :]
    numbers = {int.from_bytes(listed[at : at + 4]) for at in range(0, len(listed), 4)}
    return not len(listed) % 4 and not numbers.isdisjoint(_VERSIONS)


class ClientInitials:
    """What the Initial packets of one client carry, put together."""

    def __init__(self) -> None:
        self._keys: dict[tuple[int, bytes], Any] = {}
        self._crypto: dict[int, bytes] = {}

    @property
    def begun(self) -> bool:
        """Whether one was read."""
        return bool(self._keys)

    def add(self, data: bytes) -> bool:
        """Take a datagram's Initial packets, whatever else is before and behind them; return
        whether there was one of the client's. A server's have other keys. Raises Short.
        """
        reader = Reader(data)
        taken = False
        for _ in range(MOST_PACKETS):
            if reader.left < 7 or not data[reader.at] & 0x80:
                break
            try:
                taken = self._packet(reader) or taken
            except (Short, Unreadable):
                break
        return taken

    def message(self) -> bytes:
        """What there is from the beginning without a gap."""
        joined = b""
        for offset in sorted(self._crypto):
            if offset > len(joined):
                break
            joined += self._crypto[offset][len(joined) - offset :]
        return joined

    def _packet(self, reader: Reader) -> bool:
        """Go behind one packet; return whether it was an Initial of the client."""
        start = reader.at
        first, version = reader.number(1), reader.number(4)
        if version not in _VERSIONS:
            raise Unreadable
        target = _connection_id(reader)
        _connection_id(reader)
        kind = (_TYPES_V2 if version == V2 else _TYPES)[first >> 4 & 3]
        if kind == "retry":  # it has no length
            reader.rest()
            return False
        if kind == "initial":
            reader.skip(_varint(reader))
        length = _varint(reader)
        number_at = reader.at
        reader.skip(length)
        if kind != "initial":
            return False
        packet = reader.data[start : reader.at]
        return self._open(version, target, packet, number_at - start)

    def _open(self, version: int, target: bytes, packet: bytes, number_at: int) -> bool:
        """With the keys of the client's first packet, or of this one."""
        if Keys is None:
            raise Unreadable
        own = version, target
        known = own in self._keys
        for place in [*self._keys, *(() if known else (own,))]:
            keys = self._keys.get(place) or Keys(*place)
            try:
                plain = keys.open(packet, number_at)
            except Unreadable:
                continue
            if place not in self._keys:
                if len(self._keys) >= MOST_KEYS:
                    raise Unreadable
                self._keys[place] = keys
                self._crypto.clear()  # of a connection that begins again
            self._frames(plain)
            return True
        return False

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
