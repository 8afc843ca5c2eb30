"""Names of addresses and addresses of names, by the resolver of this host.

Only of public addresses: a private one means something else at every site, and the controller's own
surroundings are nobody's business.
"""

import asyncio
import re
import socket
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import anyio

from forepost.controller.lookup.subject import Address, as_address
from forepost.controller.outgoing.addresses import why_not_public
from forepost.kit.clock import Clock

THREADS: Final = 8
TIMEOUT_SEC: Final = 2.0
KEPT_SEC: Final = 600.0
KEPT_UNKNOWN_SEC: Final = 60.0
KEPT: Final = 10_000
"""Names in RAM; when full, the one that was asked for least recently goes."""
_NAME: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?")

T = TypeVar("T")


def name_by_system(ip: str) -> str:
    """Raises OSError."""
    return socket.getnameinfo((ip, 0), socket.NI_NAMEREQD)[0]


def addresses_by_system(name: str) -> list[str]:
    """Raises OSError."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Names:
    """A resolver that does not answer holds its threads; who waits gets none after TIMEOUT_SEC."""

    def __init__(
        self,
        clock: Clock,
        name_of: Callable[[str], str] = name_by_system,
        addresses_of: Callable[[str], list[str]] = addresses_by_system,
    ) -> None:
        self._clock, self._name_of, self._addresses_of = clock, name_of, addresses_of
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="names")
        self._known: OrderedDict[Address, tuple[float, str]] = OrderedDict()

    async def of(self, ip: Address) -> str:
        """The name of an address; "" where none is known."""
        if why_not_public(str(ip)):
            return ""
        now = self._clock.monotonic()
        until, name = self._known.get(ip, (0.0, ""))
        if now < until:
            self._known.move_to_end(ip)
            return name
        name = await self._asked(self._name_of, str(ip)) or ""
        name = name if _NAME.fullmatch(name) else ""
        self._known[ip] = (now + (KEPT_SEC if name else KEPT_UNKNOWN_SEC), name)
        self._known.move_to_end(ip)
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return name

    async def public_address(self, name: str) -> Address | None:
        """The first of a name's addresses that is public."""
        for text in await self._asked(self._addresses_of, name) or ():
            address = as_address(text)
            if address is not None and not why_not_public(str(address)):
                return address
        return None

    async def _asked(self, ask: Callable[[str], T], what: str) -> T | None:
        loop = asyncio.get_running_loop()
        with anyio.move_on_after(TIMEOUT_SEC):
            try:
                return await loop.run_in_executor(self._threads, ask, what)
            except (OSError, UnicodeError):
                return None
        return None

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
