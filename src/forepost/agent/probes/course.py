"""How far a measurement has come: which part it is in and how long each one took."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import anyio

from forepost.agent.ports.dialer import Failed
from forepost.agent.ports.edges import Edges
from forepost.agent.ports.net import Family
from forepost.kit.clock import Clock


class Course:
    """Parts have names a reader understands ("connect"); `started` is the wall clock's time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.started: datetime = clock.now()
        self._began = clock.monotonic()
        self.denied = False
        """This host let nothing be sent, or there was nobody to send it to."""
        self._part, self._late = "", ""
        self._part_began = self._began
        self._ms: dict[str, float] = {}

    def ms(self, part: str) -> float:
        """How long a part took, whether it came to its end or not; 0 where it was not reached."""
        return self._ms.get(part, 0.0)

    def is_in(self, name: str) -> bool:
        """Whether this is the part that it is in, or was in at last."""
        return self._part == name

    def forget(self, part: str) -> None:
        """It may not come again in a second round of the same parts."""
        self._ms.pop(part, None)

    def total_ms(self) -> float:
        return (self._clock.monotonic() - self._began) * 1e3

    def since_start_ms(self, moment: float) -> float:
        return (moment - self._began) * 1e3

    @contextmanager
    def part(self, name: str, *, late: str = "no answer") -> Iterator[None]:
        """`late`: what there is not, where it takes too long."""
        self._part, self._late = name, late
        self._part_began = self._clock.monotonic()
        try:
            yield
        finally:
            self._ms[name] = (self._clock.monotonic() - self._part_began) * 1e3

    async def resolve(
        self, host: str, edges: Edges, timeout_sec: float, family: Family = "auto"
    ) -> str:
        """The first numeric address, as the part "resolve". Raises Failed."""
        return (await self.addresses(host, edges, timeout_sec, family))[0]

    async def addresses(
        self, host: str, edges: Edges, timeout_sec: float, family: Family = "auto"
    ) -> tuple[str, ...]:
        """All numeric addresses, the better ones first, as the part "resolve". Raises Failed.

        Waiting for other names of the same zone before the resolver is asked is no part of it.
        """
        with self.part("resolve"):
            found = await edges.net.resolve(host, family=family, timeout_sec=timeout_sec)
            self._began += found.waited_sec
            self._part_began += found.waited_sec
            if not found.addresses:
                raise Failed("unreachable", found.reason)
            return found.addresses

    async def until(self, timeout_sec: float, measure: Callable[[], Awaitable[None]]) -> str:
        """Run it for so long at most; return why it came to no end, or "" where it did."""
        try:
            with anyio.fail_after(timeout_sec):
                await measure()
        except TimeoutError:
            return f"{self._part}: {self._late} in {timeout_sec:g} s"
        except Failed as error:
            self.denied = error.kind == "denied"
            return f"{self._part}: {error.reason}"
        return ""
