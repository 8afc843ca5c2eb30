"""Large messages from a controller to an agent that can open packed ones (capability `deflate`).

A message of any kind, as one zlib stream, in pieces: binary messages, the six fields of neffos,
then `+`, or `.` in the last, then bytes. They are of one message at a time; others pass between
them. The agent answers each (`piece_ok`), so that no more are on their way than its line takes.
"""

import zlib
from typing import Final

from forepost.wire.uplink.neffos import Malformed

PIECE: Final = 4 << 10
"""A second over 32 kbit/s."""
SMALLEST: Final = 1 << 10
"""Below this nothing is gained."""
PIECE_OK: Final = "piece_ok"
_HEAD: Final = b";forepost;;piece;0;0;"
_MORE, _LAST = b"+", b"."


def pieces_of(message: str) -> list[bytes]:
    """Slow where the message is large."""
    stream = zlib.compress(message.encode())
    cut = [stream[at : at + PIECE] for at in range(0, len(stream), PIECE)]
    return [*(_HEAD + _MORE + one for one in cut[:-1]), _HEAD + _LAST + cut[-1]]


def is_piece(message: bytes) -> bool:
    return message.startswith(_HEAD)


class Pieces:
    """What came of a message. `most`: bytes of it, packed or opened."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._stream = bytearray()

    def take(self, piece: bytes) -> bytes | None:
        """The message, after its last piece. Raises Malformed, and forgets what came of it."""
        mark, data = piece[len(_HEAD) : len(_HEAD) + 1], piece[len(_HEAD) + 1 :]
        if mark not in (_MORE, _LAST):
            self._stream.clear()
            raise Malformed(f"piece: begins with {mark!r}")
        self._stream += data
        if len(self._stream) > self._most:
            self._stream.clear()
            raise Malformed(f"pieces: more than {self._most} bytes")
        if mark == _MORE:
            return None
        stream, self._stream = bytes(self._stream), bytearray()
        return _opened(stream, self._most)


def _opened(stream: bytes, most: int) -> bytes:
    opener = zlib.decompressobj()
    try:
        message = opener.decompress(stream, most)
    except zlib.error as error:
        raise Malformed(f"pieces: not packed: {error}") from None
    if not opener.eof:
        raise Malformed(f"pieces: cut short, or more than {most} bytes when opened")
    if opener.unused_data:
        raise Malformed("pieces: something follows what is packed")
    return message
