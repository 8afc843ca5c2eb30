"""`forepost capture`: the flows of a capture file, by the agent's own meter."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from heapq import nlargest
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import msgspec
from cyclopts import Parameter, validators
from rich.console import Console

from forepost.agent.edges.capture.capture_file import CaptureFile, NotACapture
from forepost.agent.flows import records, views
from forepost.agent.flows.flow import Flow
from forepost.agent.flows.names import Rules
from forepost.agent.flows.recorded import Recorded
from forepost.agent.flows.sides import Sides
from forepost.agent.flows.watch import NDPI_PACKETS
from forepost.agent.meter.replay import Replay
from forepost.cli.exit_status import ExitStatus
from forepost.cli.flow_table import flow_table, short
from forepost.cli.measure import Flag, complain
from forepost.cli.width import wide
from forepost.kit import files
from forepost.wire.flows.meter import MeterOrder, Totals

READ: Final = 0
NOT_READ: Final = 1
STANDARD_INPUT: Final = "-"
MOST_FLOWS: Final = 1 << 20


def capture(
    file: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    local: Annotated[list[str] | None, Parameter(negative="")] = None,
    limit: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 50,
    inspect: Annotated[int, Parameter(validator=validators.Number(gte=0, lte=64))] = 6,
    ndpi: Flag = False,
    json: Flag = False,
) -> int:
    """Read a capture file (pcap, pcapng) and show its flows, counted and named as live ones.

    A flow ends by its TTL in the time of the packets, as it would have. Exits with 0, with 1 where
    the file cannot be read or not to its end (what was whole is shown), and with 2 where it was not
    asked for rightly.

    Parameters
    ----------
    file
        The file; - is standard input.
    local
        A prefix that is local besides the private ones; several may be given.
    limit
        How many flows the table shows, those with the most bytes.
    inspect
        Packets with data, of each direction of a flow, in which names are looked for.
    ndpi
        Have nDPI name applications, too (`pip install --no-deps nfstream==6.6.0 cffi`).
    json
        Print every flow as it ends: a record of telemetry (flow_dpi_complete), one a line. What
        was not in any flow is told on standard error.

    """
    try:
        sides = Sides(local or ())
    except ValueError as error:
        complain(f"--local: {error}")
        return ExitStatus.USAGE
    name = "stdin" if file == STANDARD_INPUT else Path(file).name
    try:
        with _opened(file) as opened:
            read = CaptureFile(opened)
            order = MeterOrder(
                interface=name,
                backend="file",
                inspect=max(inspect, NDPI_PACKETS) if ndpi else inspect,
                ndpi=ndpi,
                max_flows=MOST_FLOWS,
            )
            replay = Replay(order, read)
            if replay.no_ndpi:
                complain(replay.no_ndpi)
                return NOT_READ
            recorded = Recorded(name, sides, Rules(), MOST_FLOWS)
            flows = recorded.flows(replay.frames())
            if json:
                _lines(flows)
                _tell(recorded.totals, read, Console(stderr=True, soft_wrap=True))
            else:
                _table(flows, limit)
                _tell(recorded.totals, read, Console(soft_wrap=True))
    except BrokenPipeError:  # whoever reads has read enough: `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READ
    except (OSError, NotACapture) as error:
        complain(f"{file}: {getattr(error, 'strerror', None) or error}")
        return NOT_READ
    if read.cut:
        complain(f"{file}: {read.cut}")
        return NOT_READ
    return READ


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    with os.fdopen(files.open_regular(Path(file), follow=True), "rb") as opened:
        yield opened


def _lines(flows: Iterable[Flow]) -> None:
    for flow in flows:
        record = records.record(flow, "flow_dpi_complete", privacy=0, offset_ns=0)
        print(msgspec.json.encode(record).decode())


def _table(flows: Iterable[Flow], limit: int) -> None:
    count = 0

    def counted() -> Iterator[Flow]:
        nonlocal count
        for flow in flows:
            count += 1
            yield flow

    largest = nlargest(limit, counted(), key=lambda flow: flow.all_bytes)
    shown = [views.view(flow, 0, 0) for flow in largest]
    console = wide(Console())
    console.print(flow_table(shown, rates=False))
    if count > len(shown):
        console.print(f"... and {count - len(shown)} flows with fewer bytes (--limit)")


def _tell(total: Totals, read: CaptureFile, console: Console) -> None:
    in_flows = total.packets - total.other_packets - total.malformed_packets - total.refused_packets
    said = [
        f"{total.packets} packets, {short(total.bytes)}B",
        f"{total.created} flows of {in_flows} packets",
        f"{total.other_packets} are neither IPv4 nor IPv6",
        f"{total.malformed_packets} malformed",
    ]
    if total.refused_packets:
        said.append(f"{total.refused_packets} of more flows than {MOST_FLOWS}")
    if read.unread:
        said.append(f"{read.unread} more of links that are not known here")
    console.print("; ".join(said), markup=False, highlight=False)
