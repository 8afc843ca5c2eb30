"""Edges that reach only what the site allows, asked at the last moment: names are addresses by
then, and a redirect is one more connection.
"""

import msgspec

from forepost.agent.cores.permission import Permission
from forepost.agent.ports.dialer import Datagrams, Dialer, Failed, OpenDatagrams, Stream
from forepost.agent.ports.edges import Edges
from forepost.agent.ports.net import PLAIN, Family, Net, PacketOptions, Resolved, Round
from forepost.agent.ports.trace import Progress, Trace, Traced, TracePlan
from forepost.agent.ports.udp import Udp, UdpPort

TRACE_PORTS = {"icmp": 0, "udp": 33_434, "tcp": 80}


def guarded(edges: Edges, permission: Permission, kind: str) -> Edges:
    """For probes of one type."""
    guard = _Guard(permission, kind)
    return msgspec.structs.replace(
        edges,
        net=GuardedNet(edges.net, guard),
        trace=GuardedTrace(edges.trace, guard),
        dialer=GuardedDialer(edges.dialer, guard),
        udp=GuardedUdp(edges.udp, guard),
    )


class _Guard:
    def __init__(self, permission: Permission, kind: str) -> None:
        self._permission, self._kind = permission, kind

    def refusal(self, address: str, port: int = 0) -> str:
        return self._permission.refusal(self._kind, address, port)

    def check(self, address: str, port: int) -> None:
        """Raises Failed."""
        if why := self.refusal(address, port):
            raise Failed("denied", why)


class GuardedNet:
    """A Net that refuses to ping what the site does not allow."""

    def __init__(self, net: Net, guard: _Guard) -> None:
        self._net, self._guard = net, guard

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
        if why := self._guard.refusal(address):
            return Round(sent=0, rtts_ns=[], reason=why)
        return await self._net.round(
            address,
            count=count,
            gap_sec=gap_sec,
            timeout_sec=timeout_sec,
            size=size,
            interface=interface,
            packet=packet,
        )

    async def resolve(
        self, name: str, *, family: Family = "auto", timeout_sec: float = 5.0
    ) -> Resolved:
        return await self._net.resolve(name, family=family, timeout_sec=timeout_sec)


class GuardedTrace:
    """A Trace that refuses to trace towards what the site does not allow."""

    def __init__(self, trace: Trace, guard: _Guard) -> None:
        self._trace, self._guard = trace, guard

    async def trace(self, plan: TracePlan, progress: Progress | None = None) -> Traced:
        port = plan.port or TRACE_PORTS[plan.protocol]
        if why := self._guard.refusal(plan.address, port):
            return Traced(reason=why)
        return await self._trace.trace(plan, progress)


class GuardedDialer:
    """A Dialer that refuses to connect to what the site does not allow."""

    def __init__(self, dialer: Dialer, guard: _Guard) -> None:
        self._dialer, self._guard = dialer, guard

    async def tcp(self, address: str, port: int, *, interface: str = "") -> Stream:
        self._guard.check(address, port)
        return await self._dialer.tcp(address, port, interface=interface)

    async def udp(self, address: str, port: int, *, interface: str = "") -> Datagrams:
        self._guard.check(address, port)
        return await self._dialer.udp(address, port, interface=interface)

    async def open_udp(self, address: str, port: int, *, interface: str = "") -> OpenDatagrams:
        self._guard.check(address, port)
        return await self._dialer.open_udp(address, port, interface=interface)


class GuardedUdp:
    """A Udp that refuses to send to what the site does not allow."""

    def __init__(self, udp: Udp, guard: _Guard) -> None:
        self._udp, self._guard = udp, guard

    def towards(self, address: str, port: int, *, interface: str = "", tos: int = 0) -> UdpPort:
        self._guard.check(address, port)
        return self._udp.towards(address, port, interface=interface, tos=tos)

    def listening(self, host: str, port: int, *, interface: str = "") -> list[UdpPort]:
        return self._udp.listening(host, port, interface=interface)

    def clock_error_ns(self) -> int | None:
        return self._udp.clock_error_ns()
