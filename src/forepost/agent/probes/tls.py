"""Does a TLS handshake and reports all that the server shows, above all where it is not in order.

The first handshake checks the chain as an ordinary client does. Where it fails, a second one takes
anything: that is where the facts of an expired or unknown certificate come from.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import anyio
import msgspec

from forepost.agent.ports.dialer import Check, Failed, HandshakeFailed, Stream, TlsSession
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.cipher_names import iana
from forepost.agent.probes.course import Course
from forepost.agent.probes.hostport import HostPort, host_port
from forepost.agent.probes.own_tls import own_of
from forepost.agent.probes.reach import reach
from forepost.agent.probes.refusal import ENDED, in_words
from forepost.agent.probes.starttls import PORTS, start_tls
from forepost.kit.clock import Clock
from forepost.wire.probes.tls import CertType, TlsOptions, TlsResult

SOON_DAYS: Final = 30
REFUSAL_SEC: Final = 1.0
"""How long a server may take to say that it wants a client certificate."""


async def run(options: TlsOptions, target: str, clock: Clock, edges: Edges) -> TlsResult:
    return await _Handshake(options, target, clock, edges).run()


def endpoint(text: str, default_port: int = PORTS[""]) -> HostPort:
    """Raises Failed."""
    if "://" in text:
        try:
            text = urlsplit(text).netloc
        except ValueError as error:
            raise Failed("denied", f"{text!r}: {error}") from None
    return host_port(text, default_port)


class _Handshake:
    def __init__(self, options: TlsOptions, target: str, clock: Clock, edges: Edges) -> None:
        self._options, self._clock, self._edges = options, clock, edges
        self._target = options.target or target
        self._own = own_of(options)
        self._reached = ""
        """The address that answered."""
        self._refusal = ""
        """What a server says that wanted a client certificate."""
        self._course = Course(clock)
        self._result = TlsResult(start_timestamp=self._course.started, stop_timestamp=clock.now())

    async def run(self) -> TlsResult:
        course = self._course
        error = await course.until(self._options.timeout_sec, self._measure)
        return msgspec.structs.replace(
            self._result,
            stop_timestamp=self._clock.now(),
            remote_addr="" if course.denied else self._result.remote_addr,
            error=error or self._complaint(),
            dns_lookup_ms=course.ms("resolve"),
            tcp_connect_ms=course.ms("connect"),
            tls_handshake_ms=course.ms("tls"),
            starttls_ms=course.ms("starttls"),
        )

    def _complaint(self) -> str:
        result = self._result
        if not self._options.insecure_skip_verify:
            if not result.trusted:
                return result.verify_error
            if not result.name_matches:
                return f"the certificate is not for {result.server_name}"
        return self._refusal

    async def _measure(self) -> None:
        with self._course.part("target"):
            at = endpoint(self._target, PORTS[self._options.starttls])
        server_name = self._options.server_name or at.host
        addresses = await self._course.addresses(
            at.host, self._edges, self._options.timeout_sec, self._options.family
        )
        self._know(remote_addr=str(HostPort(addresses[0], at.port)), server_name=server_name)
        try:
            session = await self._session(addresses, at.port, server_name, "chain")
        except Failed as error:
            if error.kind not in ENDED or not self._course.is_in("tls"):
                raise  # it never came to TLS; an old server may just hang up in it
            self._know(verify_error=error.reason)
            session = await self._session_of_any(at.port, server_name)
        else:
            self._know(trusted=True)
        self._tell(session, server_name)

    async def _session_of_any(self, port: int, server_name: str) -> TlsSession:
        try:
            return await self._session((self._reached,), port, server_name, "nothing")
        except HandshakeFailed as error:
            self._tell(error.shown, server_name)
            raise

    async def _session(
        self, addresses: Sequence[str], port: int, server_name: str, check: Check
    ) -> TlsSession:
        """Do a handshake. Raises Failed."""
        with self._course.part("connect"):
            reached = await reach(
                self._edges.dialer, addresses, port, interface=self._options.bind_interface
            )
        stream, self._reached = reached.stream, reached.address
        self._know(remote_addr=str(HostPort(reached.address, port)))
        if reached.missed:
            self._know(missed_addrs=list(reached.missed))
        try:
            with self._course.part("starttls"):
                await start_tls(stream, self._options.starttls, server_name)
            with self._course.part("tls"):
                stream, session = await stream.secure(
                    server_name, check=check, alpn=self._options.alpn, own=self._own
                )
            if session.asks_certificate:
                await self._hear_refusal(stream, session)
            return session
        except HandshakeFailed as error:
            if not (error.refused and error.shown.asks_certificate):
                raise
            self._refuse(error.reason)
            return error.shown
        finally:
            stream.close()

    async def _hear_refusal(self, stream: Stream, session: TlsSession) -> None:
        """Since TLS 1.3 a server says so only after the handshake."""
        self._know(client_certificate="asked")
        if session.version != "TLS 1.3":
            return
        reason = ""
        with self._course.part("client certificate"), anyio.move_on_after(REFUSAL_SEC):
            try:
                reason = "" if await stream.receive() else "the connection was closed"
            except Failed as error:
                reason = error.reason
        if reason:
            self._refuse(reason)

    def _refuse(self, reason: str) -> None:
        self._know(client_certificate="required")
        self._refusal = in_words(reason, self._own)

    def _tell(self, session: TlsSession, server_name: str) -> None:
        from forepost.agent.probes import certificates  # noqa: PLC0415 - not before it is needed

        self._know(
            protocol=session.version,
            tls_version=session.version,
            tls_cipher_suite=iana(session.cipher),
            alpn=session.alpn,
        )
        now = self._clock.now()
        read = [certificates.read(der) for der in session.chain]
        if not read:
            return
        own = read[0]
        days = own.days_left(now)
        expired = own.not_after is not None and now > own.not_after
        first = certificates.first_to_end(read)
        self._know(
            certificate=own.info(now),
            certificate_chain=[one.link(now) for one in read],
            is_expired=expired,
            is_expiring_soon=days is not None and days <= SOON_DAYS and not expired,
            days_until_expiry=days,
            earliest_not_after=first.not_after,
            earliest_days_until_expiry=first.days_left(now),
            issuer_org=own.issuer_org,
            cert_type=kind_of(len(read), self_signed=own.subject == own.issuer),
            cert_fingerprint=own.fingerprint,
            name_matches=own.is_for(server_name),
        )

    def _know(self, **facts: object) -> None:
        self._result = msgspec.structs.replace(self._result, **facts)


def kind_of(certificates: int, *, self_signed: bool) -> CertType:
    if certificates > 1:
        return "leaf+intermediate"
    return "self-signed" if self_signed else "leaf"
