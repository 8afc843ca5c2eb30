"""Does a TLS handshake and reports all that the server shows, above all where it is not in order.

The first handshake checks the chain as an ordinary client does. Where it fails, a second one takes
anything: that is where the facts of an expired or unknown certificate come from.
"""

from typing import Final
from urllib.parse import urlsplit

import msgspec

from forepost.agent.ports.dialer import Check, Failed, TlsSession
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.cipher_names import iana
from forepost.agent.probes.course import Course
from forepost.agent.probes.hostport import HostPort, host_port
from forepost.kit.clock import Clock
from forepost.wire.probes.tls import CertType, TlsOptions, TlsResult

PORT: Final = 443
SOON_DAYS: Final = 30


async def run(options: TlsOptions, target: str, clock: Clock, edges: Edges) -> TlsResult:
    return await _Handshake(options, target, clock, edges).run()


def endpoint(text: str) -> HostPort:
    """Raises Failed."""
    if "://" in text:
        try:
            text = urlsplit(text).netloc
        except ValueError as error:
            raise Failed("denied", f"{text!r}: {error}") from None
    return host_port(text, PORT)


class _Handshake:
    def __init__(self, options: TlsOptions, target: str, clock: Clock, edges: Edges) -> None:
        self._options, self._clock, self._edges = options, clock, edges
        self._target = options.target or target
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
        )

    def _complaint(self) -> str:
        result = self._result
        if self._options.insecure_skip_verify:
            return ""
        if not result.trusted:
            return result.verify_error
        return "" if result.name_matches else f"the certificate is not for {result.server_name}"

    async def _measure(self) -> None:
        with self._course.part("target"):
            at = endpoint(self._target)
        server_name = self._options.server_name or at.host
        address = await self._course.resolve(at.host, self._edges, self._options.timeout_sec)
        to = HostPort(address, at.port)
        self._know(remote_addr=str(to), server_name=server_name)
        try:
            session = await self._session(to, server_name, "chain")
        except Failed as error:
            if error.kind not in ("tls", "closed", "reset"):  # an old server may just hang up
                raise
            self._know(verify_error=error.reason)
            session = await self._session(to, server_name, "nothing")
        else:
            self._know(trusted=True)
        self._know(
            protocol=session.version,
            tls_version=session.version,
            tls_cipher_suite=iana(session.cipher),
            alpn=session.alpn,
        )
        with self._course.part("certificate"):
            self._show(session.chain, server_name)

    async def _session(self, to: HostPort, server_name: str, check: Check) -> TlsSession:
        with self._course.part("connect"):
            stream = await self._edges.dialer.tcp(
                to.host, to.port, interface=self._options.bind_interface
            )
        try:
            with self._course.part("tls"):
                stream, session = await stream.secure(
                    server_name, check=check, alpn=self._options.alpn
                )
            return session
        finally:
            stream.close()

    def _show(self, chain: tuple[bytes, ...], server_name: str) -> None:
        from forepost.agent.probes import certificates  # noqa: PLC0415 - not before it is needed

        now = self._clock.now()
        try:
            read = [certificates.read(der) for der in chain]
        except certificates.Malformed as error:
            raise Failed("wrong", f"malformed: {error}") from None
        if not read:
            raise Failed("wrong", "the server showed none")
        own = read[0]
        days = own.days_left(now)
        expired = now > own.not_after
        self._know(
            certificate=own.info(now),
            certificate_chain=[one.link(now) for one in read],
            is_expired=expired,
            is_expiring_soon=days <= SOON_DAYS and not expired,
            days_until_expiry=days,
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
