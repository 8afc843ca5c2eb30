"""A ring of quarters of an hour: how each was at worst, what was lost, how long it took. Pure."""

from array import array
from collections.abc import Sequence
from typing import Final, NamedTuple

SLOT_SEC: Final = 900
SLOT_US: Final = SLOT_SEC * 1_000_000
DAY_SLOTS: Final = 96
SIZE: Final = DAY_SLOTS + 1
UNMEASURED, FINE, WARNING, DOWN = range(4)
LETTERS: Final = ".owd"
_ZEROS: Final = array("f", bytes(4 * SIZE))
_NONE: Final = array("I", bytes(4 * SIZE))


class SlotRing:
    """A slot's place is its number modulo `SIZE`."""

    __slots__ = ("_lost", "_rtt", "_rtts", "_sent", "_states", "slot")

    def __init__(self, slot: int) -> None:
        self.slot = slot
        """The newest one."""
        self._states = bytearray(SIZE)
        self._sent, self._lost, self._rtt = _ZEROS[:], _ZEROS[:], _ZEROS[:]
        self._rtts = _NONE[:]

    def mark(self, slot: int, state: int) -> None:
        """Say how a slot was, at least."""
        if slot != self.slot and not self._turn(slot):
            return
        place = slot % SIZE
        self._states[place] = max(self._states[place], state)

    def add(self, slot: int, sent: float, lost: float, rtt_ms: float | None, rtts: int = 1) -> None:
        """Count in what was sent and lost, and the mean of so many RTTs."""
        if slot != self.slot and not self._turn(slot):
            return
        place = slot % SIZE
        self._sent[place] += sent
        if lost:
            self._lost[place] += lost
        if rtt_ms is not None:
            self._rtt[place] += rtt_ms * rtts
            self._rtts[place] += rtts

    def merge(self, other: "SlotRing") -> None:
        """Count in all that another ring has."""
        first = other.slot - SIZE + 1
        states, (sent, lost) = other.states(first, other.slot), other.losses(first, other.slot)
        totals, counts = other.rtts(first, other.slot)
        for place in range(SIZE):
            rtt_ms = totals[place] / counts[place] if counts[place] else None
            if states[place] or sent[place] or rtt_ms is not None:
                self.mark(first + place, states[place])
                self.add(first + place, sent[place], lost[place], rtt_ms, int(counts[place]))

    def states(self, first: int, last: int) -> bytes:
        """From one slot to another, both included."""
        return bytes(map(int, self._from(self._states, first, last)))

    def losses(self, first: int, last: int) -> tuple[Sequence[float], Sequence[float]]:
        """Return what was sent and what was lost in each slot."""
        return self._from(self._sent, first, last), self._from(self._lost, first, last)

    def rtts(self, first: int, last: int) -> tuple[Sequence[float], Sequence[float]]:
        """Return the sum of the RTTs of each slot, in ms, and how many there are."""
        return self._from(self._rtt, first, last), self._from(self._rtts, first, last)

    def rtts_ms(self, first: int, last: int) -> list[float]:
        """Return the mean of each slot that has one."""
        sums, counts = self.rtts(first, last)
        return [total / count for total, count in zip(sums, counts, strict=True) if count]

    def _from(self, column: Sequence[float], first: int, last: int) -> list[float]:
        low, high = max(first, self.slot - SIZE + 1), min(last, self.slot)
        if low > high:
            return [0] * (last - first + 1)
        start, end = low % SIZE, high % SIZE + 1
        inside = [*column[start:end]] if start < end else [*column[start:], *column[:end]]
        return [0] * (low - first) + inside + [0] * (last - high)

    def _turn(self, slot: int) -> bool:
        """Make room for a slot; False where it is older than the ring."""
        if slot <= self.slot:
            return slot > self.slot - SIZE
        for gone in range(max(self.slot, slot - SIZE) + 1, slot + 1):
            place = gone % SIZE
            self._states[place] = self._rtts[place] = 0
            self._sent[place] = self._lost[place] = self._rtt[place] = 0.0
        self.slot = slot
        return True


class CellSpan(NamedTuple):
    """Which slots are asked for, and how many make one cell."""

    first: int
    last: int
    slots: int

    @property
    def cells(self) -> int:
        return (self.last - self.first + 1) // self.slots

    @property
    def cell_sec(self) -> int:
        return self.slots * SLOT_SEC


def span_of(now_us: int, hours: int, cells: int) -> CellSpan | None:
    """Return the slots of so many cells that end with the one that goes on; None where a cell is
    no whole number of slots.
    """
    slots, rest = divmod(hours * 3_600 // SLOT_SEC, cells)
    if rest or not slots:
        return None
    last = now_us // SLOT_US // slots * slots + slots - 1
    return CellSpan(last - cells * slots + 1, last, slots)


def held(states: bytes, slots: int) -> bytes:
    """Return states of slots, each until the next, if that is not more than so many later."""
    found = bytearray(states)
    last, left = 0, 0
    for place, state in enumerate(states):
        if state:
            last, left = state, slots - 1
        elif left > 0:
            found[place], left = last, left - 1
    return bytes(found)


def letters(states: bytes, span: CellSpan) -> str:
    """Return the worst of each cell. `states`: of all slots of the span."""
    every = zip(*(states[place :: span.slots] for place in range(span.slots)), strict=True)
    return "".join(LETTERS[max(cell)] for cell in every)


def lost(ring: SlotRing, span: CellSpan) -> tuple[list[float | None], float | None]:
    """Return the percentage that was lost in each cell, and in all of them."""
    sent, gone = (_by_cell(column, span) for column in ring.losses(span.first, span.last))
    each = [
        round(100 * part / whole, 2) if whole else None
        for part, whole in zip(gone, sent, strict=True)
    ]
    whole = sum(sent)
    return each, round(100 * sum(gone) / whole, 3) if whole else None


def _by_cell(column: Sequence[float], span: CellSpan) -> list[float]:
    parts = (column[place :: span.slots] for place in range(span.slots))
    return [sum(cell) for cell in zip(*parts, strict=True)]
