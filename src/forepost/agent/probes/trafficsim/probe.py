"""Packets as an application sends them: one cycle as a client, and the server for other agents."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from typing import Final

import anyio

from forepost.agent.cores.icmp.packet import IPV6, RAW_IPV4, meaning
from forepost.agent.cores.stamps.departures import moment
from forepost.agent.cores.stamps.messages import Trouble
from forepost.agent.ports.dialer import Failed
from forepost.agent.ports.edges import Edges
from forepost.agent.ports.udp import Datagram, UdpPort
from forepost.agent.probes.course import Course
from forepost.agent.probes.hostport import HostPort, host_port
from forepost.agent.probes.trafficsim.client import Client
from forepost.agent.probes.trafficsim.figures import percentile
from forepost.agent.probes.trafficsim.flight import US, Arrival, Flight
from forepost.agent.probes.trafficsim.report import Manner, report
from forepost.agent.probes.trafficsim.server import Cycle, EchoServer
from forepost.kit.clock import Clock
from forepost.wire.probes.datagrams import MS
from forepost.wire.probes.trafficsim import VOIP_MS, TrafficSimResult, TrafficSimRun

DEFAULT_PORT: Final = 5_000
MOST_SEC: Final = 60.0
"""A cycle's packets are those of a minute at most."""
DRAIN_SEC: Final = 0.5
GREET_SEC: Final = 1.0
"""From one greeting to the next, until somebody answers."""
TURN_SEC: Final = 1.0
"""How often a server looks for what is over."""
BEHIND_SEC: Final = 1.0
"""More than this is not made up for by a burst: the host was asleep."""


async def run(options: TrafficSimRun, target: str, clock: Clock, edges: Edges) -> TrafficSimResult:
    course = Course(clock)
    try:
        with course.part("target"):
            at = host_port(target, DEFAULT_PORT)
        address = await course.resolve(at.host, edges, options.timeout_sec, options.family)
        port = edges.udp.towards(
            address, at.port, interface=options.bind_interface, tos=options.codepoint << 2
        )
    except Failed as error:
        return TrafficSimResult(timestamp=clock.now(), error=error.reason)
    cycle = _Cycle(options, str(HostPort(address, at.port)), port, clock, edges)
    try:
        return await cycle.run()
    finally:
        port.close()


def plan(options: TrafficSimRun) -> int:
    """How many packets: what is asked for, else as many as fit in the interval or in a minute."""
    lasts_sec = min(MOST_SEC, options.interval_sec, options.duration_sec or MOST_SEC)
    fitting = int(lasts_sec * 1e3 / options.gap_ms)
    return max(1, min(options.count or fitting, fitting))


