"""A conversation with an address that was looked at, within one deadline.

A name is resolved once, every address that it has is checked, and the connection goes to one of
them, also through a proxy, so that a name which changes in between leads nowhere. A peer that drips
bytes is cut off by the clock, not by its silence.
"""

import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

import anyio
import anyio.to_thread
from anyio.abc import ByteStream, SocketStream
from anyio.streams.tls import TLSStream

from forepost.controller.outgoing.addresses import why_not_public
from forepost.controller.outgoing.route import DIRECT, Route
from forepost.kit.clock import SystemClock
from forepost.kit.happy_eyeballs import beside, connect_first, interleaved, peer_of, put_last
from forepost.kit.name_lookup import Goal, NotReached, look_up
from forepost.kit.proxies import Proxy
from forepost.kit.settings import WrongSettings
from forepost.kit.tunnel import ProxyAway, through

LOOKUPS: Final = 8

T = TypeVar("T")


class Unsent(Exception):
    """No answer came; the text says why."""


class Unallowed(Exception):
    """Nothing was sent: the address is not one that may be gone to."""


class Calls:
    def __init__(
        self,
        *,
        allow_private: bool,
        ca_file: str = "",
        timeout_sec: float,
        route: Route = DIRECT,
    ) -> None:
        self._allow_private, self._ca_file, self._timeout = allow_private, ca_file, timeout_sec
        self._route, self._clock = route, SystemClock()
        self._tls: ssl.SSLContext | None = None
        self._lookups = anyio.CapacityLimiter(LOOKUPS)

    async def call(
        self, host: str, port: int, say: Callable[[ByteStream], Awaitable[T]], *, tls: bool = False
    ) -> T:
        """Connect and return what `say` makes of it. Raises Unsent and Unallowed."""
        doing = "looking up its name"
        until = self._clock.monotonic() + self._timeout
        proxy = self._route.proxy_for(host, port)
        try:
            with anyio.fail_after(self._timeout):
                if proxy is not None and self._route.resolves and not _is_numeric(host):
                    self._check_name(host)
                    make = partial(through, proxy, [host], port, until, self._clock)
                else:
                    goals = await self._allowed(host, port, until)
                    make = partial(self._reach, proxy, goals, port, until)
                doing = "connecting"
                stream = await self._connect(host, make, proxy, tls=tls)
                doing = "waiting for its answer"
                try:
                    return await say(stream)
                finally:
                    await anyio.aclose_forcefully(stream)
        except TimeoutError:
            raise Unsent(f"{self._timeout:g} s were over while {doing}") from None
        except ssl.SSLCertVerificationError as error:
            raise Unsent(f"certificate: {error.verify_message}") from None
        except ssl.SSLError as error:
            raise Unsent(f"TLS: {error.reason or error}") from None
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            raise Unsent(f"the connection was closed while {doing}") from None
        except OSError as error:
            # asyncio's own text has the address in it, and no reason
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise Unsent(f"{doing}: {reason}") from None

    async def _allowed(self, host: str, port: int, until: float) -> list[Goal]:
        """The addresses of a name. Raises Unallowed when one of them is not public."""
        do = partial(look_up, host, port, until, self._clock)
        try:
            found = await anyio.to_thread.run_sync(
                do, abandon_on_cancel=True, limiter=self._lookups
            )
        except (socket.gaierror, UnicodeError, NotReached) as error:
            hint = " (outgoing.proxy_resolves)" if self._route.proxy_for(host, port) else ""
            raise Unsent(f"its name is not known: {error}{hint}") from None
        if not self._allow_private:
            for address in dict.fromkeys(str(goal[1][0]) for goal in found):
                if kind := why_not_public(address):
                    raise Unallowed(f"{address} is not allowed: {kind}")
        return found

    def _check_name(self, host: str) -> None:
        """What can be told of a name that the proxy looks up. Raises Unallowed."""
        name = host.rstrip(".").lower()
        if not self._allow_private and (name == "localhost" or name.endswith(".localhost")):
            raise Unallowed(f"{host} is not allowed: loopback")

    def _reach(
        self, proxy: Proxy | None, goals: list[Goal], port: int, until: float
    ) -> socket.socket:
        """In a thread: to one of these addresses and nowhere else."""
        if proxy is None:
            return connect_first(goals, until, self._clock)
        addresses = [str(goal[1][0]) for goal in interleaved(goals)]
        return through(proxy, addresses, port, until, self._clock)

    async def _connect(
        self, host: str, make: Callable[[], socket.socket], proxy: Proxy | None, *, tls: bool
    ) -> ByteStream:
        try:
            opened = await beside(make)
        except NotReached as error:
            if proxy is None:
                raise
            # Where it stands is the operator's to know, not whoever's who reads the log.
            if isinstance(error, ProxyAway):
                raise Unsent("the proxy (outgoing.proxy) cannot be reached") from None
            raise Unsent(str(error).replace(str(proxy), "(outgoing.proxy)")) from None
        peer = peer_of(opened)
        stream = await SocketStream.from_socket(opened)
        return await self._secured(stream, host, peer) if tls else stream

    async def _secured(self, stream: ByteStream, host: str, peer: str) -> ByteStream:
        if self._tls is None:
            self._tls = trusted(self._ca_file)
        try:
            return await TLSStream.wrap(
                stream, server_side=False, hostname=host, ssl_context=self._tls
            )
        except BaseException:
            put_last(peer, self._clock)
            await anyio.aclose_forcefully(stream)
            raise


def trusted(ca_file: str) -> ssl.SSLContext:
    """The system's roots, and those of `ca_file` beside them. Raises OSError."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def check_trusted(ca_file: str, key: str) -> None:
    """Raises WrongSettings, which names the key and the file."""
    if ca_file:
        try:
            trusted(ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise WrongSettings(f"{key}: {ca_file}: {error.strerror or error}") from None


def _is_numeric(host: str) -> bool:
    """However an address is written: a proxy would understand it too."""
    try:
        socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return False
    return True
