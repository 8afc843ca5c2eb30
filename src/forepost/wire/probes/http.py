"""HTTP: what is asked, and what came of it."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta

from forepost.wire.base import Wire
from forepost.wire.probes.cost import Cost, of_connecting
from forepost.wire.probes.json_path import JsonComparison, json_steps
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.options import HostOptions
from forepost.wire.probes.pem import Pem, check_pem

HttpStatus = Annotated[int, Meta(ge=100, le=599)]
StatusRange = Annotated[str, Meta(pattern=r"^[1-5](xx|XX|[0-9]{2}-[1-5][0-9]{2})\Z")]
HeaderValue = Annotated[str, Meta(pattern=r"^[\t -~]*\Z", max_length=8_000)]
Word = Annotated[str, Meta(pattern=r"^[!-~]*\Z", max_length=8_000)]
Expected = Annotated[str, Meta(max_length=2_000)]
HttpVersion = Literal["auto", "1.1", "2"]
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
MOST_BODY: Final = 65_536


class HttpOptions(HostOptions, frozen=True, kw_only=True):
    """`metadata` of an HTTP probe."""

    method: Annotated[str, Meta(pattern=r"^[A-Za-z]{1,20}\Z")] = "GET"
    url: Annotated[str, Meta(max_length=2_000)] = ""
    """Goes before the target; a scheme that is missing is https."""
    expected_status: Annotated[list[HttpStatus], Meta(max_length=50)] = []
    """Empty, and no ranges: anything below 400."""
    expected_content: Expected = ""
    content_match_type: Literal["contains", "regex", ""] = "contains"
    headers: Annotated[dict[str, HeaderValue], Meta(max_length=50)] = {}
    follow_redirects: bool = True
    insecure_tls: bool = False
    expected_status_ranges: Annotated[list[StatusRange], Meta(max_length=20)] = []
    """Also right: "2xx", "200-299". Ours, as all that follows."""
    unexpected_content: Expected = ""
    """What must not be in it, looked for as `expected_content` is."""
    expected_headers: Annotated[dict[str, Expected], Meta(max_length=20)] = {}
    """Name of a header to a text that must be in it; an empty text: it must be there."""
    json_path: Annotated[str, Meta(max_length=500)] = ""
    """One value of a body in JSON, as RFC 9535 writes it: $.checks[0].state. It must be there."""
    json_comparison: JsonComparison = "=="
    """Where there is a `json_value`. Numbers are compared as numbers; contains looks into texts
    and lists."""
    json_value: Expected = ""
    """As JSON, or a text as it is: 5, true, "5", ready."""
    body: Annotated[str, Meta(max_length=MOST_BODY)] = ""
    """Of the request, in UTF-8; its Content-Type is one of the headers."""
    username: Annotated[str, Meta(max_length=500)] = ""
    """Of HTTP's Basic authentication. Only the first host of a visit is told it, and all that
    follows."""
    password: Annotated[str, Meta(max_length=1_000)] = ""
    bearer_token: Word = ""
    max_redirects: Annotated[int, Meta(ge=0, le=50)] = 10
    """More of them are a failure."""
    compression: bool = False
    """Ask for a compressed body. What comes compressed is undone in any case."""
    http_version: HttpVersion = "auto"
    """auto: HTTP/2 where a server inside TLS has it, else HTTP/1.1. 2: nothing else will do; in the
    clear without asking (RFC 9113, 3.3)."""
    ca_pem: Pem = ""
    """Authorities to trust instead of the host's, in PEM."""
    client_certificate_pem: Pem = ""
    """To be shown to the first host, with its chain, in PEM."""
    client_key_pem: Pem = ""

    def __post_init__(self) -> None:
        for field in ("headers", "expected_headers"):
            check_header_names(field, getattr(self, field))
        if self.content_match_type == "regex":
            for field in ("expected_content", "unexpected_content"):
                _check_expression(field, getattr(self, field))
        for one in self.expected_status_ranges:
            first, last = status_range(one)
            if first > last:
                raise ValueError(f"expected_status_ranges: {one} has no status in it")
        if self.json_path:
            json_steps(self.json_path)
        elif self.json_value:
            raise ValueError("json_path: json_value needs one")
        self._check_authorization()
        check_pem(self.ca_pem, self.client_certificate_pem, self.client_key_pem)

    def _check_authorization(self) -> None:
        named = {
            "username": bool(self.username or self.password),
            "bearer_token": bool(self.bearer_token),
            "headers": any(name.lower() == "authorization" for name in self.headers),
        }
        given = [field for field, is_given in named.items() if is_given]
        if len(given) > 1:
            raise ValueError(f"{given[0]}: {given[1]} says who asks already")
        if ":" in self.username:
            raise ValueError("username: there can be no colon in it")


