"""What a meter says, without sockets: ticks, the end of flows, and an agent that does not read."""

import itertools
from collections.abc import Iterable

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.meter.core import Load, Meter
from forepost.agent.meter.packet import IPV4, Packet, parse
from forepost.agent.meter.table import MeterTable
from forepost.wire.flows.meter import (
    CLOSED,
    ENDED,
    FLOW,
    FRAME_BYTES,
    IDLE,
    KEY,
    MESSAGE,
    ROW_BYTES,
    ROWS,
    STOPPED,
    FlowLabel,
    Hint,
    MeterOrder,
    Tick,
    Up,
)
from tests.lab.frames import ACK, FIN, PSH, RST, SYN, ipv4, tcp, udp

SECOND = 1_000_000_000
LOAD = Load(0, 0)
up: msgspec.msgpack.Decoder[Up] = msgspec.msgpack.Decoder(Up)


class Blind:
    """An inspector that finds nothing."""

    def look(self, *_: object) -> Iterable[FlowLabel | Hint]:
        return ()

    def forget(self, key: bytes) -> tuple[FlowLabel, ...]:
        assert len(key) == KEY.size
        return ()

    def __len__(self) -> int:
        return 0


class Agent:
    """Takes frames while there is room."""

    def __init__(self, room: int = 1 << 30) -> None:
        self.room = room
        self.frames: list[bytes] = []

    def take(self, frame: bytes) -> bool:
        assert len(frame) <= FRAME_BYTES
        if self.room <= 0:
            return False
        self.room -= 1
        self.frames.append(frame)
        return True

    def heard(
        self,
    ) -> "tuple[dict[bytes, tuple[int, int]], dict[bytes, tuple[int, int]], list[Tick]]":
        """Packets both ways by key as of the rows; reason and packets of what ended; ticks."""
        rows, ended, ticks = {}, {}, []
        for frame in self.frames:
            kind, body = frame[:1], frame[1:]
            if kind == ROWS:
                for at in range(0, len(body), ROW_BYTES):
                    rows[body[at : at + KEY.size]] = packets(body[at + KEY.size : at + ROW_BYTES])
            elif kind == ENDED:
                for at in range(0, len(body), ROW_BYTES + 1):
                    key = body[at + 1 : at + 1 + KEY.size]
                    row = body[at + 1 + KEY.size : at + 1 + ROW_BYTES]
                    ended[key] = body[at], sum(packets(row))
            elif kind == MESSAGE and isinstance(said := up.decode(body), Tick):
                ticks.append(said)
        self.frames.clear()
        return rows, ended, ticks


def packets(row: bytes) -> tuple[int, int]:
    there, back = FLOW.unpack(row)[:2]
    return there, back


def packet(port: int, *, flags: int | None = None) -> Packet:
    inner = udp(port, 9, b"data") if flags is None else tcp(port, 9, 1, flags)
    found = parse(IPV4, 0, ipv4("198.18.0.1", "198.18.0.2", 17 if flags is None else 6, inner))
    assert found is not None
    return found


class Bench:
    def __init__(self, room: int = 1 << 30) -> None:
        order = MeterOrder(interface="cable", ttl_idle_sec=30, ttl_idle_tcp_sec=300)
        self.table = MeterTable(max_flows=100_000, pass_=3)
        self.agent = Agent(room)
        self.meter = Meter(order, self.table, Blind(), self.agent.take)

    def see(self, at_sec: float, *seen: Packet) -> None:
        for one in seen:
            self.table.observe(int(at_sec * SECOND), one, 60)

    def tick(self, at_sec: float, steps: int | None = None) -> None:
        """`steps`: after which it is given up."""
        for _ in itertools.islice(self.meter.tick(int(at_sec * SECOND), lambda: LOAD), steps):
            continue

    def sweep(self, until_sec: int, since_sec: int = 0) -> None:
        for second in range(since_sec, until_sec + 1):
            self.meter.sweep(second * SECOND, lambda: self.agent.room > 0)


