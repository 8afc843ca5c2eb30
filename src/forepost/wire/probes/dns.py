"""DNS: what is asked, and what came of it."""

import ipaddress
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from forepost.wire.base import Wire
from forepost.wire.probes.cost import Cost, of_connecting
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.options import HostOptions

DnsProtocol = Literal["udp", "tcp", "dot", "doh"]
DnsClass = Literal["IN", "CH", "HS"]
DnsMatch = Literal["any", "all", "exactly"]
DohMethod = Literal["POST", "GET"]
EdnsRefusal = Literal["", "FORMERR", "NOTIMP", "silence"]
ServerName = Annotated[str, Meta(min_length=1, max_length=300)]
RcodeName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{1,16}\Z")]
ExpectedValue = Annotated[str, Meta(min_length=1, max_length=4_096)]
RCODES: Final = frozenset(
    {
        "NOERROR",
        "FORMERR",
        "SERVFAIL",
        "NXDOMAIN",
        "NOTIMP",
        "REFUSED",
        "YXDOMAIN",
        "YXRRSET",
        "NXRRSET",
        "NOTAUTH",
        "NOTZONE",
        "DSOTYPENI",
        "BADVERS",
        "BADSIG",
        "BADKEY",
        "BADTIME",
        "BADMODE",
        "BADNAME",
        "BADALG",
        "BADTRUNC",
        "BADCOOKIE",
    }
)
"""Those of IANA's list that an answer to a question may have."""
MOST_SERVERS: Final = 16
LEAST_EDNS_SIZE: Final = 512


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
    """Take any certificate. Ours, as all that follows."""
    tls_name: Annotated[str, Meta(max_length=253)] = ""
    """Whose certificate it must be (DoT, DoH), where the server is named by its address."""
    doh_method: DohMethod = "POST"
    more_servers: Annotated[list[ServerName], Meta(max_length=MOST_SERVERS - 1)] = []
    """Asked the same beside `dns_server`, all at once. The worst answer is the result's; each
    server has its row."""
    record_class: DnsClass = "IN"
    """CH for what servers say of themselves: version.bind, id.server (TXT)."""
    recursion_desired: bool = True
    """False: a resolver answers out of its cache, an authoritative server as always."""
    edns_size: Annotated[int, Meta(ge=0, le=65_535)] = 1_232
    """Bytes of an answer that may come in one datagram. 0: no EDNS; else 512 or more. A server that
    cannot do EDNS is asked again without."""
    dnssec_ok: bool = False
    """Ask for the records of DNSSEC, too (DO)."""
    expected_values: Annotated[list[ExpectedValue], Meta(max_length=100)] = []
    """Values of the asked type. Of A and AAAA: addresses or networks, in any spelling; of names: in
    either case, with or without the final dot; of TXT: its strings joined; else as a zone file has
    it."""
    expected_match: DnsMatch = "all"
    """Which of the expected values must be among the answers: any one, all of them, or all and
    nothing beside them."""
    expected_rcodes: Annotated[list[RcodeName], Meta(max_length=32)] = []
    """Codes that are right: NOERROR, NXDOMAIN, REFUSED, ... Empty, with expected values: NOERROR.
    Empty without: any is an answer."""

    def __post_init__(self) -> None:
        for field, server in self._named():
            if "://" in server and self.protocol != "doh":
                raise ValueError(f"{field}: a URL is for protocol doh, not for {self.protocol}")
        if self.tls_name and self.protocol not in ("dot", "doh"):
            raise ValueError(f"tls_name: protocol {self.protocol} has no certificate")
        if 0 < self.edns_size < LEAST_EDNS_SIZE:
            raise ValueError(f"edns_size: 0, or {LEAST_EDNS_SIZE} and more")
        if self.dnssec_ok and not self.edns_size:
            raise ValueError("dnssec_ok: needs EDNS, and edns_size is 0")
        for code in self.expected_rcodes:
            if code.upper() not in RCODES:
                raise ValueError(f"expected_rcodes: {code} is no code of DNS")
        self._check_addresses()

    def _named(self) -> Iterator[tuple[str, str]]:
        yield "dns_server", self.dns_server
        for server in self.more_servers:
            yield "more_servers", server

    def _check_addresses(self) -> None:
        version = {"A": 4, "AAAA": 6}.get(self.record_type.upper())
        if version is None:
            return
        for value in self.expected_values:
            if not _is_network(value.strip(), version):
                raise ValueError(
                    f"expected_values: {value!r} is no IPv{version} address or network,"
                    f" as {self.record_type.upper()} has them"
                )


def _is_network(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_network(text, strict=False).version == version
    except ValueError:
        return False


class DnsAnswer(Wire, frozen=True, kw_only=True):
    name: str
    type: str
    value: str
    """As a zone file has it; the strings of a TXT joined, without quotes (RFC 7208, 3.3)."""
    ttl: int
    strings: list[str] = []
    """Of a TXT that has several, or bytes that are no plain text: each string as it is on the
    wire, with \\DDD for such bytes. Ours."""


class DnsServerResult(Wire, frozen=True, kw_only=True):
    """What one of several servers answered."""

    dns_server: str
    remote_addr: str = ""
    query_time_ms: float = 0.0
    connect_ms: float = 0.0
    response_code: str = "ERROR"
    values: list[str] = []
    """Of the asked type, sorted; 20 at most."""
    error: str = ""
    edns_refused: EdnsRefusal = ""


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
    """Why there is no answer, or in what it is not as expected."""
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
    recursion_available: bool = False
    ignored: int = 0
    """Messages that came but were no answer to this question: a wrong id, name or form."""
    edns_refused: EdnsRefusal = ""
    """How the server met EDNS (silence: for half of the time), before it was asked again without.
    `query_time_ms` is of the second question alone."""
    as_expected: bool | None = None
    """Null: nothing is expected, or there is no answer."""
    servers: list[DnsServerResult] = []
    """Of several, each one, in the order of the options; all above is of the worst."""


def _cost(options: DnsOptions) -> Cost:
    per_sec = (1 + len(options.more_servers)) / options.interval_sec
    if options.protocol in ("dot", "doh"):
        asked = of_connecting(options, per_sec, 12, 0.5 * per_sec)
    elif options.protocol == "tcp":
        asked = of_connecting(options, per_sec, 8, 0.15 * per_sec)
    else:
        asked = msgspec.structs.replace(
            of_connecting(options, per_sec, 1, 0.12 * per_sec), connections=0.0
        )
    return asked


KIND: Final = Kind(
    name="DNS",
    options=DnsOptions,
    result=DnsResult,
    cost=_cost,
    most_open=1_000,
    interval_sec=300,
    public=frozenset(
        {
            "dns_server",
            "more_servers",
            "record_type",
            "record_class",
            "protocol",
            "insecure_tls",
            "tls_name",
            "doh_method",
            "recursion_desired",
            "edns_size",
            "dnssec_ok",
            "expected_match",
            "expected_rcodes",
        }
    ),
    secret=frozenset({"expected_values"}),
)
