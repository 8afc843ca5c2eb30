"""Messages in a smaller form (capability `deflate`), as binary ones: the six fields of neffos, then
a zlib stream instead of the body. Results of one kind are alike: a sixth is left of them.
"""

import zlib
from typing import Final

from forepost.wire.uplink.neffos import Malformed

DEFLATE: Final = "deflate"
"""The capability: a controller opens `report_z`, an agent opens pieces (wire/uplink/pieces.py)."""
REPORT_Z: Final = "report_z"
MOST_OPENED: Final = 1 << 20
"""As much as a message that is not packed may have."""
SMALLEST: Final = 1 << 10
"""Below this nothing is gained."""
_LEVEL: Final = 1
"""A fifth of the time of the usual level, for nearly as much."""
_PLAIN: Final = b";forepost;;report;0;0;"
_PACKED: Final = f";forepost;;{REPORT_Z};0;0;".encode()


def packed(report: str) -> str | bytes:
    """The same report, smaller; small ones as they are."""
    if len(report) < SMALLEST:
        return report
    body = report.encode().removeprefix(_PLAIN)
    return _PACKED + zlib.compress(body, _LEVEL)


def is_packed(message: bytes) -> bool:
    return message.startswith(_PACKED)


def opened(message: bytes) -> bytes:
    """The report that was packed. Raises Malformed; never makes more of it than MOST_OPENED."""
    stream = zlib.decompressobj()
    try:
        body = stream.decompress(message[len(_PACKED) :], MOST_OPENED)
    except zlib.error as error:
        raise Malformed(f"body: not packed: {error}") from None
    if not stream.eof:
        raise Malformed(f"body: cut short, or more than {MOST_OPENED} bytes when opened")
    if stream.unused_data:
        raise Malformed("body: something follows what is packed")
    return _PLAIN + body