def check_header_names(field: str, names: Iterable[str]) -> None:
    """Raises ValueError."""
    for name in names:
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{field}: {name!r} is no name of a header")


def status_range(text: str) -> tuple[int, int]:
    """Return the first and the last status of "2xx" or "200-299"."""
    first, _, last = text.lower().partition("-")
    return int(first.replace("x", "0")), int((last or first).replace("x", "9"))


def _check_expression(field: str, text: str) -> None:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{field}: no regular expression: {error}") from None


class CertificateInfo(Wire, frozen=True, kw_only=True):
    subject: str
    """As RFC 4514, the most specific part first: CN=…,O=…,C=…."""
    issuer: str
    not_before: datetime | None
    not_after: datetime | None
    days_until_expiry: int | None
    """Whole days, rounded down: -1 from the first second after it. Null, as of all dates: it cannot
    be read."""
    sans: list[str] = []
    """Names and addresses."""
    serial: str = ""
    """In hex. This and what follows: ours."""
    key: str = ""
    """RSA, EC secp256r1, Ed25519, ...; the OID of one that is not known."""
    key_bits: int = 0
    signature: str = ""
    """sha256_rsa, sha384_ecdsa, ed25519, ...; the OID of one that is not known."""
    unreadable: list[str] = []
    """Fields that are not as they have to be."""


ClientCertificate = Literal["", "asked", "required"]


class HttpResult(Wire, frozen=True, kw_only=True):
    """One request. Times in ms; those of parts that were not reached are 0.

    With redirects the parts are those of the last request, and `total_ms` is of all of them.
    """

    start_timestamp: datetime
    stop_timestamp: datetime
    dns_lookup_ms: float = 0.0
    tcp_connect_ms: float = 0.0
    tls_handshake_ms: float = 0.0
    first_byte_ms: float = 0.0
    """From the start of the probe."""
    total_ms: float = 0.0
    url: str
    status_code: int = 0
    status_text: str = ""
    """With the code: "200 OK"."""
    headers: dict[str, str] = {}
    """The first of each name; 100 at most, values cut at 1,000 characters."""
    body_size: int = 0
    """Bytes read, without content codings; reading ends at 1 MiB."""
    content_type: str = ""
    remote_addr: str = ""
    """Address and port. Empty: nothing could be sent (an unknown name, no permission)."""
    protocol: str = ""
    """"HTTP/1.1", "HTTP/2.0"."""
    tls_version: str = ""
    tls_cipher_suite: str = ""
    certificate_info: CertificateInfo | None = None
    content_match: bool = False
    content_match_found: str = ""
    """NetWatcher's; always empty: results have more readers than what a probe expects."""
    error: str = ""
    """What went wrong and in which part; also a status or a content that was not expected."""
    final_url: str = ""
    """Where the last request went. This and what follows: ours."""
    redirects: int = 0
    body_truncated: bool = False
    """There was more than 1 MiB."""
    transfer_size: int = 0
    """Bytes read as they came, with content codings."""
    content_encoding: str = ""
    json_found: str = ""
    """What `json_path` led to, as JSON, cut at 1,000 characters."""
    earliest_not_after: datetime | None = None
    """When the first certificate of the chain ends, as the server sent it."""
    earliest_days_until_expiry: int | None = None
    client_certificate: ClientCertificate = ""
    """Whether the server asked for a client certificate, and did nothing without one."""
    missed_addrs: list[str] = []
    """Addresses of the name that were tried before and did not answer, with their reasons."""


def _cost(options: HttpOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    return of_connecting(options, per_sec, 12, 0.5 * per_sec)


KIND: Final = Kind(
    name="HTTP",
    options=HttpOptions,
    result=HttpResult,
    cost=_cost,
    most_open=500,
    target="url",
    named_in="url",
    public=frozenset(
        {
            "method",
            "url",
            "expected_status",
            "expected_status_ranges",
            "content_match_type",
            "follow_redirects",
            "max_redirects",
            "insecure_tls",
            "json_path",
            "json_comparison",
            "compression",
            "http_version",
            "ca_pem",
            "client_certificate_pem",
        }
    ),
    secret=frozenset(
        {
            "headers",
            "body",
            "expected_content",
            "unexpected_content",
            "expected_headers",
            "json_value",
            "username",
            "password",
            "bearer_token",
            "client_key_pem",
        }
    ),
)
