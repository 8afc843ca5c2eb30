"""A speed test that ends as a test says, at once or when it says so."""

import anyio

from forepost.agent.edges.speed.process import Measured, Progress, SpeedPlan, Tell
from forepost.wire.probes.speedtest import SpeedLatency, SpeedLeg

IDLE = SpeedLatency(count=20, min=1, median=2, mean=2, p95=3, max=4, jitter=1)
LEG = SpeedLeg(
    bytes_per_sec=1e6,
    mean_bytes_per_sec=1.1e6,
    median_bytes_per_sec=0.9e6,
    bytes=8_000_000,
    duration=8_000_000_000,
    warm_up=500_000_000,
    streams=4,
    slices=[1e6],
    latency=SpeedLatency(count=80, min=1, median=12, mean=12, p95=20, max=30, jitter=2),
    added_latency=10,
    retransmits=3,
)


class FakeSpeed:
    def __init__(self) -> None:
        self.plans: list[SpeedPlan] = []
        self.error = ""
        self.fault: Exception | None = None
        self.go_on = anyio.Event()
        self.go_on.set()
        self.at_once = 0
        self.most_at_once = 0

    async def measure(self, plan: SpeedPlan, tell: Tell) -> Measured:
        self.plans.append(plan)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        tell(Progress(phase="download", part=0.5, bytes_per_sec=1e6, latency=7))
        await self.go_on.wait()
        self.at_once -= 1
        if self.fault is not None:
            raise self.fault
        if self.error:
            return Measured(place=plan.places[0], error=self.error)
        return Measured(
            place=plan.places[0],
            remote="198.18.0.9:5260",
            idle=IDLE,
            download=LEG,
            upload=LEG,
            ping_duration=1_000_000_000,
        )
