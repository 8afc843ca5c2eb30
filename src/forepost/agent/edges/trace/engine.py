"""The tracer of a Linux host: runs share sockets, one for each family, protocol and flow.

A run is one loop: collect what came in, send what is due, sleep until the next. Answers wake
nobody: reading late costs no accuracy, since the kernel stamps every packet as it comes and goes.
"""

import socket
from typing import Final

import msgspec

from forepost.agent.cores.trace.path import Ways
from forepost.agent.cores.trace.run import Shot, TraceRun
from forepost.agent.edges.closable import Closable
from forepost.agent.edges.icmp.socket import interface_index
from forepost.agent.edges.names.addresses import numeric
from forepost.agent.edges.trace.sockets import (
    Carrier,
    SharedSocket,
    Syns,
    To,
    shared_icmp,
    shared_udp,
)
from forepost.agent.ports.trace import Progress, Traced, TracePlan
from forepost.kit.clock import Clock

LOOK_NS: Final = 20_000_000
"""When all was sent, how often to look whether the last answer is in."""
PORTS: Final = {"icmp": 0, "udp": 33_434, "tcp": 80}

Key = tuple[int, str, str, int, int]


class _Under:
    """A run under way."""

    def __init__(self, run: TraceRun, progress: Progress | None) -> None:
        self.run, self.progress = run, progress
        self.sent: list[Shot] = []

    def tell(self, now_ns: int) -> None:
        self.run.news = False
        if self.progress is not None:
            self.progress(self.run.traced(now_ns))


class Tracer(Closable):
    """Belongs to the event loop that it is first used in."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ways = Ways()
        self._shared: dict[Key, SharedSocket] = {}

    def close(self) -> None:
        while self._shared:
            self._shared.popitem()[1].close()

    async def trace(self, plan: TracePlan, progress: Progress | None = None) -> Traced:
        found = numeric(plan.address)
        if found is None:
            return Traced(reason=f"not an address: {plan.address!r}")
        family, to = found
        # As the kernel writes it, to compare with where answers come from.
        plan = msgspec.structs.replace(plan, address=to[0].split("%", 1)[0])
        try:
            carriers = self._carriers(plan, family)
        except OSError as error:
            return Traced(reason=str(error))
        under = _Under(TraceRun(plan, self._now_ns()), progress)
        port = plan.port or PORTS[plan.protocol]
        try:
            await self._run(under, carriers, (to[0], port, *to[2:]))
            traced = under.run.traced()
        finally:
            for flow, carrier in enumerate(carriers):
                carrier.forget([shot for shot in under.sent if shot.flow == flow])
            under.run.release()
        fingerprint = self._ways.fingerprint(
            f"{plan.address} {plan.protocol} {port} {plan.interface}",
            [hop.hosts for hop in traced.hops],
            reached=traced.reached,
        )
        return msgspec.structs.replace(traced, fingerprint=fingerprint)

    async def _run(self, under: _Under, carriers: list[Carrier], to: To) -> None:
        run = under.run
        cycle = 0
        while True:
            for carrier in dict.fromkeys(carriers):
                carrier.collect()
            now_ns = self._now_ns()
            if run.ended(now_ns):
                return
            while (shot := run.due(now_ns)) is not None:
                under.sent.append(shot)
                try:
                    carriers[shot.flow].send(shot, to)
                except OSError as error:
                    run.not_sent((error.strerror or str(error)).lower())
            if run.cycle != cycle or run.news:
                cycle = run.cycle
                under.tell(now_ns)
            # Runs wake at common moments, so that they share what a wake-up costs; but these are so
            # many that their packets do not meet a router all at once.
            if run.sent_all:
                when_ns, grid_ns = min(run.next_ns(), now_ns + LOOK_NS), LOOK_NS
            else:
                grid_ns = run.tick_ns // 2
                when_ns = run.next_ns() + grid_ns
            when_ns = -(-when_ns // grid_ns) * grid_ns
            await self._clock.sleep(max(0, when_ns - self._now_ns()) / 1e9)

    def _carriers(self, plan: TracePlan, family: socket.AddressFamily) -> list[Carrier]:
        """One for each flow. Raises OSError, with a text for people."""
        if plan.protocol == "tcp":
            one = Syns(family, plan.interface, self._clock)
            return [one] * plan.paths
        return [self._opened(plan, family, flow) for flow in range(plan.paths)]

    def _opened(self, plan: TracePlan, family: socket.AddressFamily, flow: int) -> SharedSocket:
        index = interface_index(plan.interface) if plan.interface else 0
        # Flows of UDP differ in the source port, those of ICMP in the checksum.
        key = (family, plan.protocol, plan.interface, index, flow * (plan.protocol == "udp"))
        shared = self._shared.get(key)
        if shared is None:
            self._close_older(key)
            opened = shared_icmp if plan.protocol == "icmp" else shared_udp
            shared = opened(family, plan.interface, self._clock)
            self._shared[key] = shared
        return shared

    def _close_older(self, key: Key) -> None:
        """An interface that was removed and made again has another index: its sockets are dead."""
        for other in [
            other for other in self._shared if (*other[:3], other[4]) == (*key[:3], key[4])
        ]:
            self._shared.pop(other).close()

    def _now_ns(self) -> int:
        return int(self._clock.monotonic() * 1e9)
