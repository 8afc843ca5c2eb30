"""Connects to a port: does somebody listen there, does it answer as it should, and how far away."""

from typing import Final

from forepost.agent.ports.dialer import Failed, Stream
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.attempts import Attempt, Attempts, Show, nobody
from forepost.agent.probes.awaited import AwaitedAnswer
from forepost.agent.probes.own_tls import secured
from forepost.kit.clock import Clock
from forepost.wire.probes.exchange import written_bytes
from forepost.wire.probes.tcp import TcpOptions, TcpResult

UNEXPECTED: Final = ("tls", "reset", "closed", "wrong")


async def run(options: TcpOptions, target: str, clock: Clock, edges: Edges) -> TcpResult:
    connections = Connections(options, target, clock, edges)
    await connections.run()
    return connections.result()


class Connections:
    """Several attempts to connect, and to be answered where something is expected."""

    def __init__(
        self,
        options: TcpOptions,
        target: str,
        clock: Clock,
        edges: Edges,
        *,
        gap_sec: float | None = None,
        show: Show = nobody,
    ) -> None:
        """`gap_sec`: between two attempts; without it a second or what the interval leaves."""
        self._attempts = Attempts(options, target, clock, edges, gap_sec=gap_sec, show=show)
        self._options, self._clock, self._edges = options, clock, edges
        self._said = written_bytes(options.send)
        self._answer: AwaitedAnswer | None = None
        if options.send or options.expect:
            self._answer = AwaitedAnswer(
                options.expect, options.expect_match, edges.search, options.timeout_sec
            )
        self._tls_ms: dict[int, float] = {}
        self._answer_ms: dict[int, float] = {}

    async def run(self) -> None:
        await self._attempts.run(self._connect)

    def result(self) -> TcpResult:
        """What is known so far."""
        attempts = self._attempts
        spread = attempts.spread()
        return TcpResult(
            start_timestamp=attempts.course.started,
            stop_timestamp=self._clock.now(),
            target=attempts.target,
            remote_addr=attempts.remote,
            dns_lookup_ms=attempts.course.ms("resolve"),
            attempts=len(attempts.all_ms),
            connected=len(attempts.times_ms),
            refused=attempts.kinds["refused"],
            timed_out=attempts.kinds["timeout"],
            unreachable=attempts.kinds["unreachable"],
            unexpected=sum(attempts.kinds[kind] for kind in UNEXPECTED),
            loss_pct=attempts.loss_pct,
            min_ms=spread.min_ms,
            max_ms=spread.max_ms,
            avg_ms=spread.avg_ms,
            stddev_ms=spread.stddev_ms,
            connects_ms=attempts.all_ms,
            tls_ms=attempts.in_order(self._tls_ms),
            answers_ms=attempts.in_order(self._answer_ms),
            error=attempts.error,
        )

    async def _connect(self, attempt: Attempt) -> float:
        before = self._clock.monotonic()
        stream = await self._edges.dialer.tcp(
            attempt.at.host, attempt.at.port, interface=self._options.bind_interface
        )
        took_ms = self._ms_since(before)
        try:
            if self._options.tls:
                before = self._clock.monotonic()
                stream = await self._secured(attempt, stream)
                self._tls_ms[attempt.number] = self._ms_since(before)
            if self._answer is not None:
                await self._ask(attempt, stream, self._answer)
        finally:
            stream.close()
        return took_ms

    async def _ask(self, attempt: Attempt, stream: Stream, answer: AwaitedAnswer) -> None:
        before = self._clock.monotonic()
        if self._said:
            await stream.send(self._said)
        answered = await answer.from_stream(attempt, stream, self._clock)
        self._answer_ms[attempt.number] = (answered - before) * 1e3

    async def _secured(self, attempt: Attempt, stream: Stream) -> Stream:
        try:
            inside, _ = await secured(stream, self._options, attempt.host)
        except Failed as error:
            raise Failed(error.kind, f"TLS: {error.reason}") from None
        return inside

    def _ms_since(self, moment: float) -> float:
        return (self._clock.monotonic() - moment) * 1e3
