"""Whether what we send gets anywhere while nothing is heard: a large message over a slow line."""

import fcntl
import socket
import struct
from typing import Final

_WAITS: Final = 0x5411
"""SIOCOUTQ: bytes that are not acknowledged."""
_INFO_BYTES: Final = 128
_ACKED_AT: Final = 120
"""`tcpi_bytes_acked` in the kernel's `tcp_info`."""


class Outward:
    """Asks the kernel. What is taken at once says nothing: a kernel does that for a program that is
    stuck. What waited, and went on, does.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._waited, self._acked = False, 0

    def moved(self) -> bool:
        """Whether something that waited at the last look has been acknowledged since; never where
        the kernel does not tell.
        """
        try:
            info = self._line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
            (acked,) = struct.unpack_from("=Q", info, _ACKED_AT)
            (waits,) = struct.unpack("i", fcntl.ioctl(self._line.fileno(), _WAITS, bytes(4)))
        except (OSError, ValueError, struct.error):
            return False
        moved = self._waited and acked > self._acked
        self._waited, self._acked = waits > 0, acked
        return bool(moved)
