"""TLS on a stream, through memory: the chain is to be had whether it can be trusted or not."""

import contextlib
import ssl
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeVar

import anyio.lowlevel

from forepost.agent.cores.tls_messages import SaidHello, certificates, server_hello
from forepost.agent.edges.dial.contexts import HeardTls
from forepost.agent.ports.dialer import (
    NOTHING_OWN,
    Check,
    Failed,
    HandshakeFailed,
    TlsOwn,
    TlsSession,
)
from forepost.kit.idna_name import presented

T = TypeVar("T")
VERSIONS: Final = {
    "SSLv3": "SSL 3.0",
    "TLSv1": "TLS 1.0",
    "TLSv1.1": "TLS 1.1",
    "TLSv1.2": "TLS 1.2",
    "TLSv1.3": "TLS 1.3",
}
MOST_HANDSHAKE: Final = 256 << 10
"""Bytes of a handshake; OpenSSL takes 100 KiB of certificates."""
MOST_EMPTY: Final = 256 << 10
"""Bytes that come before there is any data in them: tickets, alerts, empty records."""
READ_BYTES: Final = 16_384
"""A record."""
_DER: Final = 2
"""_ssl.ENCODING_DER"""


class Plain(Protocol):
    """What TLS needs below it."""

    remote: str

    async def send(self, data: bytes) -> None:
        """Send all of `data`. Raises Failed."""
        ...

    async def receive(self) -> bytes:
        """Return what came, b"" at the end. Raises Failed."""
        ...

    def part(self, data: bytes) -> None:
        """Send without waiting: what the socket does not take at once is lost."""
        ...

    def close(self) -> None:
        """Close the connection; twice is once."""
        ...


class TlsStream:
    """A Stream with TLS over another stream, which it closes too."""

    def __init__(
        self, plain: Plain, context: ssl.SSLContext, server_name: str, alpn: Sequence[str]
    ) -> None:
        self._plain = plain
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        context.set_alpn_protocols(list(alpn))  # copied when the next line makes the connection
        self._suites = {one["id"] & 0xFFFF: one["name"] for one in context.get_ciphers()}
        self._tls = self._wrapped(context, server_name)

    def _wrapped(self, context: ssl.SSLContext, server_name: str) -> ssl.SSLObject:
        try:
            shown = presented(server_name) or None
            return context.wrap_bio(self._in, self._out, server_hostname=shown)
        except ValueError as error:  # an IDNA mistake is one, too
            raise Failed("tls", f"server name {server_name!r}: {error}") from None

    @property
    def remote(self) -> str:
        return self._plain.remote

    async def shake_hands(self) -> TlsSession:
        try:
            await self._pump(self._tls.do_handshake, MOST_HANDSHAKE)
        except Failed as error:
            if not (shown := self._session()).version:
                raise
            refused = bool(shown.chain) and (isinstance(error, (_Alert, _Ended)))
            raise HandshakeFailed(error.kind, error.reason, shown, refused=refused) from None
        return self._session()

    def _session(self) -> TlsSession:
        """Return what is known of it by now."""
        heard = self._tls if isinstance(self._tls, HeardTls) else HeardTls
        hello = server_hello(heard.hello) or SaidHello(version="", cipher=0)
        version = self._tls.version()
        cipher = self._tls.cipher()
        return TlsSession(
            version=VERSIONS.get(version, version) if version else hello.version,
            cipher=cipher[0] if cipher else self._suites.get(hello.cipher, ""),
            alpn=self._tls.selected_alpn_protocol() or "",
            chain=_chain(self._tls) or tuple(certificates(heard.certificate, hello.version)),
            asks_certificate=heard.asks_certificate,
        )

    async def send(self, data: bytes) -> None:
        await self._pump(lambda: self._tls.write(data), MOST_EMPTY)

    async def receive(self) -> bytes:
        await anyio.lowlevel.checkpoint()  # what is in the buffer is read without waiting
        try:
            return await self._pump(lambda: self._tls.read(READ_BYTES), MOST_EMPTY)
        except _Ended:
            return b""

    async def secure(
        self, server_name: str, *, check: Check, alpn: Sequence[str] = (), own: TlsOwn = NOTHING_OWN
    ) -> tuple["TlsStream", TlsSession]:
        raise Failed("tls", "it is inside TLS already")

    def close(self) -> None:
        """Say goodbye without waiting for an answer."""
        with contextlib.suppress(ssl.SSLError, ValueError):
            self._tls.unwrap()  # what it wants to send is in the buffer then
        self._plain.part(self._out.read())
        self._plain.close()

    async def _pump(self, step: Callable[[], T], most_bytes: int) -> T:
        """Do a step of TLS, and move bytes until it is done. Raises Failed."""
        came = 0
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._plain.receive()
                came += len(data)
                if came > most_bytes:
                    reason = f"more than {most_bytes >> 10} KiB of TLS led to nothing"
                    raise Failed("tls", reason) from None
                if data:
                    self._in.write(data)
                else:
                    self._in.write_eof()
                continue
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                raise _Ended from None
            except ssl.SSLError as error:
                self._plain.part(self._out.read())  # the alert that says why
                failed = _Alert if "_ALERT_" in (error.reason or "") else Failed
                raise failed("tls", words(error)) from None
            await self._flush()
            return done

    async def _flush(self) -> None:
        if self._out.pending:
            await self._plain.send(self._out.read())


class _Alert(Failed):
    """The other side said why it ends it."""


class _Ended(Failed):
    def __init__(self) -> None:
        super().__init__("closed", "the connection was closed")


def words(error: ssl.SSLError) -> str:
    """What OpenSSL says, without its numbers and file names."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {error.verify_message}"
    return (error.reason or str(error)).replace("_", " ").lower()


def _chain(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """As the server sent it: by the public way from Python 3.13 on, before that by the one that
    became it; at least its own certificate.
    """
    public: Callable[[], Sequence[bytes]] | None = getattr(tls, "get_unverified_chain", None)
    if public is not None:
        return tuple(public() or ())
    inner: Any = getattr(tls, "_sslobj", None)
    private = getattr(inner, "get_unverified_chain", None)
    if private is not None:
        return tuple(one.public_bytes(_DER) for one in private() or ())
    own = tls.getpeercert(binary_form=True)
    return (own,) if own else ()
