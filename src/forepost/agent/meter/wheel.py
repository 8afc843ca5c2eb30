"""When flows end: each is looked at again at the moment at which it would, and not before. Pure."""

from collections.abc import Iterator
from typing import Final

from forepost.agent.meter import packet as packets
from forepost.wire.flows.meter import CLOSED, FLAGS_AT, IDLE, LAST_SEEN_AT, PROTOCOL_AT, TIME

SECOND_NS: Final = 1_000_000_000
_FIN, _RST, _ACK = 1, 4, 16


def closing(key: bytes, row: bytes) -> bool:
    """Whether a TCP connection has begun to end: a FIN with ACK, or a reset."""
    if key[PROTOCOL_AT] != packets.TCP:
        return False
    flags = row[FLAGS_AT] | row[FLAGS_AT + 1]
    return bool(flags & _RST) or flags & (_FIN | _ACK) == _FIN | _ACK


class Wheel:
    """One slot a second; a flow is in one slot."""

    def __init__(self, *, ttl_idle_sec: float, ttl_idle_tcp_sec: float) -> None:
        """`ttl_idle_sec`: for all but TCP, and for TCP that is closing."""
        self._idle_ns = int(ttl_idle_sec * SECOND_NS)
        self._tcp_ns = int(ttl_idle_tcp_sec * SECOND_NS)
        self._known: set[bytes] = set()
        self._slots: dict[int, list[bytes]] = {}
        self._turned_to = 0

    def __len__(self) -> int:
        return len(self._known)

    def saw(self, key: bytes, row: bytes) -> None:
        if key not in self._known:
            self._known.add(key)
            self.put(key, self.deadline_ns(key, row))

    def put(self, key: bytes, deadline_ns: int) -> None:
        slot = max(-(-deadline_ns // SECOND_NS), self._turned_to + 1)
        self._slots.setdefault(slot, []).append(key)

    def due(self, now_ns: int) -> Iterator[bytes]:
        """Flows whose deadline may have passed: `put` them again, or `forget` them."""
        now = now_ns // SECOND_NS
        for slot in sorted(slot for slot in self._slots if slot <= now):
            self._turned_to = max(self._turned_to, slot)
            yield from self._slots.pop(slot)
        self._turned_to = max(self._turned_to, now)

    def forget(self, key: bytes) -> None:
        self._known.discard(key)

    def deadline_ns(self, key: bytes, row: bytes) -> int:
        (last_ns,) = TIME.unpack_from(row, LAST_SEEN_AT)
        slow = key[PROTOCOL_AT] == packets.TCP and not closing(key, row)
        return int(last_ns) + (self._tcp_ns if slow else self._idle_ns)

    @staticmethod
    def reason(key: bytes, row: bytes) -> int:
        return CLOSED if closing(key, row) else IDLE
