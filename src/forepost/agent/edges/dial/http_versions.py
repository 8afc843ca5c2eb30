"""Which version of HTTP is spoken over a stream."""

from collections.abc import Sequence
from typing import Final

from forepost.agent.edges.dial.http import Http1Exchange, HttpExchange
from forepost.agent.ports.dialer import Failed, Stream, TlsSession
from forepost.kit.clock import Clock
from forepost.wire.probes.http import HttpVersion

HTTP_1, HTTP_2 = "http/1.1", "h2"
_ALPN: Final[dict[HttpVersion, Sequence[str]]] = {
    "auto": (HTTP_2, HTTP_1),
    "1.1": (HTTP_1,),
    "2": (HTTP_2,),
}


def alpn_of(version: HttpVersion) -> Sequence[str]:
    """Return what is offered in TLS, the better one first."""
    return _ALPN[version]


def exchange_over(
    stream: Stream,
    session: TlsSession | None,
    clock: Clock,
    *,
    version: HttpVersion,
    most_bytes: int,
) -> HttpExchange:
    """`session`: of the TLS that it is in; in the clear it is HTTP/1.1, unless HTTP/2 is known
    before (RFC 9113, 3.3). Raises Failed.
    """
    if version == "2" and session is not None and session.alpn != HTTP_2:
        raise Failed("wrong", "the server does not speak HTTP/2")
    if version == "2" or (session is not None and session.alpn == HTTP_2):
        from forepost.agent.edges.dial.http2 import Http2Exchange  # noqa: PLC0415 - 3 MiB

        scheme = "http" if session is None else "https"
        return Http2Exchange(stream, clock, scheme=scheme, most_bytes=most_bytes)
    return Http1Exchange(stream, clock, most_bytes=most_bytes)
