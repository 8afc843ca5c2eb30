"""A way and a resolver that are what a test says, and remember what they were asked."""

from forepost.agent.ports.trace import Hop, Progress, Traced, TracePlan
from forepost.kit.clock import Clock


class FakeTrace:
    """Every target is one hop away, after `lasts_sec` of the clock, or is as `found` says."""

    def __init__(self, clock: Clock, *, lasts_sec: float = 0.0) -> None:
        self._clock, self._lasts_sec = clock, lasts_sec
        self.found: Traced | None = None
        self.plans: list[TracePlan] = []

    async def trace(self, plan: TracePlan, progress: Progress | None = None) -> Traced:
        self.plans.append(plan)
        hop = Hop(ttl=1, hosts=[plan.address], rtts_ns=[1_000_000] * plan.count)
        traced = self.found or Traced(hops=[hop], reached=True, fingerprint="f")
        if progress is not None:
            progress(traced)
        await self._clock.sleep(self._lasts_sec)
        return traced


class FakeReverse:
    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.wanted: list[str] = []

    def want(self, address: str) -> None:
        self.wanted.append(address)

    async def names(self, addresses: list[str], *, within_sec: float) -> dict[str, str]:
        return {address: self.known[address] for address in addresses if address in self.known}
