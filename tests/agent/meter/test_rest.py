"""Flows beyond what the agent is told a second: added up, and nothing is lost of the sum."""

from collections.abc import Iterable

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.flows.hints import Hints
from forepost.agent.flows.minute import Minute
from forepost.agent.flows.names import Rules, application_of
from forepost.agent.flows.sides import Sides
from forepost.agent.flows.table import FlowTable as AgentTable
from forepost.agent.meter.core import Meter
from forepost.agent.meter.rest import BURST_SEC, Allowance
from forepost.agent.meter.table import MeterTable
from forepost.wire.flows.meter import ENDED, REST, ROWS, FlowLabel, Hint, MeterOrder
from tests.agent.flows.test_flow_table import Heard, NoGroups, drive
from tests.agent.meter.test_core import LOAD, SECOND, Agent, Bench, packet, packets, up

PER_SEC = 10
BURST = PER_SEC * BURST_SEC


class Talkative:
    def look(self, key: bytes, *_: object) -> Iterable[FlowLabel | Hint]:
        return [FlowLabel(key=key, protocol="DNS", reason="dns_query", confidence=100)]

    def forget(self, key: bytes) -> tuple[FlowLabel, ...]:
        return ()

    def __len__(self) -> int:
        return 0


class Bounded(Bench):
    def __init__(self) -> None:
        super().__init__()
        order = MeterOrder(interface="cable", ttl_idle_sec=5, new_flows_per_sec=PER_SEC)
        self.meter = Meter(order, self.table, Talkative(), self.agent.take)


def test_so_many_are_told_and_the_rest_is_one_row() -> None:
    bench = Bounded()
    bench.see(1, *(packet(port) for port in range(1, 1_001)))
    bench.tick(2)
    rows, _, (tick,) = bench.agent.heard()
    assert len(rows) == BURST
    assert tick.flows == 1_000
    bench.sweep(8, since_sec=3)
    rows, ended, _ = bench.agent.heard()
    # Six seconds later there is an allowance for sixty more, whose first row is their last.
    assert len(ended) == BURST + 10 * 4
    assert rows[REST] == (1_000 - len(ended), 0) or sum(rows[REST]) == 1_000 - len(ended)
    for _ in bench.meter.stop(9 * SECOND, lambda: LOAD):
        continue
    _, ended, (tick,) = bench.agent.heard()
    assert list(ended) == [REST]
    assert tick.totals.packets == 1_000


def test_one_that_goes_on_is_told_when_there_is_room_with_all_that_it_had() -> None:
    bench = Bounded()
    bench.see(1, *(packet(port) for port in range(1, 1_001)))
    bench.tick(2)
    told = set(bench.agent.heard()[0])
    for second in range(3, 40):
        bench.see(second, *(packet(port) for port in range(990, 1_001)))
        bench.tick(second + 0.5)
    rows, _, _ = bench.agent.heard()
    late = set(rows) - told
    assert len(late) >= 9
    assert {sum(rows[key]) for key in late} == {38}


def test_labels_have_their_own_bound_and_are_counted() -> None:
    bench = Bounded()
    one = packet(1)
    bench.tick(1)
    for _ in range(500):
        bench.meter.inspect(b"k" * 40, 0, one, b"data")
    labels = [f for f in bench.agent.frames if isinstance(up.decode(f[1:]), FlowLabel)]
    assert len(labels) == BURST
    bench.agent.frames.clear()
    bench.tick(1)
    assert bench.agent.heard()[2][0].missed == 400


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 400)), min_size=1, max_size=12))
def test_the_sum_is_what_was_counted(steps: list[tuple[int, int]]) -> None:
    """As the agent reads it: minutes of all that is told."""
    bench = Bounded()
    minute = Minute(0)

    class Counting(Heard):
        def ended(self, flow: object, *, closed: bool) -> None:
            new = flow.since(flow.reported)  # type: ignore[attr-defined]
            minute.add(flow, application_of(flow), (), new)  # type: ignore[arg-type]

    flows = AgentTable(Sides(), NoGroups(), Hints(), Rules(), Counting(), 100_000)
    now, sent = 1, 0
    for wait, count in steps:
        now += wait
        bench.see(now, *(packet(port) for port in range(1, count + 1)))
        sent += count
        bench.sweep(now, since_sec=now)
        bench.tick(now + 0.5)
    for _ in bench.meter.stop((now + 1) * SECOND, lambda: LOAD):
        continue
    for frame in bench.agent.frames:
        if frame[:1] == ROWS:
            flows.rows("cable", frame[1:])
        elif frame[:1] == ENDED:
            flows.ended("cable", frame[1:])
    drive(flows.sweep())
    drive(flows.sweep())
    total = minute._total.traffic()
    assert total.packets_in + total.packets_out == sent
    assert len(flows) == 0


def test_the_rest_of_a_meter_that_died_is_ended_and_of_the_next_begins_anew() -> None:
    heard = Heard()
    flows = AgentTable(Sides(), NoGroups(), Hints(), Rules(), heard, 100)
    bench = Bounded()
    bench.see(1, *(packet(port) for port in range(1, 301)))
    bench.tick(1.5)
    bench.agent.frames.clear()
    bench.sweep(20, since_sec=2)
    (row,) = [f[1:] for f in bench.agent.frames if f[:1] == ROWS][-1:]
    assert sum(packets(row[len(REST) :])) > 0
    flows.rows("cable", row)
    assert len(flows) == 1
    flows.lose_rest("cable")
    flows.rows("cable", row)
    drive(flows.sweep())
    drive(flows.sweep())
    assert len(flows) == 1
    assert application_of(next(iter(flows))) == "not told apart"


def test_without_a_bound_everything_is_told() -> None:
    bench = Bench()
    bench.see(1, *(packet(port) for port in range(1, 20_001)))
    bench.tick(2)
    assert len(bench.agent.heard()[0]) == 20_000
    assert all(Allowance(0).take() for _ in range(10))
    assert msgspec.json.decode(b'{"interface":"x"}', type=MeterOrder).new_flows_per_sec == 0


def test_a_meter_that_goes_on_for_another_tells_what_that_one_told() -> None:
    table = MeterTable(max_flows=1_000, pass_=3)
    for port in range(1, 501):
        table.observe(SECOND, packet(port), 60)
    order = MeterOrder(interface="x", new_flows_per_sec=1, descriptors={"packets": 3})
    agent = Agent()
    meter = Meter(order, table, Talkative(), agent.take)
    for _ in meter.tick(2 * SECOND, lambda: LOAD):
        continue
    assert len(agent.heard()[0]) == 500
