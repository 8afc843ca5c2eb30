"""Whose process is at the other end of a TCP connection within this host: the kernel knows."""

import os
import socket
import struct
from typing import Final

NETLINK_SOCK_DIAG: Final = 4
SOCK_DIAG_BY_FAMILY: Final = 20
ESTABLISHED: Final = 1
ANY_COOKIE: Final = bytes(4) + b"\xff" * 8
"""Behind the number of an interface: 0, any."""
ANSWER_SEC: Final = 0.5
READ_BYTES: Final = 8_192
_HEAD: Final = struct.Struct("=IHHII")
_ASKED: Final = struct.Struct("=BBBBI")
_PORTS: Final = struct.Struct("!HH")
_FOUND: Final = struct.Struct("=16x x B 2x 48x 12x I I")
"""State, user and inode of `struct inet_diag_msg`."""


def user_of(peer: tuple[str, int], here: tuple[str, int]) -> int | None:
    """The user of the process that holds `peer`, connected to `here`. None where the kernel does
    not say, or nobody holds it any more: of what is closed it says 0.
    """
    try:
        family = socket.AF_INET6 if ":" in peer[0] else socket.AF_INET
        request = (
            _ASKED.pack(family, socket.IPPROTO_TCP, 0, 0, 1 << ESTABLISHED)
            + _PORTS.pack(peer[1], here[1])
            + socket.inet_pton(family, peer[0]).ljust(16, b"\0")
            + socket.inet_pton(family, here[0]).ljust(16, b"\0")
            + ANY_COOKIE
        )
        head = _HEAD.pack(_HEAD.size + len(request), SOCK_DIAG_BY_FAMILY, 1, 1, 0)
        kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC
        with socket.socket(socket.AF_NETLINK, kind, NETLINK_SOCK_DIAG) as kernel:
            kernel.settimeout(ANSWER_SEC)
            kernel.send(head + request)
            answer = kernel.recv(READ_BYTES)
    except OSError:
        return None
    if len(answer) < _FOUND.size or _HEAD.unpack_from(answer)[1] != SOCK_DIAG_BY_FAMILY:
        return None
    state, user, inode = _FOUND.unpack_from(answer)
    return user if state == ESTABLISHED and inode else None


def is_trusted(user: int | None) -> bool:
    """Whether this user can read all that the agent has anyway."""
    return user is not None and user in (0, os.geteuid())
