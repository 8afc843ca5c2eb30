"""Asks for a URL, and times every part of it."""

import itertools
from http import HTTPStatus
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import msgspec

import forepost
from forepost.agent.edges.dial.http import HttpRequest, HttpResponse, exchange
from forepost.agent.ports.dialer import Failed, Stream, TlsSession
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.cipher_names import iana
from forepost.agent.probes.course import Course
from forepost.agent.probes.hostport import HostPort, host_port
from forepost.kit.clock import Clock
from forepost.wire.probes.http import CertificateInfo, HttpOptions, HttpResult

BODY_BYTES: Final = 1 << 20
MOST_REDIRECTS: Final = 10
MOST_HEADERS: Final = 100
MOST_VALUE: Final = 1_000
PORTS: Final = {"http": 80, "https": 443}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PRIVATE: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
"""Headers that are for the host they were meant for, and for no other."""
_SAFE: Final = "!#$%&'()*+,/:;=?@[]~"
"""What stays as it is in a URL; what is quoted already is, by its %."""


class Url(msgspec.Struct, frozen=True):
    text: str
    scheme: str
    at: HostPort
    path: str

    @property
    def host_header(self) -> str:
        if self.at.port == PORTS[self.scheme]:
            return str(self.at).rpartition(":")[0]
        return str(self.at)

    @property
    def origin(self) -> tuple[str, HostPort]:
        return self.scheme, self.at


def url_of(text: str) -> Url:
    """Raises Failed."""
    full = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(full)
    except ValueError as error:
        raise Failed("denied", f"{text!r}: {error}") from None
    scheme = parts.scheme.lower()
    if scheme not in PORTS:
        raise Failed("denied", f"{text!r}: the scheme is neither http nor https")
    if "@" in parts.netloc:
        raise Failed(
            "denied", "a password in a URL ends up in results; use an Authorization header"
        )
    return Url(parts.geturl(), scheme, host_port(parts.netloc, PORTS[scheme]), _path(parts))


def _path(parts: SplitResult) -> str:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return quote(path, safe=_SAFE)


async def run(options: HttpOptions, target: str, clock: Clock, edges: Edges) -> HttpResult:
    return await _Visit(options, target, clock, edges).run()


