"""What a probe asks of this host."""

from typing import Protocol

from forepost.agent.cores.rates import Counters
from forepost.agent.cores.routes import DefaultRoute
from forepost.wire.probes.netinfo import Interface, Route
from forepost.wire.probes.sysinfo import Busy, CpuTimes, DiskUse, HostInfo, MemoryInfo, Temperature


class Host(Protocol):
    """All of it is read at the moment of the call, without waiting for anything."""

    def info(self) -> HostInfo:
        """Return who this host is: name, system, uptime, virtualisation."""
        ...

    def memory(self) -> MemoryInfo:
        """Return the memory of this host and what is used of it, in bytes."""
        ...

    def cpu_times(self) -> CpuTimes:
        """Return what the processors spent their time on since boot, in ns."""
        ...

    def network(self) -> tuple[list[Interface], list[Route], DefaultRoute]:
        """Return interfaces, routes and the default route."""
        ...

    def counters(self, at: float) -> Counters:
        """`at`: now, monotonic."""
        ...

    def busy(self, at: float) -> Busy:
        """Since the call before; the first one has no interval."""
        ...

    async def disks(self) -> list[DiskUse]:
        """Return the file systems of this host, in bytes. Waits for none that hangs."""
        ...

    def load(self) -> tuple[float, float, float]:
        """Of 1, 5 and 15 minutes."""
        ...

    def processors(self) -> int:
        """Return how many processors are online."""
        ...

    def temperatures(self) -> list[Temperature]:
        """Return what sensors say, in degrees Celsius."""
        ...

    def moved(self) -> int:
        """Bytes in and out of all interfaces but loopback, since some time."""
        ...

    def nameserver(self) -> str:
        """The address of the first resolver of this host; "" where it has none."""
        ...
