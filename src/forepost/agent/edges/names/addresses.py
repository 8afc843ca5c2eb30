"""Turns names into addresses, in threads: the system's resolver may block for half a minute."""

import socket
from typing import Any, Final

import anyio
import anyio.to_thread

from forepost.agent.ports.net import FAMILIES, Family, Resolved

MOST_LOOKUPS: Final = 8
"""A look-up that was given up still occupies its thread until the system gives up too."""


def numeric(address: str) -> tuple[socket.AddressFamily, tuple[Any, ...]] | None:
    """Decode an IPv4 or IPv6 address (with scope, with brackets); None for anything else."""
    bare = address[1:-1] if address.startswith("[") and address.endswith("]") else address
    try:
        found = socket.getaddrinfo(bare, None, flags=socket.AI_NUMERICHOST, type=socket.SOCK_RAW)
    except (OSError, ValueError):
        return None
    family, _, _, _, to = found[0]
    return family, to


class Names:
    """Resolves names in threads, so many at a time."""

    def __init__(self) -> None:
        self._limit: anyio.CapacityLimiter | None = None

    async def resolve(self, name: str, *, family: Family, timeout_sec: float) -> Resolved:
        found = numeric(name)
        if found is not None:
            return _wanted(name.strip("[]"), found[0], family)
        self._limit = self._limit or anyio.CapacityLimiter(MOST_LOOKUPS)
        with anyio.move_on_after(timeout_sec):
            return await anyio.to_thread.run_sync(
                _look_up, name, family, limiter=self._limit, abandon_on_cancel=True
            )
        return Resolved(reason=f"{name}: no answer from the resolver in {timeout_sec:g} s")


def _wanted(address: str, found: socket.AddressFamily, family: Family) -> Resolved:
    if family != "any" and FAMILIES[family] != found:
        return Resolved(reason=f"{address} is no {family} address")
    return Resolved(address)


def _look_up(name: str, family: Family) -> Resolved:
    try:
        found = socket.getaddrinfo(name, None, FAMILIES[family], socket.SOCK_RAW)
    except OSError as error:
        return Resolved(reason=f"{name}: {(error.strerror or str(error)).lower()}")
    except ValueError as error:
        return Resolved(reason=f"{name!r} is no host name: {error}")
    to = found[0][4]
    scope = to[3] if len(to) == 4 else 0
    return Resolved(f"{to[0]!s}%{scope}" if scope else str(to[0]))
