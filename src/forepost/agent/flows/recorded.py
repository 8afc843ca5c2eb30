"""Flows of a capture file, each when nothing more comes of it. Pure."""

from collections.abc import Iterable, Iterator

import msgspec

from forepost.agent.flows.flow import Counts, Flow
from forepost.agent.flows.groups import Groups
from forepost.agent.flows.hints import Hints
from forepost.agent.flows.names import Rules
from forepost.agent.flows.sides import Sides
from forepost.agent.flows.table import FlowTable
from forepost.wire.flows.meter import ENDED, MESSAGE, ROWS, FlowLabel, Hint, Tick, Totals, Up

_up = msgspec.msgpack.Decoder(Up)


class Recorded:
    """Hears what a meter says of the file. Times of its flows are Unix time."""

    def __init__(self, interface: str, sides: Sides, rules: Rules, most: int) -> None:
        """`most`: flows at one time."""
        self._interface = interface
        self._table = FlowTable(sides, Groups(), Hints(), rules, self, most)
        self._done: list[Flow] = []
        self.totals = Totals()

    def flows(self, frames: Iterable[bytes]) -> Iterator[Flow]:
        for frame in frames:
            self._hear(frame[:1], frame[1:])
            yield from self._leaving()

    def _hear(self, kind: bytes, body: bytes) -> None:
        if kind == ROWS:
            self._table.rows(self._interface, body)
        elif kind == ENDED:
            self._table.ended(self._interface, body)
            for _ in self._table.sweep():  # all that was said of them was said before
                continue
        elif kind == MESSAGE:
            match _up.decode(body):
                case FlowLabel() as label:
                    self._table.label(self._interface, label)
                case Hint() as hint:
                    self._table.hint(hint)
                case Tick(totals=totals):
                    self.totals = totals

    def _leaving(self) -> list[Flow]:
        done, self._done = self._done, []
        return done

    # What the table tells (a Listener): only ends are of interest.

    def began(self, flow: Flow) -> None: ...

    def named(self, flow: Flow) -> None: ...

    def moved(self, flow: Flow, new: Counts) -> None: ...

    def ended(self, flow: Flow, *, closed: bool) -> None:
        self._done.append(flow)