def test_a_tick_tells_what_had_traffic_since_the_last_one() -> None:
    bench = Bench()
    bench.see(1, packet(1), packet(2), packet(2))
    bench.tick(2)
    rows, _, (tick,) = bench.agent.heard()
    assert sorted(sum(row) for row in rows.values()) == [1, 2]
    assert (tick.complete, tick.flows, tick.totals.packets) == (True, 2, 3)
    bench.see(3, packet(1))
    bench.tick(4)
    rows, _, _ = bench.agent.heard()
    assert [sum(row) for row in rows.values()] == [2]
    bench.tick(5)
    assert bench.agent.heard()[0] == {}


def test_a_flow_ends_after_its_ttl_and_not_before() -> None:
    bench = Bench()
    bench.see(1, packet(1), packet(2, flags=SYN), packet(3, flags=SYN), packet(4, flags=RST))
    bench.see(2, packet(3, flags=FIN | ACK))
    bench.tick(3)
    bench.agent.heard()
    bench.sweep(30)
    assert bench.agent.heard()[1] == {}
    bench.see(30, packet(1))
    bench.sweep(33, since_sec=31)
    ended = bench.agent.heard()[1]
    assert sorted(ended.values()) == [(CLOSED, 1), (CLOSED, 2)]
    bench.sweep(62, since_sec=34)
    assert list(bench.agent.heard()[1].values()) == [(IDLE, 2)]
    bench.sweep(299, since_sec=63)
    assert bench.agent.heard()[1] == {}
    bench.sweep(303, since_sec=300)
    assert list(bench.agent.heard()[1].values()) == [(IDLE, 1)]
    assert len(bench.table) == 0


def test_stopping_ends_everything_and_says_what_was_counted() -> None:
    bench = Bench()
    bench.see(1, *(packet(port) for port in range(1, 1_001)))
    for _ in bench.meter.stop(2 * SECOND, lambda: LOAD):
        continue
    _, ended, (tick,) = bench.agent.heard()
    assert len(ended) == 1_000
    assert set(ended.values()) == {(STOPPED, 1)}
    assert (tick.totals.packets, tick.complete) == (1_000, True)


MANY = [packet(port) for port in range(1, 1_000)]


@settings(max_examples=40)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=5), st.booleans())
def test_nothing_is_lost_while_the_agent_does_not_read(rooms: list[int], waits: bool) -> None:
    """It waits for the agent and is given up, or sends in vain."""
    bench = Bench()
    known: dict[bytes, tuple[int, int]] = {}
    for second, room in enumerate(rooms, 1):
        bench.see(second, *MANY)
        bench.agent.room = 1 << 30 if waits else room
        bench.tick(second + 0.5, room if waits else None)
        known |= bench.agent.heard()[0]
    bench.agent.room = 1 << 30
    bench.tick(len(rooms) + 1)
    rows, _, (tick,) = bench.agent.heard()
    known |= rows
    assert tick.complete
    assert len(known) == len(MANY)
    assert {sum(row) for row in known.values()} == {len(rooms)}


def test_stopping_waits_for_an_agent_with_little_room() -> None:
    """A step is one frame: whoever drives it makes room for the next."""
    bench = Bench(room=1)
    bench.see(1, *MANY)
    ended: dict[bytes, tuple[int, int]] = {}
    for _ in bench.meter.stop(2 * SECOND, lambda: LOAD):
        ended |= bench.agent.heard()[1]
        bench.agent.room = 1
    ended |= bench.agent.heard()[1]
    assert len(ended) == len(MANY)


def test_flows_wait_for_room_to_end() -> None:
    bench = Bench()
    bench.see(1, packet(1, flags=PSH | ACK), packet(2))
    bench.tick(2)
    bench.agent.heard()
    bench.agent.room = 0
    bench.sweep(400)
    assert len(bench.table) == 2
    bench.agent.room = 10
    bench.sweep(402, since_sec=401)
    assert len(bench.agent.heard()[1]) == 2
    assert len(bench.table) == 0
