"""DNS: what is asked, and what came of it."""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from forepost.wire.base import Wire
from forepost.wire.probes.cost import Cost, of_connecting
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.options import HostOptions

DnsProtocol = Literal["udp", "tcp", "dot", "doh"]


class DnsOptions(HostOptions, frozen=True, kw_only=True):
    """`metadata` of a DNS probe."""

    dns_server: Annotated[str, Meta(max_length=300)] = ""
    """HOST, HOST:PORT, [IPv6]:PORT; for DoH also a URL (without a path: /dns-query). Empty: the
    first nameserver of this host. NetWatcher's agent asks 8.8.8.8 then; ours asks no third party
    that nobody named."""
    record_type: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,16}\Z")] = "A"
    """As in RFC 3597, so that TYPE65534 is one too. PTR of an address asks for its reverse name."""
    protocol: DnsProtocol = "udp"
    """DNS over UDP (over TCP where the answer was cut off), over TCP, over TLS (RFC 7858), over
    HTTPS (RFC 8484). The last two are ours."""
    insecure_tls: bool = False
    """Take any certificate. Ours."""

    def __post_init__(self) -> None:
        if "://" in self.dns_server and self.protocol != "doh":
            raise ValueError(f"dns_server: a URL is for protocol doh, not for {self.protocol}")


class DnsAnswer(Wire, frozen=True, kw_only=True):
    name: str
    type: str
    value: str
    ttl: int


class DnsResult(Wire, frozen=True, kw_only=True):
    """One question. An answer of any code is an answer; without one `response_code` is ERROR."""

    dns_server: str
    """Whom we asked, with the port or as a URL."""
    record_type: str
    query_time_ms: float = 0.0
    """From sending the question to having the whole answer; over TCP and TLS without connecting.
    0 where there is no answer."""
    response_code: str = "ERROR"
    answers: list[DnsAnswer] = []
    """200 at most."""
    raw_response: str = ""
    """The whole message as text, cut at 16,384 characters."""
    error: str = ""
    protocol: str
    target: str
    start_timestamp: datetime
    """This and what follows: ours."""
    stop_timestamp: datetime
    remote_addr: str = ""
    """Address and port. Empty: nothing could be sent (an unknown name, no permission)."""
    connect_ms: float = 0.0
    """Connecting and the TLS handshake, where there is one."""
    retried_over_tcp: bool = False
    """The answer over UDP was cut off; `query_time_ms` is of both."""
    authoritative: bool = False
    authenticated: bool = False
    """The server says that it has checked DNSSEC (AD)."""
    ignored: int = 0
    """Messages that came but were no answer to this question: a wrong id, name or form."""


def _cost(options: DnsOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    if options.protocol in ("dot", "doh"):
        return of_connecting(options, per_sec, 12, 0.5 * per_sec)
    if options.protocol == "tcp":
        return of_connecting(options, per_sec, 8, 0.15 * per_sec)
    return msgspec.structs.replace(
        of_connecting(options, per_sec, 1, 0.12 * per_sec), connections=0.0
    )


KIND: Final = Kind(
    name="DNS",
    options=DnsOptions,
    result=DnsResult,
    cost=_cost,
    most_open=1_000,
    interval_sec=300,
    public=frozenset({"dns_server", "record_type", "protocol", "insecure_tls"}),
)
