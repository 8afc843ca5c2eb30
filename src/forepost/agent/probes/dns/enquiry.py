"""One DNS server, asked one question: over UDP, TCP, TLS or HTTPS."""

import base64
import struct
from typing import Any, Final

import anyio

from forepost.agent.edges.dial.http import HttpRequest
from forepost.agent.edges.dial.http_versions import alpn_of, exchange_over
from forepost.agent.ports.dialer import Datagrams, Failed, Stream, TlsSession
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.course import Course
from forepost.agent.probes.dns.reply import OTHER_ID, DnsManner, DnsReply
from forepost.agent.probes.dns.server import PORTS, DnsServer, server_of
from forepost.agent.probes.hostport import HostPort
from forepost.agent.probes.ignored import Ignored
from forepost.kit.clock import Clock
from forepost.wire.probes.dns import DnsOptions, EdnsRefusal

MEDIA: Final = "application/dns-message"
MOST_BYTES: Final = 65_535
SILENT_SHARE: Final = 0.5
"""Of the timeout, after which a question with EDNS over UDP is asked again without."""


class Enquiry:
    """What is asked of one server, and, after `run`, what came of it."""

    def __init__(
        self, options: DnsOptions, named: str, target: str, clock: Clock, edges: Edges
    ) -> None:
        self._options, self.named, self._target = options, named, target
        self._clock, self._edges = clock, edges
        self.course = Course(clock)
        self.server = DnsServer(at=HostPort("", 0))
        self.answer = DnsReply()
        self.error = ""
        self.edns_refused: EdnsRefusal = ""
        self.retried_over_tcp = False
        self.as_expected: bool | None = None
        self.ignored = Ignored()
        self._manner = DnsManner(
            record_class=options.record_class,
            recursion_desired=options.recursion_desired,
            edns_size=options.edns_size,
            dnssec_ok=options.dnssec_ok,
        )
        # Of modules that import dnspython, which is not imported yet.
        self._expectation: Any
        self._asked: list[tuple[Any, float]] = []
        """Questions that may still be answered, and when each was sent."""
        self._answered: Any = None
        """The question that `answer` is to."""
        self._asked_at = self._answered_at = 0.0
        self._remote = ""

    @property
    def remote(self) -> str:
        """Address and port; "" where nothing could be sent."""
        return "" if self.course.denied else self._remote

    @property
    def query_time_ms(self) -> float:
        return (self._answered_at - self._asked_at) * 1e3 if self._answered_at else 0.0

    @property
    def connect_ms(self) -> float:
        return self.course.ms("connect") + self.course.ms("tls")

    async def run(self) -> None:
        self.error = await self.course.until(self._options.timeout_sec, self._ask)
        if self.error and self.ignored.count:
            self.error += f" ({self.ignored.count} ignored, the last one: {self.ignored.last})"
        if self._answered and not self.error and not self._expectation.is_any:
            objection = self._expectation.objection(self.answer)
            self.as_expected = not objection
            self.error = f"answer: {objection}" if objection else ""

    async def _ask(self) -> None:
        with self.course.part("question"):
            question = self._question(self._manner)
            self._expectation = self._expected()
        with self.course.part("server"):
            self.server = self._chosen()
        address = await self.course.resolve(
            self.server.at.host, self._edges, self._options.timeout_sec, self._options.family
        )
        self._remote = str(HostPort(address, self.server.at.port))
        if self._options.protocol != "udp":
            await self._over_stream(address, question, "connect", "query")
            if refusal := self._refusal():
                self.edns_refused = refusal
                plain = self._question(self._manner.without_edns())
                await self._over_stream(address, plain, "connect", "query")
            return
        await self._over_udp(address, question)
        if self.answer.truncated:
            self.retried_over_tcp = True
            part, asked_at = "retry over TCP", self._asked_at
            await self._over_stream(address, self._answered, part, part)
            self._asked_at = asked_at

    def _question(self, manner: DnsManner) -> Any:
        from forepost.agent.probes.dns import message  # noqa: PLC0415 - not before it is needed

        try:
            return message.Question(
                self._target,
                self._options.record_type,
                manner,
                numbered=self._options.protocol != "doh",
            )
        except message.NoQuestion as error:
            raise Failed("denied", str(error)) from None

    def _expected(self) -> Any:
        from forepost.agent.probes.dns import expectation  # noqa: PLC0415 - as above

        try:
            return expectation.Expectation(self._options)
        except expectation.WrongExpectation as error:
            raise Failed("denied", str(error)) from None

    def _chosen(self) -> DnsServer:
        named = self.named
        if not named:
            found = self._edges.host.nameserver()
            if not found:
                raise Failed("denied", "none is named, and this host has no nameserver")
            named = str(HostPort(found, PORTS[self._options.protocol]))
        return server_of(named, self._options.protocol)

    def _refusal(self) -> EdnsRefusal:
        """Return how the answer refuses EDNS: a server that has EDNS says so, whatever it finds
        wrong.
        """
        if self._answered and self._answered.has_edns and not self.answer.has_edns:
            if self.answer.code == "FORMERR":
                return "FORMERR"
            if self.answer.code == "NOTIMP":
                return "NOTIMP"
        return ""

    async def _over_udp(self, address: str, question: Any) -> None:
        socket = await self._edges.dialer.udp(
            address, self.server.at.port, interface=self._options.bind_interface
        )
        try:
            with self.course.part("query"):
                await self._send(socket, question)
                if not question.has_edns:
                    await self._listen(socket)
                    return
                with anyio.move_on_after(self._options.timeout_sec * SILENT_SHARE):
                    await self._listen(socket)
                if self._answered is None:
                    # Both may be answered from now on.
                    await self._send(socket, self._question(self._manner.without_edns()))
                    await self._listen(socket)
                    self.edns_refused = "" if self._answered is question else "silence"
                if refusal := self._refusal():
                    self.edns_refused = refusal
                    self._asked.clear()
                    await self._send(socket, self._question(self._manner.without_edns()))
                    await self._listen(socket)
        finally:
            socket.close()

    async def _send(self, socket: Datagrams, question: Any) -> None:
        self._asked.append((question, self._clock.monotonic()))
        await socket.send(question.wire)

    async def _listen(self, socket: Datagrams) -> None:
        """Until there is an answer."""
        while True:
            data = await socket.receive()
            try:
                self._take(data)
            except Failed as error:
                self.ignored.add(data, error.reason)
            else:
                return

    async def _over_stream(self, address: str, question: Any, connect: str, query: str) -> None:
        """`connect`, `query`: what these parts are called."""
        with self.course.part(connect):
            stream = await self._edges.dialer.tcp(
                address, self.server.at.port, interface=self._options.bind_interface
            )
        session = None
        try:
            if self._options.protocol in ("dot", "doh"):
                stream, session = await self._secured(stream)
            with self.course.part(query):
                self._asked = [(question, self._clock.monotonic())]
                if self.server.path:
                    self._take(await self._over_http(stream, session, question.wire))
                else:
                    self._take(await self._framed(stream, question.wire))
        finally:
            stream.close()

    async def _secured(self, stream: Stream) -> tuple[Stream, TlsSession]:
        options = self._options
        with self.course.part("tls"):
            return await stream.secure(
                options.tls_name or self.server.at.host,
                check="nothing" if options.insecure_tls else "chain and name",
                alpn=alpn_of("auto") if options.protocol == "doh" else ("dot",),
            )

    async def _framed(self, stream: Stream, wire: bytes) -> bytes:
        await stream.send(struct.pack("!H", len(wire)) + wire)
        got = b""
        while len(got) < 2 or len(got) < 2 + struct.unpack_from("!H", got)[0]:
            more = await stream.receive()
            if not more:
                raise Failed("closed", "the connection was closed without an answer")
            got += more
        return got[2 : 2 + struct.unpack_from("!H", got)[0]]

    async def _over_http(self, stream: Stream, session: TlsSession | None, wire: bytes) -> bytes:
        exchange = exchange_over(
            stream, session, self._clock, version="auto", most_bytes=MOST_BYTES
        )
        head = await exchange.ask(self._request(wire))
        if head.status != 200:
            raise Failed("wrong", f"HTTP {head.status} {head.reason}".rstrip())
        media = head.header("content-type").partition(";")[0].strip().lower()
        if media != MEDIA:
            raise Failed("wrong", f"{media or 'no content type'} instead of {MEDIA}")
        await exchange.read()
        return bytes(exchange.body)

    def _request(self, wire: bytes) -> HttpRequest:
        headers = (
            ("Host", self.server.authority(self._options.tls_name)),
            ("Accept", MEDIA),
            ("Connection", "close"),
        )
        path = self.server.path
        if self._options.doh_method == "GET":
            asked = base64.urlsafe_b64encode(wire).rstrip(b"=").decode()
            joint = "&" if "?" in path else "?"
            return HttpRequest(method="GET", path=f"{path}{joint}dns={asked}", headers=headers)
        typed = (*headers, ("Content-Type", MEDIA))
        return HttpRequest(method="POST", path=path, headers=typed, body=wire)

    def _take(self, data: bytes) -> None:
        """Keep what answers a question of ours. Raises Failed for anything else."""
        from forepost.agent.probes.dns.message import NoAnswer  # noqa: PLC0415 - it is by now

        now = self._clock.monotonic()  # before reading it, which costs time
        reasons = []
        for question, asked_at in self._asked:
            try:
                self.answer = question.read(data)
            except NoAnswer as error:
                reasons.append(str(error))
                continue
            self._answered, self._asked_at, self._answered_at = question, asked_at, now
            return
        told = [reason for reason in reasons if reason != OTHER_ID] or reasons
        raise Failed("wrong", told[0])