class _Visit:
    def __init__(self, options: HttpOptions, target: str, clock: Clock, edges: Edges) -> None:
        self._options, self._clock, self._edges = options, clock, edges
        self._course = Course(clock)
        self._session: TlsSession | None = None
        asked = options.url or target
        self._result = HttpResult(
            start_timestamp=self._course.started,
            stop_timestamp=clock.now(),
            url=asked if not asked or "://" in asked else f"https://{asked}",
        )

    async def run(self) -> HttpResult:
        course = self._course
        error = await course.until(self._options.timeout_sec, self._measure)
        return msgspec.structs.replace(
            self._result,
            stop_timestamp=self._clock.now(),
            remote_addr="" if course.denied else self._result.remote_addr,
            dns_lookup_ms=course.ms("resolve"),
            tcp_connect_ms=course.ms("connect"),
            tls_handshake_ms=course.ms("tls"),
            total_ms=self._result.total_ms or course.total_ms(),
            tls_version=self._session.version if self._session else "",
            tls_cipher_suite=iana(self._session.cipher) if self._session else "",
            certificate_info=self._certificate(self._session) if self._session else None,
            error=error,
        )

    async def _measure(self) -> None:
        with self._course.part("url"):
            first = url = url_of(self._result.url)
        method = self._options.method.upper()
        for redirects in itertools.count():
            self._know(final_url=url.text, redirects=redirects)
            response = await self._ask(url, method, same_origin=url.origin == first.origin)
            to = response.header("location")
            if not (self._options.follow_redirects and to and response.status in _REDIRECTS):
                self._know(total_ms=self._course.total_ms())
                await self._judge(response)
                return
            with self._course.part("redirect"):
                if redirects == MOST_REDIRECTS:
                    raise Failed("wrong", f"more than {MOST_REDIRECTS}")
                url = _next(url, to)
            if response.status == 303 or (response.status in (301, 302) and method == "POST"):
                method = "HEAD" if method == "HEAD" else "GET"

    async def _ask(self, url: Url, method: str, *, same_origin: bool) -> HttpResponse:
        self._course.forget("tls")
        self._session = None
        address = await self._course.resolve(url.at.host, self._edges, self._options.timeout_sec)
        self._know(remote_addr=str(HostPort(address, url.at.port)))
        with self._course.part("connect"):
            stream = await self._edges.dialer.tcp(
                address, url.at.port, interface=self._options.bind_interface
            )
        try:
            if url.scheme == "https":
                stream = await self._secured(stream, url)
            request = HttpRequest(
                method=method,
                path=url.path,
                headers=self._headers(url, with_private=same_origin),
            )
            with self._course.part("response"):
                response = await exchange(stream, request, self._clock, most_bytes=BODY_BYTES)
        finally:
            stream.close()
        self._keep(response)
        return response

    async def _secured(self, stream: Stream, url: Url) -> Stream:
        with self._course.part("tls"):
            secured, self._session = await stream.secure(
                url.at.host,
                check="nothing" if self._options.insecure_tls else "chain and name",
                alpn=("http/1.1",),
            )
        return secured

    def _certificate(self, session: TlsSession) -> CertificateInfo | None:
        """Read after everything has been timed."""
        from forepost.agent.probes import certificates  # noqa: PLC0415 - not before it is needed

        try:
            return certificates.read(session.chain[0]).info(self._clock.now())
        except (certificates.Malformed, IndexError):
            return None  # the handshake stands; there is nothing to tell of it

    def _headers(self, url: Url, *, with_private: bool) -> list[tuple[str, str]]:
        ours = {
            "Host": url.host_header,
            "User-Agent": f"forepost/{forepost.__version__}",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        theirs = {
            name: value
            for name, value in self._options.headers.items()
            if with_private or name.lower() not in _PRIVATE | {"host"}
        }
        named = {name.lower() for name in theirs}
        kept = [(name, value) for name, value in ours.items() if name.lower() not in named]
        return kept + list(theirs.items())

    def _keep(self, response: HttpResponse) -> None:
        headers: dict[str, str] = {}
        for name, value in response.headers:
            if len(headers) < MOST_HEADERS:
                headers.setdefault(_titled(name), value[:MOST_VALUE])
        self._know(
            status_code=response.status,
            status_text=f"{response.status} {response.reason or _phrase(response.status)}".rstrip(),
            protocol=f"HTTP/{response.version}",
            first_byte_ms=self._course.since_start_ms(response.first_byte),
            headers=headers,
            content_type=response.header("content-type")[:MOST_VALUE],
            body_size=len(response.body),
            body_truncated=response.truncated,
        )

    async def _judge(self, response: HttpResponse) -> None:
        """Compare with what was expected."""
        options = self._options
        with self._course.part("status"):
            expected = options.expected_status
            if response.status not in expected if expected else response.status >= 400:
                raise Failed("wrong", f"{self._result.status_text} was not expected")
        if options.expected_content:
            with self._course.part("content"):
                await self._compare(response)

    async def _compare(self, response: HttpResponse) -> None:
        wanted = self._options.expected_content
        text = _text(response)
        if self._options.content_match_type == "regex":
            found = await self._edges.search(wanted, text.encode(), self._options.timeout_sec)
        else:
            found = wanted in text
        if not found:
            raise Failed("wrong", f"{wanted[:100]!r} is not in it")
        self._know(content_match=True, content_match_found=wanted)

    def _know(self, **facts: object) -> None:
        self._result = msgspec.structs.replace(self._result, **facts)


def _next(url: Url, to: str) -> Url:
    try:
        return url_of(urljoin(url.text, to))
    except ValueError as error:
        raise Failed("wrong", f"{to[:100]!r}: {error}") from None
    except Failed as error:
        raise Failed("wrong", error.reason) from None


def _text(response: HttpResponse) -> str:
    """In the charset that it names, else UTF-8; what is not readable is replaced."""
    _, _, parameters = response.header("content-type").lower().partition("charset=")
    charset = parameters.partition(";")[0].strip(" \"'") or "utf-8"
    try:
        return response.body.decode(charset, errors="replace")
    except (LookupError, ValueError):  # no such charset
        return response.body.decode(errors="replace")


def _titled(name: str) -> str:
    """As Go writes them, and so NetWatcher: Content-Type."""
    return "-".join(part.capitalize() for part in name.split("-"))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
