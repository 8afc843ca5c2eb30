"""What is known of hosts that are pinged: complete at any time, so that Ctrl-C loses nothing."""

import statistics
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from rich.table import Table

from forepost.agent.cores.icmp.rounds import MOST_OTHERS
from forepost.agent.ports.net import Round
from forepost.agent.probes.ping import result
from forepost.cli.columns import columns
from forepost.wire.probes.ping import PingResult

MOST_KEPT: Final = 100_000
"""Requests of one host; of more, the last ones."""
FIGURES: Final = ("sent", "lost", "loss", "dup", "min ms", "median", "p95", "max", "jitter")


class PingWatch:
    """Of one host."""

    def __init__(self, host: str, now: datetime) -> None:
        self.host, self.address, self.started = host, "", now
        self._rounds: dict[int, Round] = {}
        self.reason = ""

    def keep(self, number: int, one: Round) -> None:
        """Of one request."""
        self._rounds[number] = one
        if len(self._rounds) > MOST_KEPT:
            del self._rounds[next(iter(self._rounds))]

    def total(self) -> Round:
        known = [self._rounds[number] for number in sorted(self._rounds)]
        return Round(
            sent=sum(one.sent for one in known),
            rtts_ns=[rtt for one in known for rtt in one.rtts_ns],
            duplicates=sum(one.duplicates for one in known),
            others=tuple(dict.fromkeys(host for one in known for host in one.others))[:MOST_OTHERS],
            reason=next((one.reason for one in reversed(known) if one.reason), self.reason),
        )

    @property
    def is_measured(self) -> bool:
        return any(one.sent for one in self._rounds.values())

    @property
    def is_answered(self) -> bool:
        return any(rtt is not None for one in self._rounds.values() for rtt in one.rtts_ns)

    def result(self, now: datetime) -> PingResult:
        return result(self.total(), self.address or self.host, self.started, now)


def summary(watches: Sequence[PingWatch]) -> Table:
    """A row for each host; of one alone without its name."""
    if len(watches) == 1:
        table = columns(*FIGURES)
        table.add_row(*_cells(watches[0].total()))
        return table
    table = columns("host", *FIGURES)
    for watch in watches:
        table.add_row(watch.host, *_cells(watch.total()))
    return table


def _cells(total: Round) -> list[str]:
    rtts = [rtt for rtt in total.rtts_ns if rtt is not None]
    loss = f"{100 * (1 - len(rtts) / total.sent):.1f} %" if total.sent else "-"
    cells = [str(total.sent), str(total.sent - len(rtts)), loss, str(total.duplicates)]
    if not rtts:
        return cells + ["-"] * 5
    ordered = sorted(rtts)
    p95 = ordered[-(-95 * len(ordered) // 100) - 1]
    jitter = statistics.fmean(abs(b - a) for a, b in pairwise(rtts)) if len(rtts) > 1 else 0
    shown = (ordered[0], statistics.median(ordered), p95, ordered[-1], jitter)
    return cells + [in_ms(value) for value in shown]


def in_ms(ns: float) -> str:
    return f"{ns / 1e6:.3f}"
