"""`forepost tcp`: how fast a port can be connected to."""

import statistics
from dataclasses import dataclass

import msgspec
from cyclopts import Parameter
from rich.table import Table

from forepost.agent.edges.system import system_edges
from forepost.agent.probes.attempts import Show, nobody
from forepost.agent.probes.tcp import Connections
from forepost.cli.columns import columns
from forepost.cli.exit_status import ExitStatus
from forepost.cli.live import live_table
from forepost.cli.measure import (
    Count,
    Flag,
    Often,
    complain,
    ms,
    until_interrupted,
)
from forepost.kit.clock import SystemClock
from forepost.wire.probes.options import WrongOption, read_options
from forepost.wire.probes.tcp import TcpOptions, TcpResult


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Several(Often):
    count: Count = 5


def tcp(
    endpoint: str,
    /,
    *,
    send: str = "",
    expect: str = "",
    regex: str = "",
    tls: Flag = False,
    insecure: Flag = False,
    server_name: str = "",
    often: Several | None = None,
) -> int:
    r"""Connect to a port again and again.

    Exits with 0 when an attempt succeeded, with 1 when none did, with 2 for a mistake in the
    command, and with 3 when nothing could be measured (an unknown host, no permission).

    Parameters
    ----------
    endpoint
        HOST:PORT or [IPv6]:PORT.
    send
        What to say once connected; \r \n \t \0 \\ and \xNN stand for one byte.
    expect
        A text that the answer must have in it.
    regex
        A regular expression that must be found there.
    tls
        Talk inside TLS.
    insecure
        Take any certificate.
    server_name
        The name to ask for and to expect, where it is not the host.
    often
        How often, how long, through what, and how it is shown.

    """
    clock = SystemClock()
    how = often or Several()
    told = {"timeout_sec": how.timeout, "count": how.count, "bind_interface": how.interface}
    if expect and regex:
        complain("--expect and --regex exclude each other")
        return ExitStatus.USAGE
    asked = {
        "send": send,
        "expect": expect or regex,
        "expect_match": "regex" if regex else "contains",
        "tls": tls,
        "insecure_tls": insecure,
        "server_name": server_name,
    }
    try:
        options = read_options(TcpOptions, told, asked)
    except WrongOption as error:
        complain(str(error))
        return ExitStatus.USAGE
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
        with live_table() as live:

            def show(number: int, took_ms: float | None, reason: str) -> None:
                said = reason if took_ms is None else f"{took_ms:.3f} ms"
                at = made[0].result().remote_addr
                live.console.print(f"{at}  {number}  {said}", markup=False)
                live.update(_summary(made[0].result()), refresh=True)

            until_interrupted(lambda: measure(show))
    if not made:  # interrupted before it began
        return ExitStatus.NOT_MEASURED
    got = made[0].result()
    if how.json:
        print(msgspec.json.encode(got).decode())
    elif not got.attempts:
        complain(got.error or "interrupted")
    if not got.attempts:
        return ExitStatus.NOT_MEASURED
    return ExitStatus.FINE if got.connected else ExitStatus.NOT_FINE


def _summary(got: TcpResult) -> Table:
    table = columns("tried", "connected", "refused", "no answer", "min ms", "median", "max")
    times = [took for took in got.connects_ms if took is not None]
    median = statistics.median(times) if times else 0.0
    shown = [ms(value) for value in (got.min_ms, median, got.max_ms)]
    counts = (got.attempts, got.connected, got.refused, got.timed_out)
    table.add_row(*(str(number) for number in counts), *shown)
    return table
