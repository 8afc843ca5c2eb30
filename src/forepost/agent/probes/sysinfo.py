"""What the agent's own host is and how busy it is."""

from forepost.agent.edges import Edges
from forepost.kit.clock import Clock
from forepost.wire.probes import SysinfoOptions, SysinfoResult


async def run(options: SysinfoOptions, target: str, clock: Clock, edges: Edges) -> SysinfoResult:
    return SysinfoResult(
        host=edges.host.info(),
        memory=edges.host.memory(),
        cpu_times=edges.host.cpu_times(),
        timestamp=clock.now(),
    )
