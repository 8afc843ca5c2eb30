"""`forepost ping`: the agent's own engine, at the terminal."""

import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import count as counted_from
from pathlib import Path
from typing import Annotated, Final

import anyio
import msgspec
from cyclopts import Parameter, validators
from rich.live import Live

from forepost.agent.edges.icmp.engine import Icmp
from forepost.agent.ports.net import Family, Net, PacketOptions, Round
from forepost.cli.exit_status import ExitStatus
from forepost.cli.live import live_table
from forepost.cli.measure import complain, until_interrupted
from forepost.cli.ping_watch import PingWatch, in_ms, summary
from forepost.kit.clock import Clock, SystemClock
from forepost.wire.probes.ping import measured_family

MOST_HOSTS: Final = 1_000
REDRAWN_SEC: Final = 0.25
"""The summary, at most so often."""

Show = Callable[[PingWatch, int, Round], None]


def ping(
    *hosts: str,
    file: Annotated[str, Parameter(name=["--file", "-f"], allow_leading_hyphen=True)] = "",
    count: Annotated[
        int, Parameter(name=["--count", "-c"], validator=validators.Number(gte=0, lte=100_000))
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
    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Ping one host or several with kernel timestamps.

    Exits with 0 when every host answered a request, with 1 when one did not, with 2 for a mistake
    in the command, and with 3 when nothing could be measured (an unknown host, no permission).

    Parameters
    ----------
    hosts
        Names, IPv4 or IPv6 addresses.
    file
        More of them, one a line; # begins a note, - is the standard input.
    count
        How many requests to send; 0 goes on until Ctrl-C. The summary is of 100,000 at most.
    interval
        Seconds from one request to a host to the next.
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
    quiet
        The summary only.
    json
        Print the result as the probe's payload, a line for each host.

    """
    try:
        named = [*hosts, *_listed(file)]
    except OSError as error:
        complain(f"--file {file}: {error.strerror or error}")
        return ExitStatus.USAGE
    if (mistake := _mistake(named, ipv4=ipv4, ipv6=ipv6)) is not None:
        complain(mistake)
        return ExitStatus.USAGE
    family: Family = "4" if ipv4 else "6" if ipv6 else "auto"
    packet = PacketOptions(source=source, dscp=dscp, ttl=ttl, dont_fragment=dont_fragment)
    clock = SystemClock()
    watches = [PingWatch(host, clock.now()) for host in dict.fromkeys(named)]

    async def measure(show: Show) -> None:
        with Icmp(clock) as net:
            async with anyio.create_task_group() as tasks:
                for watch in watches:
                    requests = partial(
                        net.round,
                        count=1,
                        gap_sec=0,
                        timeout_sec=timeout,
                        size=size,
                        interface=interface,
                        packet=packet,
                    )
                    tasks.start_soon(
                        _measure,
                        watch,
                        net,
                        clock,
                        show,
                        measured_family(family, source),
                        counted_from() if count == 0 else range(count),
                        interval,
                        requests,
                    )

    if json:
        until_interrupted(lambda: measure(_hide))
        for watch in watches:
            print(msgspec.json.encode(watch.result(clock.now())).decode())
    else:
        _live(watches, measure, clock, quiet=quiet)
    return _status(watches)


def _listed(file: str) -> list[str]:
    """Raises OSError."""
    if not file:
        return []
    text = sys.stdin.read() if file == "-" else Path(file).read_text(errors="replace")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def _mistake(named: Sequence[str], *, ipv4: bool, ipv6: bool) -> str | None:
    if ipv4 and ipv6:
        return "--ipv4 and --ipv6 exclude each other"
    if not named:
        return "hosts: at least one is needed"
    if len(named) > MOST_HOSTS:
        return f"hosts: {len(named):,}; the most is {MOST_HOSTS:,}"
    return None


def _status(watches: Sequence[PingWatch]) -> ExitStatus:
    if not any(watch.is_measured for watch in watches):
        return ExitStatus.NOT_MEASURED
    is_fine = all(watch.is_answered for watch in watches)
    return ExitStatus.FINE if is_fine else ExitStatus.NOT_FINE


async def _measure(
    watch: PingWatch,
    net: Net,
    clock: Clock,
    show: Show,
    family: Family,
    numbers: "range | counted_from[int]",
    interval_sec: float,
    request: Callable[[str], Awaitable[Round]],
) -> None:
    """Ask for a round of one request each time, so that every answer can be shown when it comes."""
    found = await net.resolve(watch.host, family=family)
    watch.address, watch.reason = found.address, found.reason
    if not found.address:
        return
    started = clock.monotonic()
    async with anyio.create_task_group() as tasks:

        async def one(number: int) -> None:
            got = await request(found.address)
            watch.keep(number, got)
            show(watch, number, got)
            if not got.sent:
                tasks.cancel_scope.cancel()

        for number in numbers:
            await clock.sleep(max(0.0, started + number * interval_sec - clock.monotonic()))
            tasks.start_soon(one, number)


def _hide(watch: PingWatch, number: int, one: Round) -> None:
    """Only the result is wanted."""


def _live(
    watches: Sequence[PingWatch],
    measure: Callable[[Show], Awaitable[None]],
    clock: Clock,
    *,
    quiet: bool,
) -> None:
    with live_table() as live:
        drawn = clock.monotonic()

        def show(watch: PingWatch, number: int, one: Round) -> None:
            nonlocal drawn
            if not quiet:
                _say(live, watch, number, one)
            if live.console.is_terminal and clock.monotonic() - drawn >= REDRAWN_SEC:
                drawn = clock.monotonic()
                live.update(summary(watches), refresh=True)

        until_interrupted(lambda: measure(show))
        live.update(summary(watches), refresh=True)
    for watch in watches:
        if not watch.is_measured:
            complain(watch.total().reason or f"{watch.host}: interrupted")


def _say(live: Live, watch: PingWatch, number: int, one: Round) -> None:
    rtt = one.rtts_ns[0] if one.rtts_ns else None
    if rtt is not None:
        other = f"  from {', '.join(one.others)}" if one.others else ""
        live.console.print(f"{watch.address}  seq {number}  {in_ms(rtt)} ms{other}")
    elif one.sent:
        live.console.print(f"{watch.address}  seq {number}  [red]lost[/] {one.reason}")
