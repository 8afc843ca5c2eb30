"""`forepost speedtest`: how fast a line is both ways, and how late it gets meanwhile."""

import secrets
from typing import Annotated, Final
from urllib.parse import urlsplit

import anyio
import msgspec
from cyclopts import Parameter, validators
from rich.console import Console
from rich.live import Live
from rich.table import Table

from forepost.agent.edges.speed.process import (
    MOST_STREAMS,
    Measured,
    Progress,
    SpeedPlan,
    SpeedProcess,
    SpeedServer,
    Tell,
    Way,
)
from forepost.agent.speedtests.payload import payload
from forepost.cli.columns import columns
from forepost.cli.exit_status import ExitStatus
from forepost.cli.live import live_table
from forepost.cli.measure import (
    Flag,
    Interface,
    complain,
    plain,
    until_interrupted,
)
from forepost.kit.clock import SystemClock
from forepost.kit.speed import child
from forepost.kit.speed.responder import Config
from forepost.wire.probes.speedtest import SpeedFigures, SpeedLeg, SpeedtestPayload

PORT: Final = 5_260
MBIT: Final = 1e6 / 8
MS: Final = 1e6


def speedtest(
    *,
    server: Annotated[str, Parameter(name=["--server", "-s"])] = "",
    token: Annotated[str, Parameter(env_var="FOREPOST_SPEEDTEST_TOKEN")] = "",
    duration: Annotated[
        float, Parameter(name=["--duration", "-t"], validator=validators.Number(gte=0.5, lte=60))
    ] = 8.0,
    streams: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=MOST_STREAMS))] = 4,
    no_download: Flag = False,
    no_upload: Flag = False,
    interface: Interface = "",
    json: Flag = False,
    serve: Flag = False,
    listen: str = f"0.0.0.0:{PORT}",
) -> int:
    """Measure a line against a responder of forepost or a LibreSpeed server.

    Nobody is asked who is not named: start `forepost speedtest --serve` on the other side, or name
    a server. Exits with 0 when all was measured, with 1 when one way only was, with 2 for a mistake
    in the command, and with 3 when nothing was.

    Parameters
    ----------
    server
        HOST:PORT of a responder, or the http(s) URL of a LibreSpeed server.
    token
        What the responder said at its start; FOREPOST_SPEEDTEST_TOKEN is as good.
    duration
        Seconds of each way.
    streams
        TCP connections of each way.
    no_download
        Leave the download out.
    no_upload
        Leave the upload out.
    interface
        Use this network interface only.
    json
        Print the result as the payload of SPEEDTEST.
    serve
        Answer the tests of others until interrupted.
    listen
        Where to answer them.

    """
    if serve:
        return _serve(listen, token)
    place = _place(server, token)
    wanted: dict[Way, bool] = {"download": not no_download, "upload": not no_upload}
    ways = tuple(way for way, is_wanted in wanted.items() if is_wanted)
    if isinstance(place, str) or not ways:
        complain(place if isinstance(place, str) else "there is nothing left to measure")
        return ExitStatus.USAGE
    plan = SpeedPlan(places=[place], ways=ways, sec=duration, streams=streams, interface=interface)
    return _as_json(plan) if json else _live(plan)


def _place(server: str, token: str) -> SpeedServer | str:
    if not server:
        return "--server HOST:PORT or URL is needed: nobody is asked who is not named"
    if server.startswith(("http://", "https://")):
        return SpeedServer(url=server)
    try:
        parts = urlsplit(f"//{server}")
        host, port = parts.hostname or "", parts.port or PORT
    except ValueError as error:
        return f"--server: {error}"
    if not host:
        return f"--server: {server!r} is not HOST:PORT"
    return SpeedServer(host=host, port=port, secret=token)


def _measured(plan: SpeedPlan, tell: Tell) -> Measured:
    got: list[Measured] = []

    async def measure() -> None:
        got.append(await SpeedProcess().measure(plan, tell))

    until_interrupted(measure)
    return got[0] if got else Measured(error="interrupted")


def _as_json(plan: SpeedPlan) -> int:
    said = payload(_measured(plan, lambda _: None), SystemClock().now())
    print(msgspec.json.encode(said).decode())
    return _exit(said)


def _live(plan: SpeedPlan) -> int:
    with live_table() as live:
        got = _measured(plan, lambda progress: _show(live, progress))
        said = payload(got, SystemClock().now())
        if said.test_data:
            live.update(_table(said.test_data[0]), refresh=True)
    for reason in _reasons(said):
        complain(reason)
    return _exit(said)


def _reasons(said: SpeedtestPayload) -> list[str]:
    """Return what went wrong, each once."""
    reasons = [said.error]
    for figures in said.test_data:
        reasons += [leg.error for leg in (figures.download, figures.upload) if leg]
    return list(dict.fromkeys(filter(None, reasons)))


def _exit(said: SpeedtestPayload) -> int:
    measured = any(figures.download or figures.upload for figures in said.test_data)
    if not measured:
        return ExitStatus.NOT_MEASURED
    return ExitStatus.NOT_FINE if _reasons(said) else ExitStatus.FINE


def _show(live: Live, progress: Progress) -> None:
    if not live.console.is_terminal:
        return
    table = columns("", "done", "Mbit/s", "round trip, ms")
    table.add_row(
        progress.phase,
        f"{progress.part:.0%}",
        _mbit(progress.bytes_per_sec),
        f"{progress.latency / MS:.2f}",
    )
    live.update(table, refresh=True)


def _table(figures: SpeedFigures) -> Table:
    table = columns(title=plain(f"{figures.name or figures.host} ({figures.url})"))
    for head in ("", "Mbit/s", "mean", "MB", "round trip, ms", "p95", "jitter", "sent again"):
        table.add_column(head, justify="right", no_wrap=True)
    if figures.idle is not None:
        idle = figures.idle
        times = (idle.median, idle.p95, idle.jitter)
        table.add_row("idle", "", "", "", *(f"{ns / MS:.2f}" for ns in times), "")
    for name, leg in (("download", figures.download), ("upload", figures.upload)):
        if leg is not None:
            table.add_row(name, *_cells(leg))
    return table


def _cells(leg: SpeedLeg) -> list[str]:
    times = (leg.latency.median, leg.latency.p95, leg.latency.jitter) if leg.latency else ()
    return [
        _mbit(leg.bytes_per_sec),
        _mbit(leg.mean_bytes_per_sec),
        f"{leg.bytes / 1e6:.1f}",
        *([f"{ns / MS:.2f}" for ns in times] or ["", "", ""]),
        "" if leg.retransmits is None else str(leg.retransmits),
    ]


def _mbit(bytes_per_sec: float) -> str:
    return f"{bytes_per_sec / MBIT:.1f}"


def _serve(listen: str, token: str) -> int:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal():
        complain(f"--listen: {listen!r} is not HOST:PORT")
        return ExitStatus.USAGE
    secret = token or secrets.token_urlsafe(9)
    errors: list[str] = []

    def started(found: int) -> None:
        console = Console()
        console.print(f"answering speed tests on {host}:{found}; Ctrl-C ends it", markup=False)
        console.print(
            f"  forepost speedtest --server ADDRESS:{found} --token {secret}", markup=False
        )

    async def serving() -> None:
        try:
            config = Config(host=host.strip("[]"), port=int(port), token=secret)
            await child.serve(config, started)
        except child.NotServed as error:
            errors.append(str(error))

    try:
        anyio.run(serving)
    except KeyboardInterrupt:
        return ExitStatus.FINE
    complain(errors[0])
    return ExitStatus.NOT_MEASURED
