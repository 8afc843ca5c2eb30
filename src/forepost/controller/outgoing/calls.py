"""A conversation with an address that was looked at, within one deadline.

A name is resolved once, every address that it has is checked, and the connection goes to one of
them, so that a name which changes in between leads nowhere. No proxy is asked, and a peer that
drips bytes is cut off by the clock, not by its silence.
"""

import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import anyio
import anyio.to_thread
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from forepost.controller.outgoing.addresses import why_not_public

LOOKUPS: Final = 8

T = TypeVar("T")


class Unsent(Exception):
    """No answer came; the text says why."""


class Unallowed(Exception):
    """Nothing was sent: the address is not one that may be gone to."""


class Calls:
    def __init__(self, *, allow_private: bool, ca_file: str = "", timeout_sec: float) -> None:
        self._allow_private, self._ca_file, self._timeout = allow_private, ca_file, timeout_sec
        self._tls: ssl.SSLContext | None = None
        self._lookups = anyio.CapacityLimiter(LOOKUPS)

    async def call(
        self, host: str, port: int, say: Callable[[ByteStream], Awaitable[T]], *, tls: bool = False
    ) -> T:
        """Connect and return what `say` makes of it. Raises Unsent and Unallowed."""
        doing = "looking up its name"
        try:
            with anyio.fail_after(self._timeout):
                addresses = await self._allowed(host, port)
                doing = "connecting"
                stream = await self._connect(host, port, addresses, tls=tls)
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

    async def _allowed(self, host: str, port: int) -> list[str]:
        """The addresses of a name. Raises Unallowed when one of them is not public."""
        try:
            found = await anyio.to_thread.run_sync(
                _look_up, host, port, abandon_on_cancel=True, limiter=self._lookups
            )
        except (socket.gaierror, UnicodeError) as error:
            raise Unsent(f"its name is not known: {error}") from None
        if not self._allow_private:
            for address in found:
                if kind := why_not_public(address):
                    raise Unallowed(f"{address} is not allowed: {kind}")
        return found

    async def _connect(
        self, host: str, port: int, addresses: list[str], *, tls: bool
    ) -> ByteStream:
        refusal: OSError = OSError("no address")
        for address in addresses:
            try:
                stream: ByteStream = await anyio.connect_tcp(address, port)
            except OSError as error:
                refusal = error.__cause__ if isinstance(error.__cause__, OSError) else error
                continue
            return await self._secured(stream, host) if tls else stream
        raise refusal

    async def _secured(self, stream: ByteStream, host: str) -> ByteStream:
        if self._tls is None:
            self._tls = trusted(self._ca_file)
        try:
            return await TLSStream.wrap(
                stream, server_side=False, hostname=host, ssl_context=self._tls
            )
        except BaseException:
            await anyio.aclose_forcefully(stream)
            raise


def trusted(ca_file: str) -> ssl.SSLContext:
    """The system's roots, and those of `ca_file` beside them. Raises OSError."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
