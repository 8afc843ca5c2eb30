"""What the measuring verbs share: the agent's probes, once or again and again, at the terminal."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol, TypeVar

import anyio
import msgspec
from cyclopts import Parameter, validators
from rich.console import Console
from rich.text import Text

from forepost.agent.edges.system import system_edges
from forepost.agent.ports.edges import Edges
from forepost.cli.columns import columns
from forepost.cli.exit_status import ExitStatus
from forepost.cli.live import live_table
from forepost.cli.width import wide
from forepost.kit.clock import Clock, SystemClock
from forepost.wire.probes.options import Options, WrongOption, read_options

Count = Annotated[
    int,
    Parameter(
        name=["--count", "-c"],
        validator=validators.Number(gte=1, lte=100_000),
        help="How many times to measure.",
    ),
]
Interval = Annotated[
    float,
    Parameter(
        name=["--interval", "-i"],
        validator=validators.Number(gte=0.01),
        help="Seconds from the start of one measurement to that of the next.",
    ),
]
Timeout = Annotated[
    float,
    Parameter(
        name=["--timeout", "-W"],
        validator=validators.Number(gte=0.01, lte=300),
        help="Seconds that one may take, connecting included.",
    ),
]
Interface = Annotated[
    str, Parameter(name=["--interface", "-I"], help="Use this network interface only.")
]
Json = Annotated[
    bool,
    Parameter(negative="", help="Print the probe's payload; several are a line each."),
]
Flag = Annotated[bool, Parameter(negative="")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Often:
    """How often, how long, through what, and how it is shown."""

    count: Count = 1
    interval: Interval = 1.0
    timeout: Timeout = 10.0
    interface: Interface = ""
    json: Json = False


class Result(Protocol):
    """A result of a probe, as its command needs it."""

    @property
    def remote_addr(self) -> str: ...

    @property
    def error(self) -> str: ...


Opts = TypeVar("Opts", bound=Options)
R = TypeVar("R", bound=Result)
Run = Callable[[Opts, str, Clock, Edges], Awaitable[R]]
Cells = Callable[[R], Sequence[str]]


def complain(reason: str) -> None:
    wide(Console(stderr=True)).print(f"forepost: {plain(reason)}", style="red", markup=False)


def plain(text: str) -> str:
    """Without what a server may have put in it to move the cursor; tabs and ends of lines stay."""
    return "".join(one if one.isprintable() or one in "\t\n" else "?" for one in text)


def until_interrupted(measure: Callable[[], Awaitable[None]]) -> None:
    try:
        anyio.run(measure)
    except KeyboardInterrupt:
        # What was measured until then is what was asked for.
        return


def measure(
    run: Run[Opts, R],
    kind: type[Opts],
    target: str,
    asked: dict[str, object],
    often: Often | None,
    headers: Sequence[str],
    cells: Cells[R],
    status: Callable[[Sequence[R]], ExitStatus] | None = None,
) -> ExitStatus:
    """Measure what `asked` (read as a probe's metadata) says and show each result when it comes.

    `status`: what all results make; without it, whether each is without an error.
    """
    how = often or Often()
    try:
        told = {"timeout_sec": how.timeout, "bind_interface": how.interface}
        options = read_options(kind, told, asked)
    except WrongOption as error:
        complain(str(error))
        return ExitStatus.USAGE
    results: list[R] = []
    if how.json:
        until_interrupted(lambda: _repeat(run, options, target, how, results, _as_json))
    else:
        table = columns(*headers)
        with live_table() as live:
            live.update(table, refresh=True)

            def row(result: R) -> None:
                table.add_row(*(Text(plain(cell)) for cell in cells(result)))
                live.update(table, refresh=True)

            until_interrupted(lambda: _repeat(run, options, target, how, results, row))
        for reason in dict.fromkeys(result.error for result in results if result.error):
            complain(reason)
    return _by_errors(results) if status is None else status(results)


def _by_errors(results: Sequence[Result]) -> ExitStatus:
    if not any(result.remote_addr for result in results):
        return ExitStatus.NOT_MEASURED
    return ExitStatus.NOT_FINE if any(one.error for one in results) else ExitStatus.FINE


async def _repeat(
    run: Run[Opts, R],
    options: Opts,
    target: str,
    how: Often,
    results: list[R],
    show: Callable[[R], None],
) -> None:
    clock = SystemClock()
    with system_edges(clock) as edges:
        started = clock.monotonic()
        for number in range(how.count):
            await clock.sleep(max(0.0, started + number * how.interval - clock.monotonic()))
            results.append(await run(options, target, clock, edges))
            show(results[-1])


def _as_json(result: object) -> None:
    print(msgspec.json.encode(result).decode(), flush=True)


def ms(value: float) -> str:
    """Three digits after the point; "-" for what was not reached."""
    return f"{value:.3f}" if value else "-"
