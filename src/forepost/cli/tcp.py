"""`forepost tcp`: how fast a port can be connected to."""

import statistics
from dataclasses import dataclass

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.live import Live
from rich.table import Table

from forepost.agent.edges.system import system_edges
from forepost.agent.probes.attempts import Show, nobody
from forepost.agent.probes.tcp import Connections
from forepost.cli.measure import (
    MEASURED,
    NOT_MEASURED,
    Count,
    Often,
    complain,
    ms,
    until_interrupted,
)
from forepost.kit.clock import SystemClock
from forepost.wire.probes.tcp import TcpOptions, TcpResult


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Several(Often):
    count: Count = 5


def tcp(
    endpoint: str,
    /,
    *,
    often: Several | None = None,
) -> int:
    """Connect to a port again and again.

    Exits with 0 when it could be tried, whatever came of it, and with 1 when it could not: an
    unknown host, no permission.

    Parameters
    ----------
    endpoint
        HOST:PORT or [IPv6]:PORT.
    often
        How often, how long, through what, and how it is shown.

    """
    clock = SystemClock()
    how = often or Several()
    options = TcpOptions(timeout_sec=how.timeout, count=how.count, bind_interface=how.interface)
    made: list[Connections] = []

    async def measure(show: Show) -> None:
        with system_edges(clock) as edges:
            made.append(
                Connections(options, endpoint, clock, edges, gap_sec=how.interval, show=show)
            )
            await made[0].run()

    if how.json:
        until_interrupted(lambda: measure(nobody))
    else:
        with Live(console=Console(), auto_refresh=False) as live:

            def show(number: int, took_ms: float | None, reason: str) -> None:
                said = reason if took_ms is None else f"{took_ms:.3f} ms"
                at = made[0].result().remote_addr
                live.console.print(f"{at}  {number}  {said}", markup=False)
                live.update(_summary(made[0].result()), refresh=True)

            until_interrupted(lambda: measure(show))
    if not made:  # interrupted before it began
        return NOT_MEASURED
    got = made[0].result()
    if how.json:
        print(msgspec.json.encode(got).decode())
    elif not got.attempts:
        complain(got.error or "interrupted")
    return MEASURED if got.attempts else NOT_MEASURED


def _summary(got: TcpResult) -> Table:
    table = Table("tried", "connected", "refused", "no answer", "min ms", "median", "max")
    times = [took for took in got.connects_ms if took is not None]
    median = statistics.median(times) if times else 0.0
    shown = [ms(value) for value in (got.min_ms, median, got.max_ms)]
    counts = (got.attempts, got.connected, got.refused, got.timed_out)
    table.add_row(*(str(number) for number in counts), *shown)
    return table
