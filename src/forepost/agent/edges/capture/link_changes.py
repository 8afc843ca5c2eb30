"""What the kernel says of one interface: its addresses, and when something of it changes.

rtnetlink(7). Two sockets, so that what is told is never mixed with what is asked for; both are
opened in the interface's network namespace, and need no privilege afterwards.
"""

import ipaddress
import socket
import struct
from typing import Final

_LINK, _IPV4_ADDRESS, _IPV6_ADDRESS = 0x1, 0x10, 0x100
_GET_ADDRESSES, _NEW_ADDRESS, _DONE, _ERROR = 22, 20, 3, 2
_REQUEST, _DUMP = 0x1, 0x300
_HEAD: Final = struct.Struct("=IHHII")
_ABOUT: Final = struct.Struct("=BBBBI")
"""Family, prefix length, flags, scope, interface."""
_ATTRIBUTE: Final = struct.Struct("=HH")
_ADDRESS, _LOCAL = 1, 2
_MOST_BYTES: Final = 65_536
_MOST_READS: Final = 256
_ANSWER_SEC: Final = 1.0


class LinkChanges:
    """Of the interface with a number, which it keeps while it is renamed. Raises OSError."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._told = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE
        )
        try:
            self._told.bind((0, _LINK | _IPV4_ADDRESS | _IPV6_ADDRESS))
            self._asked = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        except BaseException:
            self._told.close()
            raise
        self._asked.settimeout(_ANSWER_SEC)
        self._number = 0

    def fileno(self) -> int:
        """Readable when something changed, of any interface."""
        return self._told.fileno()

    def heard(self) -> bool:
        """Whether something changed since the last call."""
        for number in range(_MOST_READS):
            try:
                self._told.recv(_MOST_BYTES)
            except BlockingIOError:
                return number > 0
            except OSError:  # more than the socket holds: something did
                return True
        return True

    def addresses(self) -> list[str]:
        """Those that it has now, with prefix length; none where the kernel does not answer."""
        self._number += 1
        body = struct.pack("=B7x", socket.AF_UNSPEC)
        head = _HEAD.pack(_HEAD.size + len(body), _GET_ADDRESSES, _REQUEST | _DUMP, self._number, 0)
        found: list[str] = []
        try:
            self._asked.sendto(head + body, (0, 0))
            for _ in range(_MOST_READS):
                if self._read(self._asked.recv(_MOST_BYTES), found):
                    break
        except OSError:
            return []
        return sorted(found)

    def close(self) -> None:
        self._told.close()
        self._asked.close()

    def _read(self, data: bytes, found: list[str]) -> bool:
        """Add what is of this interface; return whether this was the last of it."""
        at = 0
        while at + _HEAD.size <= len(data):
            length, kind, _, number, _ = _HEAD.unpack_from(data, at)
            if length < _HEAD.size:
                return True
            if number == self._number:
                if kind in (_DONE, _ERROR):
                    return True
                if kind == _NEW_ADDRESS:
                    self._take(data[at + _HEAD.size : at + length], found)
            at += -(-length // 4) * 4
        return False

    def _take(self, body: bytes, found: list[str]) -> None:
        _, prefix, _, _, index = _ABOUT.unpack_from(body)
        if index != self._index:
            return
        told: dict[int, bytes] = {}
        at = _ABOUT.size
        while at + _ATTRIBUTE.size <= len(body):
            length, kind = _ATTRIBUTE.unpack_from(body, at)
            if length < _ATTRIBUTE.size:
                break
            told[kind] = body[at + _ATTRIBUTE.size : at + length]
            at += -(-length // 4) * 4
        address = told.get(_LOCAL) or told.get(_ADDRESS)  # of two ends: this one
        if address:
            found.append(f"{ipaddress.ip_address(address)}/{prefix}")
