"""HTTP: what is asked, and what came of it."""

import re
from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta

from forepost.wire.base import Wire
from forepost.wire.probes.cost import Cost, of_connecting
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.options import Options

HttpStatus = Annotated[int, Meta(ge=100, le=599)]
HeaderValue = Annotated[str, Meta(pattern=r"^[\t -~]*\Z", max_length=8_000)]
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")


class HttpOptions(Options, frozen=True, kw_only=True):
    """`metadata` of an HTTP probe."""

    method: Annotated[str, Meta(pattern=r"^[A-Za-z]{1,20}\Z")] = "GET"
    url: Annotated[str, Meta(max_length=2_000)] = ""
    """Goes before the target; a scheme that is missing is https."""
    expected_status: Annotated[list[HttpStatus], Meta(max_length=50)] = []
    """Empty: anything below 400."""
    expected_content: Annotated[str, Meta(max_length=2_000)] = ""
    content_match_type: Literal["contains", "regex", ""] = "contains"
    headers: Annotated[dict[str, HeaderValue], Meta(max_length=50)] = {}
    follow_redirects: bool = True
    insecure_tls: bool = False

    def __post_init__(self) -> None:
        for name in self.headers:
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError(f"headers: {name!r} is no name of a header")
        if self.content_match_type == "regex":
            try:
                re.compile(self.expected_content)
            except (re.error, OverflowError, RecursionError) as error:
                raise ValueError(f"expected_content: no regular expression: {error}") from None


class CertificateInfo(Wire, frozen=True, kw_only=True):
    subject: str
    """As RFC 4514, the most specific part first: CN=…,O=…,C=…."""
    issuer: str
    not_before: datetime
    not_after: datetime
    days_until_expiry: int
    """Whole days, rounded down: -1 from the first second after it."""
    sans: list[str] = []
    """Names and addresses."""


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
    """Bytes read; reading ends at 1 MiB."""
    content_type: str = ""
    remote_addr: str = ""
    """Address and port. Empty: nothing could be sent (an unknown name, no permission)."""
    protocol: str = ""
    """"HTTP/1.1"."""
    tls_version: str = ""
    tls_cipher_suite: str = ""
    certificate_info: CertificateInfo | None = None
    content_match: bool = False
    content_match_found: str = ""
    """The expected content, where it is there."""
    error: str = ""
    """What went wrong and in which part; also a status or a content that was not expected."""
    final_url: str = ""
    """Where the last request went. This and what follows: ours."""
    redirects: int = 0
    body_truncated: bool = False
    """There was more than 1 MiB."""


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
            "content_match_type",
            "follow_redirects",
            "insecure_tls",
        }
    ),
    secret=frozenset({"headers", "expected_content"}),
)
