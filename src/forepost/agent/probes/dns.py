"""Asks a DNS server one question, over UDP, TCP, TLS or HTTPS."""

import struct
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from forepost.agent.edges.dial.http import Http1Exchange, HttpRequest
from forepost.agent.ports.dialer import Failed, Stream
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.course import Course
from forepost.agent.probes.dns_reply import DnsReply
from forepost.agent.probes.hostport import HostPort, host_port
from forepost.agent.probes.ignored import Ignored
from forepost.kit.clock import Clock
from forepost.kit.idna_name import presented
from forepost.wire.probes.dns import DnsOptions, DnsProtocol, DnsResult

PORTS: Final[dict[DnsProtocol, int]] = {"udp": 53, "tcp": 53, "dot": 853, "doh": 443}
MEDIA: Final = "application/dns-message"
MOST_BYTES: Final = 65_535


class DnsServer(msgspec.Struct, frozen=True, kw_only=True):
    at: HostPort
    path: str = ""
    """Of DoH, with the query."""

    def __str__(self) -> str:
        return f"https://{self.at}{self.path}" if self.path else str(self.at)


def server_of(text: str, protocol: DnsProtocol) -> DnsServer:
    """Raises Failed."""
    if protocol != "doh":
        return DnsServer(at=host_port(text, PORTS[protocol]))
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError as error:
        raise Failed("denied", f"{text!r}: {error}") from None
    if parts.scheme != "https":
        raise Failed("denied", f"{text!r}: DoH needs https")
    path = (parts.path.rstrip("/") or "/dns-query") + (f"?{parts.query}" if parts.query else "")
    return DnsServer(at=host_port(parts.netloc, PORTS["doh"]), path=path)


async def run(options: DnsOptions, target: str, clock: Clock, edges: Edges) -> DnsResult:
    return await _Lookup(options, target, clock, edges).run()