class _Cycle:
    def __init__(
        self, options: TrafficSimRun, remote: str, port: UdpPort, clock: Clock, edges: Edges
    ) -> None:
        self._options, self._remote, self._port = options, remote, port
        self._clock = clock
        self._own_error_ns = edges.udp.clock_error_ns()
        self._client = Client(options, self._own_error_ns)
        self._changed = anyio.Event()
        self._error = ""

    async def run(self) -> TrafficSimResult:
        with self._port.watched(self._listen):
            greeted = await self._greet()
            began = self._clock.monotonic()
            if greeted:
                await self._send()
                await self._settle()
        if not greeted:
            return self._unanswered()
        if self._client.flight.arrivals and len(self._client.flight.arrivals) == len(
            self._client.flight.packets
        ):
            self._error = ""
        return self._report(self._client.flight, self._clock.monotonic() - began)

    async def _greet(self) -> bool:
        with anyio.move_on_after(self._options.timeout_sec):
            while True:
                self._say(self._client.hello(moment(self._clock)))
                with anyio.move_on_after(GREET_SEC):
                    while not self._client.greeted:
                        await self._change()
                    self._error = ""
                    return True
        return False

    async def _send(self) -> None:
        gap_sec = self._options.gap_ms / 1e3
        due = self._clock.monotonic()
        for _ in range(plan(self._options)):
            behind = self._clock.monotonic() - due
            if behind > BEHIND_SEC:
                due += behind
            await self._clock.sleep(max(0.0, -behind))
            now = moment(self._clock)
            if self._client.is_forgotten(now.mono_ns):
                self._say(self._client.hello(now))
            self._say(self._client.data(now))
            due += gap_sec

    async def _settle(self) -> None:
        """Wait for the last answers, no longer than they may take."""
        with anyio.move_on_after(self._options.packet_timeout_ms / 1e3):
            while not self._client.is_over(round(self._clock.monotonic() * 1e9)):
                await self._change()
        if self._options.bidirectional:  # the server's own last packet comes after its last answer
            await self._clock.sleep(DRAIN_SEC)

    def _words(self, trouble: Trouble) -> str:
        form = IPV6 if self._remote.startswith("[") else RAW_IPV4
        return meaning(form, trouble.kind, trouble.code)

    async def _change(self) -> None:
        self._changed = anyio.Event()
        await self._changed.wait()

    def _listen(self) -> None:
        """Something came. The queue of answers goes first: a packet's departure is in the other one
        before its answer can come.
        """
        heard = self._port.datagram()
        if heard is None or self._client.departures.by_key:
            self._outcomes()
        if heard is not None:
            answer = self._client.heard(heard.data, _arrival(heard, self._clock))
            if answer is not None:
                self._say(answer)
        self._changed.set()

    def _outcomes(self) -> None:
        left, troubles = self._port.outcomes(max(1, len(self._client.departures.by_key)))
        self._client.departures.stamped(left)
        for trouble, _, _ in troubles:
            self._error = self._words(trouble) or self._error

    def _say(self, datagram: bytes) -> None:
        self._port.clear_error()
        try:
            self._port.say(datagram)
            self._outcomes()  # most often it is there at once, and nobody need be woken for it
        except Failed as error:
            self._error = error.reason
            # Whether the kernel counted the packet is unknown: begin to number again.
            self._port.restart_keys()
            self._client.departures.restart_keys()

    def _unanswered(self) -> TrafficSimResult:
        """Nobody is there: every greeting is a packet that was lost."""
        lost = Flight(self._options.packet_timeout_ms * MS)
        for _ in range(self._client.greetings):
            lost.leaves(moment(self._clock))
        took_sec = self._options.timeout_sec
        self._error = self._error or f"no answer in {took_sec:g} s"
        return self._report(lost, took_sec)

    def _report(self, flight: Flight, took_sec: float) -> TrafficSimResult:
        options = self._options
        manner = Manner(
            voip=options.voip,
            gap_ms=options.gap_ms,
            dscp=options.codepoint,
            size=self._client.size,
            authenticated=self._client.authenticated,
            remote=self._remote,
        )
        return report(
            flight,
            manner,
            self._clock.now(),
            took_sec,
            own_error_ns=self._own_error_ns,
            error=self._error,
        )


Post = Callable[[Cycle, TrafficSimResult], Awaitable[None]]
"""Takes what was measured of the way back to a client."""


async def serve(
    server: EchoServer, ports: Sequence[UdpPort], clock: Clock, edges: Edges, post: Post
) -> None:
    """Answer, for ever; the ports are closed at the end."""
    with ExitStack() as stack:
        for port in ports:
            stack.callback(port.close)
            stack.enter_context(port.watched(partial(_answer, server, port, clock)))
        while True:
            server.clock_error_us = -(-(edges.udp.clock_error_ns() or 0) // US)
            await clock.sleep(TURN_SEC)
            for cycle in server.cycles(round(clock.monotonic() * 1e9)):
                await post(cycle, way_back(cycle, clock, edges))


def _answer(server: EchoServer, port: UdpPort, clock: Clock) -> None:
    heard = port.datagram()
    if heard is not None:
        source = str(heard.source[0]), int(heard.source[1])
        for answer in server.heard(heard.data, source, _arrival(heard, clock)):
            port.answer(answer, heard)


def way_back(cycle: Cycle, clock: Clock, edges: Edges) -> TrafficSimResult:
    """A cycle as a result of the server's agent."""
    packets = cycle.flight.packets
    took_sec = (packets[-1].mono_ns - packets[0].mono_ns) / 1e9
    gaps_ns = sorted(after.mono_ns - before.mono_ns for before, after in pairwise(packets))
    gap_ms = max(round(percentile(gaps_ns, 50) / MS), 1)
    manner = Manner(
        voip=gap_ms <= VOIP_MS,
        gap_ms=gap_ms,
        dscp=cycle.tos >> 2,
        size=cycle.size,
        authenticated=cycle.authenticated,
        remote=str(HostPort(*cycle.source)),
    )
    error_ns = edges.udp.clock_error_ns()
    return report(cycle.flight, manner, clock.now(), took_sec, own_error_ns=error_ns)


def _arrival(heard: Datagram, clock: Clock) -> Arrival:
    return Arrival(moment(clock), heard.rx_ns, heard.tos)
