"""Says something to a port over UDP: does the service there answer as it should."""

from forepost.agent.ports.edges import Edges
from forepost.agent.probes.attempts import Attempt, Attempts
from forepost.agent.probes.awaited import AwaitedAnswer
from forepost.kit.clock import Clock
from forepost.wire.probes.exchange import written_bytes
from forepost.wire.probes.udp import UdpOptions, UdpResult


async def run(options: UdpOptions, target: str, clock: Clock, edges: Edges) -> UdpResult:
    said = written_bytes(options.send)
    answer = AwaitedAnswer(options.expect, options.expect_match, edges.search, options.timeout_sec)

    async def ask(attempt: Attempt) -> float:
        socket = await edges.dialer.udp(
            attempt.at.host, attempt.at.port, interface=options.bind_interface
        )
        try:
            before = clock.monotonic()
            await socket.send(said)
            return (await answer.from_datagrams(attempt, socket, clock) - before) * 1e3
        finally:
            socket.close()

    attempts = Attempts(options, target, clock, edges)
    await attempts.run(ask)
    spread = attempts.spread()
    return UdpResult(
        start_timestamp=attempts.course.started,
        stop_timestamp=clock.now(),
        target=target,
        remote_addr=attempts.remote,
        dns_lookup_ms=attempts.course.ms("resolve"),
        attempts=len(attempts.all_ms),
        answered=len(attempts.times_ms),
        refused=attempts.kinds["refused"],
        timed_out=attempts.kinds["timeout"],
        unreachable=attempts.kinds["unreachable"],
        unexpected=attempts.kinds["wrong"],
        loss_pct=attempts.loss_pct,
        min_ms=spread.min_ms,
        max_ms=spread.max_ms,
        avg_ms=spread.avg_ms,
        stddev_ms=spread.stddev_ms,
        answers_ms=attempts.all_ms,
        error=attempts.error,
    )
