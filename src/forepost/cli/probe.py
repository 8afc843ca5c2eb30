"""`forepost probe`: any type of probe, once, as an agent would run it."""

from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from forepost.agent.edges.system import system_edges
from forepost.agent.probes import PROBES
from forepost.cli.columns import columns
from forepost.cli.exit_status import ExitStatus
from forepost.cli.live import live_table
from forepost.cli.measure import Interface, Json, Timeout, complain, plain, until_interrupted
from forepost.kit.clock import SystemClock
from forepost.wire.base import Wire
from forepost.wire.probes import KINDS
from forepost.wire.probes.options import WrongOption, read_options


def probe(
    type: str,  # noqa: A002 - as probes have it
    target: str = "",
    /,
    *,
    set: Annotated[tuple[str, ...], Parameter(name=["--set", "-s"])] = (),  # noqa: A002 - as a verb
    count: Annotated[int, Parameter(name=["--count", "-c"])] = 0,
    timeout: Timeout = 10.0,
    interface: Interface = "",
    json: Json = False,
) -> int:
    """Run a probe of any type once.

    Exits with 0 when all was as expected, with 1 when it was not, with 2 for a mistake in the
    command, and with 3 when nothing could be measured (an unknown host, no permission).

    Parameters
    ----------
    type
        SSH, SMTP, MQTT, NTP, ...: as in docs/probes.md.
    target
        What is measured: a host, HOST:PORT or a URL.
    set
        An option of the type, NAME=VALUE; may be given several times. What is JSON is read as JSON.
    count
        Packets or attempts; 0 is the type's own number.
    timeout
        Seconds that it may take.
    interface
        Use this network interface only.
    json
        Print the payload of the result.

    """
    kind = KINDS.get(type.upper())
    if kind is None:
        complain(f"type: no probe {type}; there are {', '.join(KINDS)}")
        return ExitStatus.USAGE
    told = {"timeout_sec": timeout, "count": count, "bind_interface": interface}
    try:
        asked = dict(map(_pair, set))
        if unknown := asked.keys() - frozenset(kind.options.__struct_fields__):
            raise WrongOption(f"{min(unknown)}: {kind.name} has no such option")
        options = read_options(kind.options, told, asked)
    except WrongOption as error:
        complain(str(error))
        return ExitStatus.USAGE
    results: list[Wire] = []

    async def measure() -> None:
        clock = SystemClock()
        with system_edges(clock) as edges:
            results.append(await PROBES[kind.name](options, target, clock, edges))

    until_interrupted(measure)
    if not results:
        return ExitStatus.NOT_MEASURED
    said = msgspec.to_builtins(results[0])
    if json:
        print(msgspec.json.encode(results[0]).decode())
    else:
        with live_table() as live:
            live.update(_shown(said), refresh=True)
        if reason := said.get("error"):
            complain(reason)
    return _status(said)


def _pair(text: str) -> tuple[str, object]:
    """Raises WrongOption."""
    name, is_there, value = text.partition("=")
    if not (name and is_there):
        raise WrongOption(f"--set {text}: NAME=VALUE is needed")
    try:
        return name, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return name, value


def _shown(said: dict[str, object]) -> Table:
    table = columns("field", "value")
    for name, value in said.items():
        if value not in (None, "", [], {}):
            shown = value if isinstance(value, str) else msgspec.json.encode(value).decode()
            table.add_row(name, Text(plain(shown)))
    return table


def _status(said: dict[str, object]) -> ExitStatus:
    loss_pct = said.get("loss_pct", said.get("packet_loss"))
    if said.get("remote_addr") == "":
        return ExitStatus.NOT_MEASURED
    if loss_pct is not None:
        return ExitStatus.NOT_FINE if loss_pct == 100 else ExitStatus.FINE
    return ExitStatus.NOT_FINE if said.get("error") else ExitStatus.FINE
