"""Flows as rows of a table, for people."""

from collections.abc import Iterable
from typing import Final

from rich.table import Table
from rich.text import Text

from forepost.cli.measure import plain
from forepost.wire.flows.socket import FlowView

_UNITS: Final = ("", "k", "M", "G", "T", "P")
LONGEST_NAME: Final = 48
_WORDS: Final = ("proto", "local", "other", "application", "name", "tags")
_YIELDING: Final = frozenset({"application", "name", "tags"})


def flow_table(flows: Iterable[FlowView], *, rates: bool, title: str = "") -> Table:
    """`rates`: bits per second instead of packets and seconds.

    What a narrow terminal has no room for is cut off applications, names and tags.
    """
    rows = [[plain(cell) for cell in _cells(flow, rates=rates)] for flow in flows]
    numbers = ("out bit/s", "in bit/s") if rates else ("sec", "out pkt", "in pkt")
    heads = [*_WORDS, *numbers, "out bytes", "in bytes"]
    table = Table(title=title or None, title_justify="left", title_style="", box=None)
    for at, head in enumerate(heads):
        needs = max([len(head), *(len(row[at]) for row in rows)])
        table.add_column(
            head,
            justify="left" if head in _WORDS else "right",
            no_wrap=True,
            min_width=len(head) if head in _YIELDING else needs,
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _cells(flow: FlowView, *, rates: bool) -> list[str]:
    arrow = "" if flow.local_origin else "< "
    cells = [
        flow.protocol,
        end(flow.local_ip, flow.local_port),
        arrow + end(flow.other_ip, flow.other_port),
        flow.application,
        flow.name[:LONGEST_NAME],
        ", ".join(flow.tags),
    ]
    if rates:
        cells += [short(flow.local_rate_bps), short(flow.other_rate_bps)]
    else:
        lasted_sec = (flow.last_seen_at - flow.first_seen_at) / 1e3
        cells += [f"{lasted_sec:.1f}", str(flow.local_packets), str(flow.other_packets)]
    return [*cells, short(flow.local_bytes), short(flow.other_bytes)]


def end(address: str, port: int) -> str:
    if not port:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def short(number: float) -> str:
    """Three digits and a unit of 1000; what is below 10,000 as it is."""
    if number < 10_000:
        return f"{number:.0f}"
    unit = 0
    while number >= 999.5 and unit < len(_UNITS) - 1:
        number, unit = number / 1_000, unit + 1
    return f"{number:.3g} {_UNITS[unit]}"
