"""Ports of loopback for servers that are told theirs: of this process until it ends.

Whoever binds port 0, closes, and starts a server on what it got may find somebody else there:
another test, or the near end of any connection. So these are below those that the kernel gives out
by itself, and a byte that is locked says to all tests of this machine that one is taken.
"""

import errno
import fcntl
import os
import random
import socket
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

PORTS: Final = range(12_000, 32_000)
_given: Final[set[int]] = set()


def free_port() -> int:
    for port in random.sample(PORTS, len(PORTS)):
        if port not in _given and _locked(port) and _nobody_has(port):
            _given.add(port)
            return port
    raise AssertionError("no port is free")


def _locked(port: int) -> bool:
    """The kernel forgets the locks of a process that has ended."""
    try:
        fcntl.lockf(_book(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except (BlockingIOError, PermissionError):
        return False
    return True


@cache
def _book() -> int:
    """Never closed: closing it once would unlock all."""
    path = Path(tempfile.gettempdir(), f"forepost-test-ports-{os.geteuid()}")
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _nobody_has(port: int) -> bool:
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(family, kind) as tried:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    tried.bind((host, port))
                except OSError as error:
                    if error.errno == errno.EADDRINUSE:
                        return False
    return True
