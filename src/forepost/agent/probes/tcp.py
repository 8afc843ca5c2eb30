"""Connects to a port: does somebody listen there, and how far away."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import anyio

from forepost.agent.ports.dialer import Failed, Kind
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.course import Course
from forepost.agent.probes.hostport import HostPort, host_port
from forepost.kit.clock import Clock
from forepost.wire.probes.options import spacing
from forepost.wire.probes.tcp import TcpOptions, TcpResult

ATTEMPTS: Final = 3
GAP_SEC: Final = 1.0

Show = Callable[[int, float | None, str], None]
"""Is told of each attempt: its number, how long it took (ms) or why it failed."""


async def run(options: TcpOptions, target: str, clock: Clock, edges: Edges) -> TcpResult:
    attempts = Attempts(options, target, clock, edges)
    await attempts.run()
    return attempts.result()


def nobody(number: int, ms: float | None, reason: str) -> None:
    """Only the result is wanted."""


class Attempts:
    """Each on its own time: one that hears nothing does not hold up the next."""

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
        self._count = options.count or ATTEMPTS
        spread_sec = spacing(options, self._count, GAP_SEC)
        self._gap_sec = spread_sec if gap_sec is None else gap_sec
        self._options, self._target, self._clock, self._edges = options, target, clock, edges
        self._show = show
        self._course = Course(clock)
        self._remote = ""
        self._ms: dict[int, float | None] = {}
        self._kinds: Counter[Kind] = Counter()
        self._error = ""

    async def run(self) -> None:
        try:
            with self._course.part("target"):
                at = host_port(self._target)
            address = await self._course.resolve(
                at.host, self._edges, self._options.timeout_sec, self._options.family
            )
        except Failed as error:
            self._error = error.reason
            return
        at = HostPort(address, at.port)
        self._remote = str(at)
        started = self._clock.monotonic()
        async with anyio.create_task_group() as tasks:
            for number in range(self._count):
                due = started + number * self._gap_sec
                await self._clock.sleep(max(0.0, due - self._clock.monotonic()))
                tasks.start_soon(self._one, number, at, tasks.cancel_scope)

    def result(self) -> TcpResult:
        """What is known so far."""
        connects = [self._ms[number] for number in sorted(self._ms)]
        times = [ms for ms in connects if ms is not None]
        mean = math.fsum(times) / len(times) if times else 0.0
        return TcpResult(
            start_timestamp=self._course.started,
            stop_timestamp=self._clock.now(),
            target=self._target,
            remote_addr=self._remote,
            dns_lookup_ms=self._course.ms("resolve"),
            attempts=len(connects),
            connected=len(times),
            refused=self._kinds["refused"],
            timed_out=self._kinds["timeout"],
            unreachable=self._kinds["unreachable"],
            loss_pct=100 * (1 - len(times) / len(connects)) if connects else 100.0,
            min_ms=min(times, default=0.0),
            max_ms=max(times, default=0.0),
            avg_ms=mean,
            stddev_ms=_deviation(times, mean),
            connects_ms=connects,
            error=self._error,
        )

    async def _one(self, number: int, at: HostPort, all_of_them: anyio.CancelScope) -> None:
        before = self._clock.monotonic()
        try:
            with anyio.fail_after(self._options.timeout_sec):
                stream = await self._edges.dialer.tcp(
                    at.host, at.port, interface=self._options.bind_interface
                )
        except TimeoutError:
            self._failed(number, "timeout", f"no answer in {self._options.timeout_sec:g} s")
        except Failed as error:
            if error.kind == "denied":  # it would be the same for the others
                self._error, self._remote = error.reason, ""
                all_of_them.cancel()
            else:
                self._failed(number, error.kind, error.reason)
        else:
            self._ms[number] = (self._clock.monotonic() - before) * 1e3
            stream.close()
            self._show(number, self._ms[number], "")

    def _failed(self, number: int, kind: Kind, reason: str) -> None:
        self._ms[number] = None
        self._kinds[kind] += 1
        self._error = reason
        self._show(number, None, reason)


def _deviation(times: Sequence[float], mean: float) -> float:
    if not times:
        return 0.0
    return math.sqrt(math.fsum((ms - mean) ** 2 for ms in times) / len(times))
