"""Tries one thing at a port several times: each has its own time, and its reason if it fails."""

import math
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

import anyio
import msgspec

from forepost.agent.ports.dialer import Failed, Kind
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.course import Course
from forepost.agent.probes.hostport import HostPort, host_port
from forepost.kit.clock import Clock
from forepost.wire.probes.options import HostOptions, spacing

ATTEMPTS: Final = 3
GAP_SEC: Final = 1.0

Show = Callable[[int, float | None, str], None]
"""Is told of each attempt: its number, how long it took (ms) or why it failed."""


class Attempt:
    """One of several."""

    def __init__(self, number: int, at: HostPort, host: str) -> None:
        self.number = number
        self.at = at
        """A numeric address."""
        self.host = host
        """As the target names it."""
        self.heard_another = False
        """Something came that was not what was expected, which may still come."""


Try = Callable[[Attempt], Awaitable[float]]
"""Returns how long an attempt took (ms). Raises Failed."""


def nobody(number: int, ms: float | None, reason: str) -> None:
    """Only the result is wanted."""


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Of the times of those that succeeded; 0 where none did."""

    min_ms: float = 0.0
    max_ms: float = 0.0
    avg_ms: float = 0.0
    stddev_ms: float = 0.0
    """Of the whole population."""


class Attempts:
    """Each on its own time: one that hears nothing does not hold up the next."""

    def __init__(
        self,
        options: HostOptions,
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
        self._options, self._clock, self._edges = options, clock, edges
        self._show = show
        self._ms: dict[int, float | None] = {}
        self.target = target
        self.course = Course(clock)
        self.remote = ""
        """Address and port. Empty: nothing could be tried."""
        self.kinds: Counter[Kind] = Counter()
        """Of those that failed."""
        self.error = ""
        """Of the last one that failed, or why nothing could be tried."""

    @property
    def all_ms(self) -> list[float | None]:
        """Each in its order, those that have ended; None for one that failed."""
        return [self._ms[number] for number in sorted(self._ms)]

    @property
    def times_ms(self) -> list[float]:
        """Of those that succeeded."""
        return [ms for ms in self.all_ms if ms is not None]

    @property
    def loss_pct(self) -> float:
        tried = len(self._ms)
        return 100 * (1 - len(self.times_ms) / tried) if tried else 100.0

    def in_order(self, of_numbers: dict[int, float]) -> list[float | None]:
        """Return what those that succeeded have there, in their order; [] where none ever has."""
        if not of_numbers:
            return []
        return [
            None if self._ms[number] is None else of_numbers.get(number)
            for number in sorted(self._ms)
        ]

    def spread(self) -> Spread:
        times = self.times_ms
        if not times:
            return Spread()
        mean = math.fsum(times) / len(times)
        square = math.fsum((ms - mean) ** 2 for ms in times) / len(times)
        return Spread(
            min_ms=min(times), max_ms=max(times), avg_ms=mean, stddev_ms=math.sqrt(square)
        )

    async def run(self, attempt: Try) -> None:
        try:
            with self.course.part("target"):
                named = host_port(self.target)
            address = await self.course.resolve(
                named.host, self._edges, self._options.timeout_sec, self._options.family
            )
        except Failed as error:
            self.error = error.reason
            return
        at = HostPort(address, named.port)
        self.remote = str(at)
        started = self._clock.monotonic()
        async with anyio.create_task_group() as tasks:
            for number in range(self._count):
                due = started + number * self._gap_sec
                await self._clock.sleep(max(0.0, due - self._clock.monotonic()))
                one = Attempt(number, at, named.host)
                tasks.start_soon(self._one, one, attempt, tasks.cancel_scope)

    async def _one(self, one: Attempt, attempt: Try, all_of_them: anyio.CancelScope) -> None:
        within = f"in {self._options.timeout_sec:g} s"
        try:
            with anyio.fail_after(self._options.timeout_sec):
                took_ms = await attempt(one)
        except TimeoutError:
            if one.heard_another:
                reason = f"another answer than was expected, and no more {within}"
                self._failed(one.number, "wrong", reason)
            else:
                self._failed(one.number, "timeout", f"no answer {within}")
        except Failed as error:
            if error.kind == "denied":  # it would be the same for the others
                self.error, self.remote = error.reason, ""
                all_of_them.cancel()
            else:
                self._failed(one.number, error.kind, error.reason)
        else:
            self._ms[one.number] = took_ms
            self._show(one.number, took_ms, "")

    def _failed(self, number: int, kind: Kind, reason: str) -> None:
        self._ms[number] = None
        self.kinds[kind] += 1
        self.error = reason
        self._show(number, None, reason)
