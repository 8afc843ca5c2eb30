"""Asks for a URL, and times every part of it."""

import itertools
from base64 import b64encode
from http import HTTPStatus
from typing import Final

import msgspec

import forepost
from forepost.agent.edges.dial.http import HttpExchange, HttpRequest, ResponseHead, WantsHttp1
from forepost.agent.edges.dial.http_versions import alpn_of, exchange_over
from forepost.agent.ports.dialer import (
    Failed,
    HandshakeFailed,
    Stream,
    TlsOwn,
    TlsSession,
)
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.cipher_names import iana
from forepost.agent.probes.course import Course
from forepost.agent.probes.hostport import HostPort
from forepost.agent.probes.http import content_codings, expectations
from forepost.agent.probes.http.body import MOST_BYTES, HttpBody, body_of, codings_of
from forepost.agent.probes.http.cookies import Cookies
from forepost.agent.probes.http.url import Url, next_url, url_of
from forepost.agent.probes.own_tls import own_of
from forepost.agent.probes.reach import reach
from forepost.agent.probes.refusal import ENDED, in_words
from forepost.kit.clock import Clock
from forepost.wire.probes.http import HttpOptions, HttpResult, HttpVersion

MOST_HEADERS: Final = 100
MOST_VALUE: Final = 1_000
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PRIVATE: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
"""Headers that are for the host they were meant for, and for no other."""


async def run(options: HttpOptions, target: str, clock: Clock, edges: Edges) -> HttpResult:
    return await _Visit(options, target, clock, edges).run()


