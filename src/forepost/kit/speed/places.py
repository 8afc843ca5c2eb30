"""Connections that have proved nothing yet: so many, and room for a newcomer always. Pure but for
its lock.
"""

import ipaddress
import threading
from collections import Counter
from typing import Final, Generic, TypeVar

C = TypeVar("C")

MOST: Final = 64
MOST_EACH: Final = 40
"""Of one address, or one /64: a test has 33 connections, which may come all at once."""


class Places(Generic[C]):
    """Used by a thread for each connection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._strangers: dict[C, str] = {}
        """By age, with who it is."""

    def enter(self, connection: C, address: str) -> C | None:
        """Return one that is to be cut off for it: the oldest of whoever has the most."""
        peer = _network(address)
        with self._lock:
            gone: C | None = None
            count = Counter(self._strangers.values())
            if count[peer] >= MOST_EACH:
                gone = self._oldest(peer)
            elif len(self._strangers) >= MOST:
                gone = self._oldest(count.most_common(1)[0][0])
            if gone is not None:
                del self._strangers[gone]
            self._strangers[connection] = peer
            return gone

    def leave(self, connection: C) -> None:
        """It has proved who it is, or is gone."""
        with self._lock:
            self._strangers.pop(connection, None)

    def _oldest(self, peer: str) -> C:
        return next(one for one, of in self._strangers.items() if of == peer)


def _network(address: str) -> str:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(getattr(found, "ipv4_mapped", None) or found)
