"""Tells that addresses, links or routes of this host changed; what changed is read anew.

The kernel says more than changes (lifetimes of addresses, a radio's quality), so what it says is
not looked at: it only is the moment to look (rtnetlink(7), multicast groups).
"""

import asyncio
import errno
import socket
from typing import Final

LINK, IPV4_ADDRESS, IPV4_ROUTE, IPV6_ADDRESS, IPV6_ROUTE = 0x1, 0x10, 0x40, 0x100, 0x400
GROUPS: Final = LINK | IPV4_ADDRESS | IPV4_ROUTE | IPV6_ADDRESS | IPV6_ROUTE
MOST_BYTES: Final = 65_536
MOST_READS: Final = 64
"""At once: whoever loads a whole table says more for seconds."""


class RouteChanges:
    """Open from the first `wait` on; needs no privilege."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    async def wait(self) -> None:
        """Return when something happened since the call before. Raises OSError."""
        opened = self._opened()
        try:
            await asyncio.get_running_loop().sock_recv(opened, MOST_BYTES)
            for _ in range(MOST_READS):
                opened.recv(MOST_BYTES)  # what came with it
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.ENOBUFS:  # more than the socket holds: something happened
                raise

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _opened(self) -> socket.socket:
        if self._socket is None:
            kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK
            opened = socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE)
            try:
                opened.bind((0, GROUPS))
            except BaseException:
                opened.close()
                raise
            self._socket = opened
        return self._socket