class _Lookup:
    def __init__(self, options: DnsOptions, target: str, clock: Clock, edges: Edges) -> None:
        self._options, self._target, self._clock, self._edges = options, target, clock, edges
        self._course = Course(clock)
        self._question: Any  # a dns_message.Question, which is not imported yet
        self._server = DnsServer(at=HostPort("", 0))
        self._answer = DnsReply()
        self._asked_at = self._answered_at = 0.0
        self._remote = ""
        self._retried = False
        self._ignored = Ignored()

    async def run(self) -> DnsResult:
        options, course = self._options, self._course
        error = await course.until(options.timeout_sec, self._ask)
        answer = self._answer
        if error and self._ignored.count:
            error += f" ({self._ignored.count} ignored, the last one: {self._ignored.last})"
        return DnsResult(
            dns_server=str(self._server) if self._server.at.host else options.dns_server,
            record_type=options.record_type.upper(),
            query_time_ms=(self._answered_at - self._asked_at) * 1e3 if self._answered_at else 0.0,
            response_code=answer.code,
            answers=answer.answers,
            raw_response=answer.text,
            error=error,
            protocol=options.protocol,
            target=self._target,
            start_timestamp=course.started,
            stop_timestamp=self._clock.now(),
            remote_addr="" if course.denied else self._remote,
            connect_ms=course.ms("connect") + course.ms("tls"),
            retried_over_tcp=self._retried,
            authoritative=answer.authoritative,
            authenticated=answer.authenticated,
            ignored=self._ignored.count,
        )

    async def _ask(self) -> None:
        with self._course.part("question"):
            self._question = self._asked()
        with self._course.part("server"):
            self._server = self._chosen()
        address = await self._course.resolve(
            self._server.at.host, self._edges, self._options.timeout_sec, self._options.family
        )
        self._remote = str(HostPort(address, self._server.at.port))
        if self._options.protocol == "udp":
            await self._over_udp(address)
            if self._answer.truncated:
                self._retried = True
                await self._over_stream(address, first=False)
        else:
            await self._over_stream(address, first=True)

    def _asked(self) -> Any:
        from forepost.agent.probes import dns_message  # noqa: PLC0415 - not before it is needed

        try:
            return dns_message.Question(
                self._target, self._options.record_type, numbered=self._options.protocol != "doh"
            )
        except dns_message.NoQuestion as error:
            raise Failed("denied", str(error)) from None

    def _chosen(self) -> DnsServer:
        named = self._options.dns_server
        if not named:
            found = self._edges.host.nameserver()
            if not found:
                raise Failed("denied", "none is named, and this host has no nameserver")
            named = str(HostPort(found, PORTS[self._options.protocol]))
        return server_of(named, self._options.protocol)

    async def _over_udp(self, address: str) -> None:
        socket = await self._edges.dialer.udp(
            address, self._server.at.port, interface=self._options.bind_interface
        )
        try:
            with self._course.part("query"):
                self._asked_at = self._clock.monotonic()
                await socket.send(self._question.wire)
                while self._answered_at == 0.0:
                    self._take_or_ignore(await socket.receive())
        finally:
            socket.close()

    async def _over_stream(self, address: str, *, first: bool) -> None:
        """`first`: not the second half of a question over UDP, which has its times already."""
        with self._course.part("connect" if first else "retry over TCP"):
            stream = await self._edges.dialer.tcp(
                address, self._server.at.port, interface=self._options.bind_interface
            )
        try:
            if self._options.protocol in ("dot", "doh"):
                stream = await self._secured(stream)
            with self._course.part("query" if first else "retry over TCP"):
                if first:
                    self._asked_at = self._clock.monotonic()
                self._take(await (self._post if self._server.path else self._framed)(stream))
        finally:
            stream.close()

    async def _secured(self, stream: Stream) -> Stream:
        options = self._options
        with self._course.part("tls"):
            secured, _ = await stream.secure(
                self._server.at.host,
                check="nothing" if options.insecure_tls else "chain and name",
                alpn=("http/1.1",) if options.protocol == "doh" else ("dot",),
            )
        return secured

    async def _framed(self, stream: Stream) -> bytes:
        wire = self._question.wire
        await stream.send(struct.pack("!H", len(wire)) + wire)
        got = b""
        while len(got) < 2 or len(got) < 2 + struct.unpack_from("!H", got)[0]:
            more = await stream.receive()
            if not more:
                raise Failed("closed", "the connection was closed without an answer")
            got += more
        return got[2 : 2 + struct.unpack_from("!H", got)[0]]

    async def _post(self, stream: Stream) -> bytes:
        request = HttpRequest(
            method="POST",
            path=self._server.path,
            headers=(
                ("Host", _authority(self._server.at)),
                ("Accept", MEDIA),
                ("Content-Type", MEDIA),
                ("Connection", "close"),
            ),
            body=self._question.wire,
        )
        exchange = Http1Exchange(stream, self._clock, most_bytes=MOST_BYTES)
        head = await exchange.ask(request)
        if head.status != 200:
            raise Failed("wrong", f"HTTP {head.status} {head.reason}".rstrip())
        media = head.header("content-type").partition(";")[0].strip().lower()
        if media != MEDIA:
            raise Failed("wrong", f"{media or 'no content type'} instead of {MEDIA}")
        await exchange.read()
        return bytes(exchange.body)

    def _take_or_ignore(self, data: bytes) -> None:
        try:
            self._take(data)
        except Failed as error:
            self._ignored.add(data, error.reason)

    def _take(self, data: bytes) -> None:
        """Keep what answers our question. Raises Failed for anything else."""
        from forepost.agent.probes import dns_message  # noqa: PLC0415 - it is imported by now

        now = self._clock.monotonic()  # before reading it, which costs time
        try:
            self._answer = self._question.read(data)
        except dns_message.NoAnswer as error:
            raise Failed("wrong", str(error)) from None
        self._answered_at = now


def _authority(at: HostPort) -> str:
    shown = HostPort(presented(at.host), at.port)
    return str(shown) if at.port != PORTS["doh"] else str(shown).rpartition(":")[0]
