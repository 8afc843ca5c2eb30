"""`forepost mtr`: the agent's own tracer, at the terminal."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from cyclopts import Parameter, validators
from rich.table import Table

from forepost.agent.edges.names.addresses import Names
from forepost.agent.edges.names.reverse import ReverseNames
from forepost.agent.edges.trace.engine import Tracer
from forepost.agent.ports.net import Family
from forepost.agent.ports.trace import Progress, Trace, Traced, TracePlan, TraceProtocol
from forepost.agent.probes.mtr import NAMES_SEC, AddressFacts, result
from forepost.cli.columns import columns
from forepost.cli.exit_status import ExitStatus
from forepost.cli.live import live_table
from forepost.cli.measure import (
    Flag,
    Interface,
    complain,
    until_interrupted,
)
from forepost.kit.clock import Clock, SystemClock
from forepost.wire.probes.mtr import MtrHop, MtrResult

MOST_FLOWS: Final = 16


class MtrWatch:
    """What is known so far; complete at any moment, so that Ctrl-C loses nothing."""

    def __init__(self, host: str, protocol: str, now: datetime, names: ReverseNames | None) -> None:
        self.host, self.protocol, self.started, self.reverse = host, protocol, now, names
        self.address = ""
        self.traced = Traced(reason="interrupted")
        self.names: dict[str, str] = {}

    def saw(self, traced: Traced) -> None:
        self.traced = traced
        if self.reverse is not None:
            for address in self.hosts:
                self.reverse.want(address)
            self.names = self.reverse.known(self.hosts)

    @property
    def hosts(self) -> list[str]:
        return list({host for hop in self.traced.hops for host in hop.hosts})

    async def learn_names(self, within_sec: float) -> None:
        if self.reverse is not None:
            self.names = await self.reverse.names(self.hosts, within_sec=within_sec)

    def result(self, now: datetime) -> MtrResult:
        known = AddressFacts(self.names, {})
        return result(self.traced, known, self.host, self.address, self.protocol, self.started, now)


def mtr(
    host: str,
    /,
    *,
    count: Annotated[
        int, Parameter(name=["--count", "-c"], validator=validators.Number(gte=1, lte=100_000))
    ] = 10,
    interval: Annotated[
        float, Parameter(name=["--interval", "-i"], validator=validators.Number(gte=0.05))
    ] = 1.0,
    timeout: Annotated[
        float, Parameter(name=["--timeout", "-W"], validator=validators.Number(gte=0.05))
    ] = 1.0,
    max_hops: Annotated[
        int, Parameter(name=["--max-hops", "-m"], validator=validators.Number(gte=1, lte=64))
    ] = 30,
    udp: Annotated[bool, Parameter(name=["--udp", "-u"], negative="")] = False,
    tcp: Annotated[bool, Parameter(name=["--tcp", "-T"], negative="")] = False,
    port: Annotated[
        int, Parameter(name=["--port", "-P"], validator=validators.Number(gte=0, lte=65_535))
    ] = 0,
    paths: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=MOST_FLOWS))] = 1,
    size: Annotated[
        int, Parameter(name=["--size", "-s"], validator=validators.Number(gte=0, lte=9_000))
    ] = 56,
    interface: Interface = "",
    ipv4: Annotated[bool, Parameter(name=["--ipv4", "-4"], negative="")] = False,
    ipv6: Annotated[bool, Parameter(name=["--ipv6", "-6"], negative="")] = False,
    dns: Annotated[bool, Parameter(negative="--no-dns")] = True,
    json: Flag = False,
) -> int:
    """Trace the way to a host: loss and times of every hop.

    Needs no privilege with --udp and --tcp, nor with ICMP where ping_group_range allows it. Exits
    with 0 when the host answered, with 1 when it did not, with 2 for a mistake in the command, and
    with 3 when nothing could be measured: an unknown host, no permission, no way out of this host.

    Parameters
    ----------
    host
        A name, an IPv4 or an IPv6 address.
    count
        How many packets to send to every hop.
    interval
        Seconds from one packet to a hop to the next.
    timeout
        Seconds that the last packets wait for their answers; what came later is counted as late.
    max_hops
        How far to look.
    udp
        Send UDP instead of ICMP.
    tcp
        Send TCP SYN instead of ICMP.
    port
        Where UDP (33434) and TCP (80) go.
    paths
        Use so many flows in turn, to see parallel ways.
    size
        Bytes of data in a packet (ICMP and UDP).
    interface
        Send through this network interface only.
    ipv4
        Use IPv4 only.
    ipv6
        Use IPv6 only.
    dns
        Look up the names of the hops.
    json
        Print the result as the probe's payload.

    """
    if (ipv4 and ipv6) or (udp and tcp):
        pair = "--ipv4 and --ipv6" if ipv4 and ipv6 else "--udp and --tcp"
        complain(f"{pair} exclude each other")
        return ExitStatus.USAGE
    family: Family = "4" if ipv4 else "6" if ipv6 else "auto"
    protocol: TraceProtocol = "udp" if udp else "tcp" if tcp else "icmp"
    clock = SystemClock()
    watch = MtrWatch(host, protocol, clock.now(), ReverseNames(clock) if dns else None)
    asked = TracePlan(
        address="",
        protocol=protocol,
        port=port,
        count=max(count, paths),
        max_hops=max_hops,
        cycle_sec=interval,
        timeout_sec=timeout,
        paths=paths,
        size=size,
        interface=interface,
    )
    if json:
        _run(watch, asked, family, clock, watch.saw)
        print(msgspec.json.encode(watch.result(clock.now())).decode())
    else:
        _live(watch, asked, family, clock)
    if not _was_measured(watch.traced):
        return ExitStatus.NOT_MEASURED
    return ExitStatus.FINE if watch.traced.reached else ExitStatus.NOT_FINE


async def _measure(
    watch: MtrWatch, trace: Trace, asked: TracePlan, family: Family, progress: Progress
) -> None:
    found = await Names().resolve(watch.host, family=family, timeout_sec=10)
    watch.address = found.address
    if not found.address:
        watch.traced = Traced(reason=found.reason)
        return
    plan = msgspec.structs.replace(asked, address=found.address)
    watch.saw(await trace.trace(plan, progress))
    await watch.learn_names(NAMES_SEC)


def _was_measured(traced: Traced) -> bool:
    """Whether packets left: where none did, the host says why and nobody answered."""
    return bool(traced.hops) and (not traced.reason or any(hop.hosts for hop in traced.hops))


def _run(
    watch: MtrWatch, asked: TracePlan, family: Family, clock: Clock, progress: Progress
) -> None:
    async def measure() -> None:
        with Tracer(clock) as tracer:
            await _measure(watch, tracer, asked, family, progress)

    until_interrupted(measure)


def _live(watch: MtrWatch, asked: TracePlan, family: Family, clock: Clock) -> None:
    with live_table() as live:

        def show(traced: Traced) -> None:
            watch.saw(traced)
            live.update(_table(watch.result(clock.now())), refresh=True)

        _run(watch, asked, family, clock, show)
        if watch.traced.hops:
            live.update(_table(watch.result(clock.now())), refresh=True)
    if reason := watch.result(clock.now()).error:
        complain(reason)


def _table(shown: MtrResult) -> Table:
    target = shown.report.info.target
    table = columns("", "host", title=f"{target.hostname} ({target.ip}) by {shown.protocol}")
    for head in ("loss %", "sent", "last ms", "avg", "best", "worst", "stddev"):
        table.add_column(head, justify="right")
    for hop in shown.report.hops:
        figures = (hop.last, hop.avg, hop.best, hop.worst, hop.stddev)
        cells = figures if hop.recv else ("",) * len(figures)
        table.add_row(str(hop.ttl), _hosts(hop), hop.loss_pct, str(hop.sent), *cells)
    return table


def _hosts(hop: MtrHop) -> str:
    said = f"{hop.refuser} {hop.refusal}" if hop.refusal else "???"
    hosts = [f"{h.hostname} ({h.ip})" if h.hostname else h.ip for h in hop.hosts] or [said]
    return "\n".join([*hosts, *(f"  {extension}" for extension in hop.extensions)])
