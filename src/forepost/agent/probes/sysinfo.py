"""What the agent's own host is and how busy it is."""

from forepost.agent.ports.edges import Edges
from forepost.kit.clock import Clock
from forepost.wire.probes.sysinfo import SysinfoOptions, SysinfoResult


async def run(options: SysinfoOptions, target: str, clock: Clock, edges: Edges) -> SysinfoResult:
    busy = edges.host.busy(clock.monotonic())
    return SysinfoResult(
        host=edges.host.info(),
        memory=edges.host.memory(),
        cpu_times=edges.host.cpu_times(),
        timestamp=clock.now(),
        interval_sec=busy.interval_sec,
        cpu=busy.cpu,
        processors=edges.host.processors(),
        load=list(edges.host.load()),
        disks=await edges.host.disks(),
        disk_io=busy.disk_io,
        nics=busy.nics,
        temperatures=edges.host.temperatures(),
    )
