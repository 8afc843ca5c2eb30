"""What a probe asks of this host."""

from typing import Protocol

from forepost.agent.cores.rates import Counters
from forepost.agent.cores.routes import DefaultRoute
from forepost.wire.probes.probe import CpuTimes, HostInfo, Interface, MemoryInfo, Route
from forepost.wire.probes.sysinfo import Busy, DiskUse, Temperature


class Host(Protocol):
    """All of it is read at the moment of the call, without waiting for anything."""

    def info(self) -> HostInfo: ...

    def memory(self) -> MemoryInfo: ...

    def cpu_times(self) -> CpuTimes: ...

    def network(self) -> tuple[list[Interface], list[Route], DefaultRoute]: ...

    def counters(self, at: float) -> Counters:
        """`at`: now, monotonic."""
        ...

    def busy(self, at: float) -> Busy:
        """Since the call before; the first one has no interval."""
        ...

    async def disks(self) -> list[DiskUse]: ...

    def load(self) -> tuple[float, float, float]:
        """Of 1, 5 and 15 minutes."""
        ...

    def processors(self) -> int: ...

    def temperatures(self) -> list[Temperature]: ...

    def moved(self) -> int:
        """Bytes in and out of all interfaces but loopback, since some time."""
        ...

    def nameserver(self) -> str:
        """The address of the first resolver of this host; "" where it has none."""
        ...