class _Visit:
    def __init__(self, options: HttpOptions, target: str, clock: Clock, edges: Edges) -> None:
        self._options, self._clock, self._edges = options, clock, edges
        self._course = Course(clock)
        self._session: TlsSession | None = None
        self._exchange: HttpExchange | None = None
        self._head: ResponseHead | None = None
        self._body: HttpBody | None = None
        self._cookies = Cookies()
        self._complaint = ""
        """What is wrong by the head of the last response alone."""
        asked = options.url or target
        self._result = HttpResult(
            start_timestamp=self._course.started,
            stop_timestamp=clock.now(),
            url=asked if not asked or "://" in asked else f"https://{asked}",
        )

    async def run(self) -> HttpResult:
        course = self._course
        error = await course.until(self._options.timeout_sec, self._measure)
        ended = self._clock.now()
        total_ms = course.total_ms()
        if self._head is not None and self._body is None:
            self._show(self._head, whole=False)
        return msgspec.structs.replace(
            self._result,
            stop_timestamp=ended,
            remote_addr="" if course.denied else self._result.remote_addr,
            dns_lookup_ms=course.ms("resolve"),
            tcp_connect_ms=course.ms("connect"),
            tls_handshake_ms=course.ms("tls"),
            total_ms=self._result.total_ms or total_ms,
            tls_version=self._session.version if self._session else "",
            tls_cipher_suite=iana(self._session.cipher) if self._session else "",
            **self._certificates(self._session),
            error=self._complaint or error,
        )

    async def _measure(self) -> None:
        with self._course.part("url"):
            first = url = url_of(self._result.url)
        method = self._options.method.upper()
        body = self._options.body.encode()
        visited = set[tuple[str, str, str]]()
        for redirects in itertools.count():
            self._know(final_url=url.text, redirects=redirects)
            visited.add(self._step(method, url))
            to = await self._ask(url, method, body, same_origin=url.origin == first.origin)
            if to is None:
                return
            status = self._result.status_code
            if status == 303 or (status in (301, 302) and method == "POST"):
                method, body = "HEAD" if method == "HEAD" else "GET", b""
            with self._course.part("redirect"):
                if redirects == self._options.max_redirects:
                    raise Failed("wrong", f"more than {self._options.max_redirects}")
                url = to
                if self._step(method, url) in visited:
                    raise Failed("wrong", f"a loop: {url.text[:MOST_VALUE]} was asked already")

    def _step(self, method: str, url: Url) -> tuple[str, str, str]:
        """What makes one request like another: a site may send back to one page with a cookie."""
        return method, url.text.partition("#")[0], self._cookies.header(url)

    async def _ask(self, url: Url, method: str, body: bytes, *, same_origin: bool) -> Url | None:
        """Return where the response leads; None where it is the one to be looked at."""
        version = self._options.http_version
        try:
            return await self._ask_in(version, url, method, body, same_origin=same_origin)
        except WantsHttp1:
            if version != "auto":
                raise
            return await self._ask_in("1.1", url, method, body, same_origin=same_origin)

    async def _ask_in(
        self, version: HttpVersion, url: Url, method: str, body: bytes, *, same_origin: bool
    ) -> Url | None:
        self._course.forget("tls")
        self._session = self._head = None
        stream = await self._connected(url.at)
        try:
            if url.scheme == "https":
                stream = await self._secured(stream, url, version, same_origin=same_origin)
            request = HttpRequest(
                method=method,
                path=url.path,
                headers=self._headers(url, with_private=same_origin),
                body=body,
            )
            with self._course.part("response"):
                self._exchange = exchange_over(
                    stream,
                    self._session,
                    self._clock,
                    version=version,
                    most_bytes=MOST_BYTES,
                )
                head = await self._answer(self._exchange, request)
            self._keep(head, url)
            to = self._target(head, url)
            if to is None:
                self._complain(head)
                with self._course.part("body", late="not complete"):
                    await self._exchange.read()
                self._know(total_ms=self._course.total_ms())
        finally:
            stream.close()
        if to is None:
            await self._judge(head)
        return to

    async def _connected(self, at: HostPort) -> Stream:
        addresses = await self._course.addresses(
            at.host, self._edges, self._options.timeout_sec, self._options.family
        )
        self._know(remote_addr=str(HostPort(addresses[0], at.port)), missed_addrs=[])
        with self._course.part("connect"):
            reached = await reach(
                self._edges.dialer, addresses, at.port, interface=self._options.bind_interface
            )
        self._know(
            remote_addr=str(HostPort(reached.address, at.port)), missed_addrs=list(reached.missed)
        )
        return reached.stream

    async def _answer(self, exchange: HttpExchange, request: HttpRequest) -> ResponseHead:
        try:
            return await exchange.ask(request)
        except Failed as error:  # since TLS 1.3 a server says so after the handshake only
            asks = self._session is not None and self._session.asks_certificate
            if not asks or error.kind not in ENDED:
                raise
            self._know(client_certificate="required")
            raise Failed(error.kind, in_words(error.reason, self._own(True))) from None

    def _target(self, head: ResponseHead, url: Url) -> Url | None:
        location = head.header("location")
        if not (self._options.follow_redirects and location and head.status in _REDIRECTS):
            return None
        with self._course.part("redirect"):
            return next_url(url, location)

    async def _secured(
        self, stream: Stream, url: Url, version: HttpVersion, *, same_origin: bool
    ) -> Stream:
        own = self._own(same_origin)
        with self._course.part("tls"):
            try:
                secured, self._session = await stream.secure(
                    url.at.host,
                    check="nothing" if self._options.insecure_tls else "chain and name",
                    alpn=alpn_of(version),
                    own=own,
                )
            except HandshakeFailed as error:
                self._session = error.shown
                if not (error.refused and error.shown.asks_certificate):
                    raise
                self._know(client_certificate="required")
                raise Failed(error.kind, in_words(error.reason, own)) from None
        if self._session.asks_certificate:
            self._know(client_certificate="asked")
        return secured

    def _own(self, same_origin: bool) -> TlsOwn:
        return own_of(self._options) if same_origin else TlsOwn(authorities=self._options.ca_pem)

    def _certificates(self, session: TlsSession | None) -> dict[str, object]:
        """Read after everything has been timed."""
        from forepost.agent.probes import certificates  # noqa: PLC0415 - not before it is needed

        if session is None or not session.chain:
            return {}
        now = self._clock.now()
        read = [certificates.read(der) for der in session.chain]
        first = certificates.first_to_end(read)
        return {
            "certificate_info": read[0].info(now),
            "earliest_not_after": first.not_after,
            "earliest_days_until_expiry": first.days_left(now),
        }

    def _headers(self, url: Url, *, with_private: bool) -> list[tuple[str, str]]:
        options = self._options
        ours = {
            "Host": url.host_header,
            "User-Agent": f"forepost/{forepost.__version__}",
            "Accept": "*/*",
            "Accept-Encoding": content_codings.offered() if options.compression else "identity",
            "Connection": "close",
        }
        theirs = {
            name: value
            for name, value in options.headers.items()
            if with_private or name.lower() not in _PRIVATE | {"host"}
        }
        if with_private and (authorization := _authorization(options)):
            theirs["Authorization"] = authorization
        if cookies := self._cookies.header(url):
            theirs = _with_cookies(theirs, cookies)
        named = {name.lower() for name in theirs}
        kept = [(name, value) for name, value in ours.items() if name.lower() not in named]
        return kept + list(theirs.items())

    def _keep(self, head: ResponseHead, url: Url) -> None:
        self._head = head
        headers: dict[str, str] = {}
        for name, value in head.headers:
            if len(headers) < MOST_HEADERS:
                headers.setdefault(_titled(name), value[:MOST_VALUE])
        self._cookies.keep(url, head.values("set-cookie"), self._clock.now())
        self._know(
            status_code=head.status,
            status_text=f"{head.status} {head.reason or _phrase(head.status)}".rstrip(),
            protocol=f"HTTP/{head.version}",
            first_byte_ms=self._course.since_start_ms(head.first_byte),
            headers=headers,
            content_type=head.header("content-type")[:MOST_VALUE],
            content_encoding=", ".join(codings_of(head))[:MOST_VALUE],
        )

    def _complain(self, head: ResponseHead) -> None:
        """Compare the head with what was expected: that is told, whatever comes behind it."""
        if not expectations.is_right(head.status, self._options):
            self._complaint = f"status: {self._result.status_text} was not expected"
            return
        try:
            expectations.check_headers(head, self._options)
        except Failed as error:
            self._complaint = f"header: {error.reason}"

    def _show(self, head: ResponseHead, *, whole: bool) -> HttpBody:
        assert self._exchange is not None
        body = self._body = body_of(self._exchange, head, whole=whole)
        self._know(
            body_size=len(body.data),
            transfer_size=body.transfer_size,
            body_truncated=body.truncated,
        )
        return body

    async def _judge(self, head: ResponseHead) -> None:
        """Compare the body with what was expected."""
        options = self._options
        with self._course.part("coding"):
            body = self._show(head, whole=True)
            unknown = body.fault.endswith(content_codings.NOT_KNOWN)
            if body.fault and (expectations.wants_content(options) or not unknown):
                raise Failed("wrong", body.fault)
        text = body.text(head.header("content-type"))
        with self._course.part("content"):
            await expectations.check_content(text, options, self._edges.search)
            if options.expected_content:
                self._know(content_match=True)
        if options.json_path:
            with self._course.part("json"):
                value = expectations.json_value(text, options.json_path)
                self._know(json_found=expectations.as_json(value))
                expectations.check_json(value, options)

    def _know(self, **facts: object) -> None:
        self._result = msgspec.structs.replace(self._result, **facts)


def _authorization(options: HttpOptions) -> str:
    if options.bearer_token:
        return f"Bearer {options.bearer_token}"
    if not (options.username or options.password):
        return ""
    pair = f"{options.username}:{options.password}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def _with_cookies(headers: dict[str, str], cookies: str) -> dict[str, str]:
    """Return the headers with these cookies after those that a probe brings itself."""
    own = [value for name, value in headers.items() if name.lower() == "cookie"]
    others = {name: value for name, value in headers.items() if name.lower() != "cookie"}
    return others | {"Cookie": "; ".join([*own, cookies])}


def _titled(name: str) -> str:
    """As Go writes them, and so NetWatcher: Content-Type."""
    return "-".join(part.capitalize() for part in name.split("-"))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
