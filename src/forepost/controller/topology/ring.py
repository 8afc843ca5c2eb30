"""The last quarter of an hour of one line: sums over packets for each minute, in a array. Pure.

Whole numbers (microseconds, thousandths of a percent), so that what was added to a sum can be taken
away again and nothing is left.
"""

from array import array
from collections.abc import Sequence
from typing import Final

from forepost.controller.topology.grades import NOTHING, GradedFigures
from forepost.wire.rest.topology import LOOKBACK_MIN

SIZE: Final = LOOKBACK_MIN
COLUMNS: Final = 7
_RESULTS, _RTTS, _RTT, _LOSSES, _LOSS, _JITTERS, _JITTER = range(COLUMNS)
_EMPTY: Final = array("q", bytes(COLUMNS * SIZE * 8))
_MOST: Final = 10**6
"""1,000 s in ms. A payload that says more, or less than nothing, says nothing."""
_MOST_PACKETS: Final = 4_096
"""That a round weighs, so that no sum outgrows 64 bits."""


class Ring:
    """About 1 KB. A minute's place is its number modulo `SIZE`, times `COLUMNS`."""

    __slots__ = ("_cells", "_sums", "newest")

    def __init__(self, minute: int) -> None:
        self._cells = _EMPTY[:]
        self._sums = _EMPTY[:COLUMNS]
        self.newest = minute

    def add(
        self,
        minute: int,
        rtt_ms: float | None,
        loss_pct: float | None,
        jitter_ms: float | None,
        sent: int | None = None,
        received: int | None = None,
    ) -> None:
        """Count a round in, each figure for as many packets as it is of; without their number as
        one. What is older than the ring is left out.
        """
        cells, sums = self._cells, self._sums
        if minute > self.newest:
            self._turn(minute)
        elif minute <= self.newest - SIZE:
            return
        place = minute % SIZE * COLUMNS
        cells[place] += 1
        sums[_RESULTS] += 1
        came, went = min(received or 1, _MOST_PACKETS), min(sent or 1, _MOST_PACKETS)
        for value, column, packets in (
            (rtt_ms, _RTTS, came),
            (loss_pct, _LOSSES, went),
            (jitter_ms, _JITTERS, came),
        ):
            if value is not None and 0 <= value <= _MOST:
                whole = int(value * 1e3 + 0.5) * packets
                cells[place + column] += packets
                cells[place + column + 1] += whole
                sums[column] += packets
                sums[column + 1] += whole

    def figures(self, minute: int, lookback: int) -> GradedFigures:
        """Over the `lookback` minutes that end with `minute`, that one included.

        Changes nothing, so that another thread may ask.
        """
        if lookback == SIZE and minute == self.newest:
            return _figures(self._sums)
        first = max(minute - lookback, self.newest - SIZE) + 1
        last = min(minute, self.newest)
        if first > last:
            return NOTHING
        if last == self.newest and 2 * (last - first) >= SIZE:
            return _figures(self._less(range(self.newest - SIZE + 1, first)))
        cells = self._cells
        places = [each % SIZE * COLUMNS for each in range(first, last + 1)]
        return _figures([sum(cells[p + c] for p in places) for c in range(COLUMNS)])

    def _less(self, minutes: range) -> Sequence[int]:
        """The sums without some minutes."""
        cells, sums = self._cells, self._sums[:]
        for minute in minutes:
            place = minute % SIZE * COLUMNS
            if cells[place]:
                for column in range(COLUMNS):
                    sums[column] -= cells[place + column]
        return sums

    def _turn(self, minute: int) -> None:
        cells, sums = self._cells, self._sums
        for each in range(max(self.newest, minute - SIZE) + 1, minute + 1):
            place = each % SIZE * COLUMNS
            if cells[place]:
                for column in range(COLUMNS):
                    sums[column] -= cells[place + column]
                    cells[place + column] = 0
        self.newest = minute


def _figures(sums: Sequence[int]) -> GradedFigures:
    results, rtts, rtt, losses, loss, jitters, jitter = sums
    if not results:
        return NOTHING
    return GradedFigures(
        rtt / rtts / 1e3 if rtts else None,
        loss / losses / 1e3 if losses else None,
        jitter / jitters / 1e3 if jitters else None,
        results,
    )
