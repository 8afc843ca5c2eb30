"""One conversation with a service: what was learned stays, however it ends."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

from forepost.agent.ports.dialer import Stream
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.course import Course
from forepost.agent.probes.hostport import HostPort
from forepost.agent.probes.own_tls import secured
from forepost.agent.probes.reach import reach
from forepost.agent.probes.reply_reader import ReplyReader
from forepost.kit.clock import Clock
from forepost.wire.probes.options import HostOptions
from forepost.wire.probes.secure import TrustOptions

Talk = Callable[["Service"], Awaitable[None]]
"""What a protocol says once there is a connection. Raises Failed."""


class Service:
    """Resolves, connects, and has a protocol talk; TLS begins where the protocol has it begin."""

    replies: ReplyReader
    """What the service says; a new one once it is inside TLS."""

    def __init__(self, options: HostOptions, target: str, clock: Clock, edges: Edges) -> None:
        self._options, self._target, self._clock, self._edges = options, target, clock, edges
        self._course = Course(clock)
        self._facts: dict[str, Any] = {}
        self._talk_began: float | None = None
        self._talk_ms = 0.0
        self.stream: Stream
        """The connection, perhaps inside TLS."""
        self.host = ""
        """As the target names it."""

    async def run(
        self, where: Callable[[], HostPort], talk: Talk, *, alpn: tuple[str, ...] | None = None
    ) -> None:
        """`where` may raise Failed. `alpn`: begin inside TLS, with these; None: in the clear."""

        async def measure() -> None:
            with self.part("target"):
                at = where()
            self.host = at.host
            addresses = await self._course.addresses(
                at.host, self._edges, self._options.timeout_sec, self._options.family
            )
            self.know(remote_addr=str(HostPort(addresses[0], at.port)))
            with self.part("connect"):
                reached = await reach(
                    self._edges.dialer,
                    addresses,
                    at.port,
                    interface=self._options.bind_interface,
                )
            self.stream = reached.stream
            self.know(
                remote_addr=str(HostPort(reached.address, at.port)),
                missed_addrs=list(reached.missed),
            )
            try:
                self.replies = ReplyReader(self.stream)
                if alpn is not None:
                    await self.secure(alpn)
                self._talk_began = self._clock.monotonic()
                tls_ms = self._course.ms("tls")
                try:
                    await talk(self)
                finally:
                    took_ms = (self._clock.monotonic() - self._talk_began) * 1e3
                    self._talk_ms = took_ms - (self._course.ms("tls") - tls_ms)
            finally:
                self.stream.close()

        error = await self._course.until(self._options.timeout_sec, measure)
        if self._course.denied:
            self.know(remote_addr="")
        self.know(error=error)

    def part(self, name: str, *, late: str = "no answer") -> AbstractContextManager[None]:
        """Name a part of the conversation, for who reads its error."""
        return self._course.part(name, late=late)

    def know(self, **facts: Any) -> None:
        """Keep what was learned: fields of the result."""
        self._facts.update(facts)

    async def say(self, data: bytes) -> None:
        """Raises Failed."""
        await self.stream.send(data)

    async def receive(self) -> bytes:
        """Return what came, b"" at the end. Raises Failed."""
        return await self.stream.receive()

    async def secure(self, alpn: tuple[str, ...] = ()) -> None:
        """Go on inside TLS. Raises Failed."""
        options = self._options
        assert isinstance(options, TrustOptions)
        self.replies.check_nothing_left()
        with self.part("tls"):
            self.stream, session = await secured(self.stream, options, self.host, alpn)
        self.know(tls_version=session.version)
        self.replies = ReplyReader(self.stream)

    def told(self) -> dict[str, Any]:
        """Return all fields of the result."""
        return {
            "start_timestamp": self._course.started,
            "stop_timestamp": self._clock.now(),
            "target": self._target,
            "dns_lookup_ms": self._course.ms("resolve"),
            "tcp_connect_ms": self._course.ms("connect"),
            "tls_handshake_ms": self._course.ms("tls"),
            "answer_ms": self._talk_ms,
            "total_ms": self._course.total_ms(),
            **self._facts,
        }
