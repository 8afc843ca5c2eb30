"""`forepost ping`: the agent's own engine, at the terminal."""

import statistics
from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import pairwise
from typing import Annotated

import anyio
import msgspec
from cyclopts import Parameter, validators
from rich.console import Console
from rich.table import Table

from forepost.agent.cores.icmp.rounds import MOST_OTHERS
from forepost.agent.edges.icmp.engine import Icmp
from forepost.agent.ports.net import Family, Net, PacketOptions, Round
from forepost.agent.probes.ping import result
from forepost.cli.columns import columns
from forepost.cli.exit_status import ExitStatus
from forepost.cli.live import live_table
from forepost.kit.clock import Clock, SystemClock
from forepost.wire.probes.ping import PingResult, measured_family

Show = Callable[[int, Round], None]


class PingWatch:
    """What is known so far; complete at any moment, so that Ctrl-C loses nothing."""

    def __init__(self, host: str, now: datetime) -> None:
        self.host, self.address, self.started = host, "", now
        self.rounds: dict[int, Round] = {}
        self.reason = ""

    def total(self) -> Round:
        known = [self.rounds[number] for number in sorted(self.rounds)]
        return Round(
            sent=sum(one.sent for one in known),
            rtts_ns=[rtt for one in known for rtt in one.rtts_ns],
            duplicates=sum(one.duplicates for one in known),
            others=tuple(dict.fromkeys(host for one in known for host in one.others))[:MOST_OTHERS],
            reason=next((one.reason for one in reversed(known) if one.reason), self.reason),
        )

    def result(self, now: datetime) -> PingResult:
        return result(self.total(), self.address or self.host, self.started, now)


