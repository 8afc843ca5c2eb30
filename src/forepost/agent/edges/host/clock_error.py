"""How wrong this host's wall clock may be: what the kernel was told by NTP (adjtimex(2))."""

import struct
from typing import Final

_TIMEX: Final = struct.Struct("@Illlli")
"""The beginning of struct timex: modes, offset, freq, maxerror, esterror, status."""
_TIMEX_BYTES: Final = 512
"""More than any of them."""
_TIME_ERROR: Final = 5
_STA_UNSYNC: Final = 0x40
_US: Final = 1_000


def clock_error_ns() -> int | None:
    """A bound, which grows until NTP looks again; None where nobody keeps the clock right."""
    import ctypes  # noqa: PLC0415 - for those who measure one way only

    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    state = ctypes.CDLL(None).adjtimex(buffer)
    _, _, _, max_error_us, _, status = _TIMEX.unpack_from(buffer)
    if state < 0 or state == _TIME_ERROR or status & _STA_UNSYNC:
        return None
    return int(max_error_us) * _US
