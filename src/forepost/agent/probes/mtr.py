"""The way to a target: every hop's loss and times, and names that cost the measuring nothing."""

from datetime import datetime
from typing import Final, NamedTuple

import anyio

from forepost.agent.ports.edges import Edges, Network
from forepost.agent.ports.trace import Hop, Traced, TracePlan
from forepost.agent.probes.ping import spread
from forepost.kit.clock import Clock
from forepost.wire.probes.mtr import MtrHop, MtrHost, MtrInfo, MtrOptions, MtrReport, MtrResult

COUNT: Final = 5
NAMES_SEC: Final = 2.0
"""A report waits so long for names at most."""
NOTHING: Final = Hop(ttl=1)


async def run(options: MtrOptions, target: str, clock: Clock, edges: Edges) -> MtrResult:
    started = clock.now()
    found = await edges.net.resolve(target, family=options.family, timeout_sec=options.timeout_sec)
    if not found.address:
        nothing = Traced(reason=found.reason)
        return result(
            nothing, AddressFacts({}, {}), target, "", options.protocol, started, clock.now()
        )
    begun: set[str] = set()

    def look_up(traced: Traced) -> None:
        for host in {host for hop in traced.hops for host in hop.hosts} - begun:
            begun.add(host)
            edges.reverse.want(host)

    progress = look_up if options.names else None
    traced = await edges.trace.trace(plan(options, found.address), progress)
    stopped = clock.now()
    known = AddressFacts({}, {})
    if options.names:
        hosts = list({host for hop in traced.hops for host in hop.hosts})
        known = await _known(hosts, edges)
    return result(traced, known, target, found.address, options.protocol, started, stopped)


async def _known(hosts: list[str], edges: Edges) -> "AddressFacts":
    """Names and networks, both at once."""
    found = AddressFacts({}, {})

    async def names() -> None:
        found.names.update(await edges.reverse.names(hosts, within_sec=NAMES_SEC))

    async def networks() -> None:
        found.networks.update(await edges.networks.of(hosts, within_sec=NAMES_SEC))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(names)
        tasks.start_soon(networks)
    return found


class AddressFacts(NamedTuple):
    """What is known of addresses."""

    names: dict[str, str]
    networks: dict[str, Network]

    def host(self, address: str) -> MtrHost:
        name = self.names.get(address, "")
        network = self.networks.get(address)
        if network is None:
            return MtrHost(ip=address, hostname=name)
        return MtrHost(ip=address, hostname=name, asn=network.asn, as_org=network.organization)


def plan(options: MtrOptions, address: str) -> TracePlan:
    fitting = max(1, int(options.interval_sec / options.cycle_sec))
    return TracePlan(
        address=address,
        protocol=options.protocol,
        port=options.port,
        count=max(min(options.count or COUNT, fitting), options.paths),
        max_hops=options.max_hops,
        cycle_sec=options.cycle_sec,
        timeout_sec=options.hop_timeout_sec,
        paths=options.paths,
        size=options.size,
        interface=options.bind_interface,
    )


def result(
    traced: Traced,
    known: AddressFacts,
    target: str,
    address: str,
    protocol: str,
    started: datetime,
    stopped: datetime,
) -> MtrResult:
    hops = [hop_of(hop, known) for hop in traced.hops or [NOTHING]]
    refusal = next((hop for hop in traced.hops if hop.refusal and not traced.reached), None)
    said = f"{refusal.refuser} says {refusal.refusal} at hop {refusal.ttl}" if refusal else ""
    return MtrResult(
        start_timestamp=started,
        stop_timestamp=stopped,
        report=MtrReport(info=MtrInfo(target=MtrHost(ip=address, hostname=target)), hops=hops),
        protocol=protocol,
        reached=traced.reached,
        fingerprint=traced.fingerprint,
        paths=traced.ways,
        error=traced.reason or said,
    )


def hop_of(hop: Hop, known: AddressFacts) -> MtrHop:
    """Sum a hop up; the deviation is that of the whole population."""
    rtts = [rtt for rtt in hop.rtts_ns if rtt is not None]
    mean, deviation = spread(rtts)
    sent = len(hop.rtts_ns)
    return MtrHop(
        ttl=hop.ttl,
        hosts=[known.host(host) for host in hop.hosts],
        extensions=hop.extensions,
        loss_pct=f"{100 * (1 - len(rtts) / sent) if sent else 100:.2f}",
        sent=sent,
        last=_ms(rtts[-1] if rtts else 0),
        recv=len(rtts),
        avg=_ms(mean),
        best=_ms(min(rtts, default=0)),
        worst=_ms(max(rtts, default=0)),
        stddev=_ms(deviation),
        late=hop.late,
        duplicates=hop.duplicates,
        rtts_ns=hop.rtts_ns,
        refusal=hop.refusal,
        refuser=hop.refuser,
    )


def _ms(ns: int) -> str:
    return f"{ns / 1e6:.2f}"