def ping(
    host: str,
    /,
    *,
    count: Annotated[
        int, Parameter(name=["--count", "-c"], validator=validators.Number(gte=1, lte=100_000))
    ] = 5,
    interval: Annotated[
        float, Parameter(name=["--interval", "-i"], validator=validators.Number(gte=0.01))
    ] = 1.0,
    timeout: Annotated[
        float, Parameter(name=["--timeout", "-W"], validator=validators.Number(gte=0.01))
    ] = 2.0,
    size: Annotated[
        int, Parameter(name=["--size", "-s"], validator=validators.Number(gte=8, lte=65_507))
    ] = 56,
    interface: Annotated[str, Parameter(name=["--interface", "-I"])] = "",
    source: Annotated[str, Parameter(name=["--source", "-S"])] = "",
    dscp: Annotated[int, Parameter(validator=validators.Number(gte=0, lte=63))] = 0,
    ttl: Annotated[
        int, Parameter(name=["--ttl", "-t"], validator=validators.Number(gte=0, lte=255))
    ] = 0,
    dont_fragment: Annotated[bool, Parameter(negative="")] = False,
    ipv4: Annotated[bool, Parameter(name=["--ipv4", "-4"], negative="")] = False,
    ipv6: Annotated[bool, Parameter(name=["--ipv6", "-6"], negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Ping a host with kernel timestamps.

    Exits with 0 when a request was answered, with 1 when none was, with 2 for a mistake in the
    command, and with 3 when nothing could be measured (an unknown host, no permission).

    Parameters
    ----------
    host
        A name, an IPv4 or an IPv6 address.
    count
        How many requests to send.
    interval
        Seconds from one request to the next.
    timeout
        Seconds that each request waits for its answer.
    size
        Bytes of data in a request.
    interface
        Send through this network interface only.
    source
        Send from this address of the host.
    dscp
        Mark requests with this code point (RFC 2474): 46 is EF.
    ttl
        Let requests pass so many routers; 0 is the system's choice.
    dont_fragment
        Let nobody cut a request in pieces.
    ipv4
        Use IPv4 only.
    ipv6
        Use IPv6 only.
    json
        Print the result as the probe's payload.

    """
    if ipv4 and ipv6:
        Console(stderr=True).print("--ipv4 and --ipv6 exclude each other")
        return ExitStatus.USAGE
    family: Family = "4" if ipv4 else "6" if ipv6 else "auto"
    family = measured_family(family, source)
    packet = PacketOptions(source=source, dscp=dscp, ttl=ttl, dont_fragment=dont_fragment)
    clock = SystemClock()
    watch = PingWatch(host, clock.now())

    async def measure(show: Show) -> None:
        with Icmp(clock) as net:
            await _measure(
                watch,
                net,
                clock,
                show,
                family=family,
                count=count,
                interval=interval,
                timeout=timeout,
                size=size,
                interface=interface,
                packet=packet,
            )

    if json:
        _until_interrupted(measure, _hide)
        print(msgspec.json.encode(watch.result(clock.now())).decode())
    else:
        _live(watch, measure)
    total = watch.total()
    if not total.sent:
        return ExitStatus.NOT_MEASURED
    is_lost = all(rtt is None for rtt in total.rtts_ns)
    return ExitStatus.NOT_FINE if is_lost else ExitStatus.FINE


async def _measure(
    watch: PingWatch,
    net: Net,
    clock: Clock,
    show: Show,
    *,
    family: Family,
    count: int,
    interval: float,
    timeout: float,  # noqa: ASYNC109 - of each request, which the engine keeps
    size: int,
    interface: str,
    packet: PacketOptions,
) -> None:
    """Ask for a round of one request each time, so that every answer can be shown when it comes."""
    found = await net.resolve(watch.host, family=family)
    watch.address, watch.reason = found.address, found.reason
    if not found.address:
        return
    started = clock.monotonic()
    async with anyio.create_task_group() as tasks:

        async def one(number: int) -> None:
            got = await net.round(
                found.address,
                count=1,
                gap_sec=0,
                timeout_sec=timeout,
                size=size,
                interface=interface,
                packet=packet,
            )
            watch.rounds[number] = got
            show(number, got)
            if not got.sent:
                tasks.cancel_scope.cancel()

        for number in range(count):
            await clock.sleep(max(0.0, started + number * interval - clock.monotonic()))
            tasks.start_soon(one, number)


def _hide(number: int, one: Round) -> None:
    """Only the result is wanted."""


def _until_interrupted(measure: Callable[[Show], Awaitable[None]], show: Show) -> None:
    try:
        anyio.run(measure, show)
    except KeyboardInterrupt:
        # What was measured until then is what was asked for.
        return


def _live(watch: PingWatch, measure: Callable[[Show], Awaitable[None]]) -> None:
    with live_table() as live:

        def show(number: int, one: Round) -> None:
            rtt = one.rtts_ns[0] if one.rtts_ns else None
            if rtt is not None:
                other = f"  from {', '.join(one.others)}" if one.others else ""
                live.console.print(f"{watch.address}  seq {number}  {_ms(rtt)} ms{other}")
            elif one.sent:
                live.console.print(f"{watch.address}  seq {number}  [red]lost[/] {one.reason}")
            live.update(_summary(watch.total()), refresh=True)

        _until_interrupted(measure, show)
    total = watch.total()
    if not total.sent:
        Console(stderr=True).print(f"forepost ping: {total.reason or 'interrupted'}", style="red")


def _summary(total: Round) -> Table:
    rtts = [rtt for rtt in total.rtts_ns if rtt is not None]
    table = columns("sent", "lost", "loss", "dup", "min ms", "median", "p95", "max", "jitter")
    loss = f"{100 * (1 - len(rtts) / total.sent):.1f} %" if total.sent else "-"
    cells = [str(total.sent), str(total.sent - len(rtts)), loss, str(total.duplicates)]
    if rtts:
        ordered = sorted(rtts)
        p95 = ordered[-(-95 * len(ordered) // 100) - 1]
        jitter = statistics.fmean(abs(b - a) for a, b in pairwise(rtts)) if len(rtts) > 1 else 0
        shown = (ordered[0], statistics.median(ordered), p95, ordered[-1], jitter)
        cells += [_ms(value) for value in shown]
    else:
        cells += ["-"] * 5
    table.add_row(*cells)
    return table


def _ms(ns: float) -> str:
    return f"{ns / 1e6:.3f}"
