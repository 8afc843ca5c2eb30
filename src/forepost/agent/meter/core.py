"""What a meter says: rows of flows at each tick, their end, what inspection found. No I/O.

Time is CLOCK_MONOTONIC in ns, or that of a capture file.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

import msgspec

from forepost.agent.meter.packet import Packet
from forepost.agent.meter.rest import Allowance, Rest
from forepost.agent.meter.wheel import SECOND_NS, Wheel
from forepost.wire.flows.meter import (
    ENDED,
    FRAME_BYTES,
    MESSAGE,
    ROW_BYTES,
    ROWS,
    STOPPED,
    FlowLabel,
    Hint,
    MeterOrder,
    Tick,
    Totals,
    Up,
)

ROWS_A_FRAME: Final = (FRAME_BYTES - 1) // (ROW_BYTES + 1)
MARGIN_NS: Final = 1_000_000
"""A packet may still be on its way through the kernel's filter when the rows are read."""

Send = Callable[[bytes], bool]
"""Takes a frame, or says that there is no room for it now."""


class Table(Protocol):
    """A table of flows, the kernel's or one in this process: rows of wire/flows/meter.py."""

    def rows(self, since_ns: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield key and counters of each flow that moved after `since_ns` (monotonic)."""
        ...

    def get(self, key: bytes) -> bytes | None:
        """Return the counters of one flow; None: it is not there."""
        ...

    def take(self, key: bytes) -> bytes | None:
        """Return the counters of one flow, and remove it; None: it is not there."""
        ...

    def totals(self) -> Totals:
        """Return what was counted since the start, flows that are gone among it."""
        ...


class Inspector(Protocol):
    """What finds names in packets."""

    def look(
        self, key: bytes, direction: int, packet: Packet, data: bytes
    ) -> Iterable[FlowLabel | Hint]:
        """`data`: of the transport."""
        ...

    def forget(self, key: bytes) -> Iterable[FlowLabel]:
        """The flow has ended: what can be said of it still."""
        ...

    def __len__(self) -> int:
        """Flows that it waits for more of."""
        ...


class Load(msgspec.Struct, frozen=True):
    """What this process used, and what it did not see."""

    missed: int
    lost: int
    cpu_user_sec: float = 0
    cpu_system_sec: float = 0
    rss_kb: int = 0
    max_rss_kb: int = 0


def message(said: Up) -> bytes:
    return MESSAGE + msgspec.msgpack.encode(said)


class Meter:
    """Tells the agent of the flows of a table: what moved each tick, what ended, what was found."""

    def __init__(self, order: MeterOrder, table: Table, inspector: Inspector, send: Send) -> None:
        self._table, self._inspector, self._send = table, inspector, send
        self._wheel = Wheel(
            ttl_idle_sec=order.ttl_idle_sec, ttl_idle_tcp_sec=order.ttl_idle_tcp_sec
        )
        # A flow is found by a tick before it can end.
        soonest_sec = min(order.ttl_idle_sec, order.ttl_idle_tcp_sec)
        self.tick_sec = min(order.update_interval_sec, max(1.0, soonest_sec / 2))
        self._since_ns = 0
        # Those of a meter before this one have been told, as far as this one can know.
        told = (key for key, _ in table.rows(-1)) if order.descriptors else ()
        self._rest = Rest(order.new_flows_per_sec, told)
        self._words = Allowance(order.new_flows_per_sec)
        self._inspected = 0
        self._unsaid = 0

    def inspect(self, key: bytes, direction: int, packet: Packet, data: bytes) -> None:
        self._inspected += 1
        self._say(self._inspector.look(key, direction, packet, data))

    def _say(self, every: Iterable[FlowLabel | Hint]) -> None:
        for found in every:
            if not self._words.take() or not self._send(message(found)):
                self._unsaid += 1

    def tick(self, now_ns: int, load: Callable[[], Load]) -> Iterator[None]:
        """Send what had traffic since the last complete tick, a frame at each step, so that whoever
        drives it can wait for the agent to read. One that is given up is made up for by the next.
        """
        rows: list[bytes] = []
        complete = True
        self._passes(now_ns)
        for key, row in self._table.rows(self._since_ns):
            self._wheel.saw(key, row)
            if not self._rest.tells(key):
                continue
            rows += (key, row)
            if len(rows) >= 2 * ROWS_A_FRAME:
                complete = self._send(ROWS + b"".join(rows)) and complete
                rows.clear()
                yield
        if rows:
            complete = self._send(ROWS + b"".join(rows)) and complete
        if complete:
            self._since_ns = now_ns - MARGIN_NS
        self._send(message(self._summary(now_ns, load(), complete=complete)))

    def _summary(self, now_ns: int, load: Load, *, complete: bool) -> Tick:
        return Tick(
            at_ns=now_ns,
            complete=complete,
            totals=self._table.totals(),
            missed=load.missed + self._unsaid,
            lost=load.lost,
            flows=len(self._wheel),
            inspected=self._inspected,
            cpu_user_sec=load.cpu_user_sec,
            cpu_system_sec=load.cpu_system_sec,
            rss_kb=load.rss_kb,
            max_rss_kb=load.max_rss_kb,
        )

    def _passes(self, now_ns: int) -> None:
        self._rest.allowance.passes(now_ns)
        self._words.passes(now_ns)

    def sweep(self, now_ns: int, room: Callable[[], bool]) -> None:
        """End what is idle. Without room they stay where they are, and none is lost."""
        self._passes(now_ns)
        for _ in self._endings(self._idle(now_ns, room)):
            continue

    def stop(self, now_ns: int, load: Callable[[], Load]) -> Iterator[None]:
        """End every flow, a frame at each step: there may be more than the agent has room for. Then
        say what was counted in all: no tick comes after this.
        """
        self._passes(now_ns)
        yield from self._endings((key, STOPPED) for key, _ in list(self._table.rows(-1)))
        if last := self._rest.last():
            yield
            self._send(ENDED + bytes((STOPPED,)) + last)
        self._send(message(self._summary(now_ns, load(), complete=True)))

    def _idle(self, now_ns: int, room: Callable[[], bool]) -> Iterator[tuple[bytes, int]]:
        """KEY and reason of those whose time is over."""
        for key in self._wheel.due(now_ns):
            row = self._table.get(key)
            if row is None:
                self._wheel.forget(key)
                self._rest.forget(key)
                continue
            deadline_ns = self._wheel.deadline_ns(key, row)
            if deadline_ns > now_ns:
                self._wheel.put(key, deadline_ns)
            elif not room():
                self._wheel.put(key, now_ns + SECOND_NS)
            else:
                yield key, self._wheel.reason(key, row)

    def _endings(self, ending: Iterable[tuple[bytes, int]]) -> Iterator[None]:
        ended: list[bytes] = []
        for key, reason in ending:
            ended += self._end(key, reason)
            if len(ended) >= 3 * ROWS_A_FRAME:
                self._send(ENDED + b"".join(ended))
                ended.clear()
                yield
        if ended:
            self._send(ENDED + b"".join(ended))
        row = self._rest.row()
        if row and self._send(ROWS + row):
            self._rest.said()

    def _end(self, key: bytes, reason: int) -> tuple[bytes, bytes, bytes]:
        self._wheel.forget(key)
        self._say(self._inspector.forget(key))
        row = self._table.take(key) or b""
        told = bool(row) and self._rest.ends(key, row)
        return (bytes((reason,)), key, row) if told else (b"", b"", b"")
