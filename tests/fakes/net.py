"""A network and a host that do what a test says, and remember what they were asked."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import anyio
import msgspec

from forepost.agent.cores.rates import Counters, between
from forepost.agent.cores.routes import DefaultRoute
from forepost.agent.edges.dial.udp import SystemUdp
from forepost.agent.ports.edges import Edges, Networks, NoNetworks, OutsideView
from forepost.agent.ports.net import PLAIN, Family, PacketOptions, Resolved, Round
from forepost.agent.ports.udp import Udp
from forepost.kit.clock import Clock
from forepost.wire.probes.netinfo import Interface, Route
from forepost.wire.probes.sysinfo import (
    Busy,
    CpuTimes,
    DiskUse,
    HostInfo,
    MemoryInfo,
    OsInfo,
    Temperature,
)
from tests.fakes.dialer import FakeDialer, fake_search
from tests.fakes.trace import FakeReverse, FakeTrace


class Asked(msgspec.Struct, frozen=True):
    address: str
    count: int
    gap_sec: float
    timeout_sec: float
    interface: str = ""
    size: int = 56
    packet: PacketOptions = PLAIN


class FakeNet:
    """Answers after `rtt_ns` of the clock, where an address is not silent; then after its timeout.

    `names` says what is known; `fails` is raised by the next rounds; `forgotten` counts the rounds
    that were given up.
    """

    def __init__(self, clock: Clock, *, rtt_ns: int = 1_000_000) -> None:
        self._clock = clock
        self.rtt_ns = rtt_ns
        self.names: dict[str, str] = {}
        self.silent: set[str] = set()
        self.fails: Exception | None = None
        self.reason = ""
        self.asked: list[Asked] = []
        self.forgotten = 0

    async def round(
        self,
        address: str,
        *,
        count: int,
        gap_sec: float,
        timeout_sec: float,
        size: int = 56,
        interface: str = "",
        packet: PacketOptions = PLAIN,
    ) -> Round:
        self.asked.append(Asked(address, count, gap_sec, timeout_sec, interface, size, packet))
        if self.fails is not None:
            raise self.fails
        if self.reason:
            return Round(sent=0, rtts_ns=[], reason=self.reason)
        lost = address in self.silent
        try:
            last = timeout_sec if lost else self.rtt_ns / 1e9
            await self._clock.sleep((count - 1) * gap_sec + last)
        except anyio.get_cancelled_exc_class():
            self.forgotten += 1
            raise
        return Round(sent=count, rtts_ns=[None if lost else self.rtt_ns] * count)

    async def resolve(
        self, name: str, *, family: Family = "auto", timeout_sec: float = 5.0
    ) -> Resolved:
        if name[:1].isdigit():
            return Resolved((name,))
        if name in self.names:
            return Resolved((self.names[name],))
        return Resolved(reason=f"{name}: name or service not known")


class FakeHost:
    """One Ethernet interface at 198.18.0.1, with a gateway; its resolver is 198.18.0.53."""

    def info(self) -> HostInfo:
        return HostInfo(
            architecture="x86_64",
            boot_time=datetime(2026, 1, 1, tzinfo=UTC),
            containerized=False,
            name="site-1",
            kernel_version="6.1.0",
            os=OsInfo(),
            timezone="UTC",
            timezone_offset_sec=0,
        )

    def memory(self) -> MemoryInfo:
        return MemoryInfo(
            total_bytes=4,
            used_bytes=3,
            available_bytes=2,
            free_bytes=1,
            virtual_total_bytes=0,
            virtual_used_bytes=0,
            virtual_free_bytes=0,
        )

    def cpu_times(self) -> CpuTimes:
        return CpuTimes(user=1_000_000_000)

    def network(self) -> tuple[list[Interface], list[Route], DefaultRoute]:
        interface = Interface(
            name="eth0",
            index=2,
            type="ethernet",
            mtu=1500,
            flags=["up"],
            ipv4=["198.18.0.1/24"],
            gateway="198.18.0.254",
            is_default=True,
        )
        route = Route(destination="0.0.0.0/0", gateway="198.18.0.254", interface="eth0", metric=100)
        return [interface], [route], DefaultRoute("198.18.0.254", "eth0")

    def counters(self, at: float) -> Counters:
        return Counters(at=at, cpu=self.cpu_times(), nics={}, disks={})

    def busy(self, at: float) -> Busy:
        return between(self.counters(at - 60), self.counters(at))

    async def disks(self) -> list[DiskUse]:
        return []

    def load(self) -> tuple[float, float, float]:
        return 0.5, 0.25, 0.125

    def processors(self) -> int:
        return 2

    def temperatures(self) -> list[Temperature]:
        return []

    def moved(self) -> int:
        return 0

    def nameserver(self) -> str:
        return "198.18.0.53"


class FakeChanges:
    """Something happens when a test says so."""

    def __init__(self) -> None:
        self.some = anyio.Event()

    async def wait(self) -> None:
        await self.some.wait()
        self.some = anyio.Event()


async def nobody() -> OutsideView | None:
    return None


def fake_edges(
    net: FakeNet,
    whoami: Callable[[], Awaitable[OutsideView | None]] = nobody,
    dialer: FakeDialer | None = None,
    trace: FakeTrace | None = None,
    reverse: FakeReverse | None = None,
    udp: Udp | None = None,
    host: FakeHost | None = None,
    changes: FakeChanges | None = None,
    networks: Networks | None = None,
) -> Edges:
    return Edges(
        net=net,
        trace=trace or FakeTrace(net._clock),
        reverse=reverse or FakeReverse(),
        host=host or FakeHost(),
        changes=changes or FakeChanges(),
        whoami=whoami,
        dialer=dialer or FakeDialer(),
        udp=udp or SystemUdp(),
        search=fake_search,
        networks=networks or NoNetworks(),
    )
