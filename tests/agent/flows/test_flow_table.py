"""The agent's table: rows, ends, labels in any order, a lost meter, what begins again."""

import ipaddress
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.flows import views
from forepost.agent.flows.flow import Counts, Flow
from forepost.agent.flows.hints import Hints
from forepost.agent.flows.names import Rules
from forepost.agent.flows.recall import Recall
from forepost.agent.flows.sides import Sides
from forepost.agent.flows.table import A_STEP, FlowTable
from forepost.wire.flows.meter import CLOSED, FLOW, IDLE, KEY, FlowLabel, Hint

ZERO = bytes(6)


def key(port: int = 50_000, remote: str = "8.8.8.8") -> bytes:
    there = ipaddress.IPv4Address(remote).packed + bytes(12)
    here = bytes((10, 0, 0, 1)) + bytes(12)
    return KEY.pack(here, there, port.to_bytes(2), b"\x01\xbb", 6, 4, 0)


def row(sent: int, received: int, *, last_ns: int = 9) -> bytes:
    return FLOW.pack(sent, received, 60 * sent, 60 * received, 1, last_ns, *[0] * 14, ZERO, ZERO, 0)


def drive(steps: Iterator[None]) -> None:
    for _ in steps:
        continue


class NoGroups:
    version = 0
    names: tuple[str, ...] = ()

    def of(self, address: bytes, mac: bytes) -> tuple[str, ...]:
        assert (len(address), len(mac)) in ((4, 6), (16, 6))
        return self.names


class Heard:
    def __init__(self) -> None:
        self.said: list[str] = []
        self.packets = 0

    def began(self, flow: Flow) -> None:
        self.said.append(f"began {flow.name}")

    def named(self, flow: Flow) -> None:
        self.said.append(f"named {flow.name}")

    def moved(self, flow: Flow, new: Counts) -> None:
        assert min(new) >= 0
        self.packets += new[0] + new[1]

    def ended(self, flow: Flow, *, closed: bool) -> None:
        self.said.append(f"{'closed' if closed else 'expired'} {flow.detected}")


def table(most: int = 100) -> tuple[FlowTable, Heard]:
    heard = Heard()
    return FlowTable(Sides(), NoGroups(), Hints(), Rules(), heard, most), heard


def label(of: bytes, name: str = "www.example.com") -> FlowLabel:
    return FlowLabel(key=of, protocol="TLS", server_name=name, reason="tls_sni", confidence=95)


few = st.integers(0, 9)


@given(st.lists(st.tuples(st.integers(0, 4), few, few, st.booleans()), max_size=40))
def test_what_moved_adds_up_to_the_counters(steps: list[tuple[int, int, int, bool]]) -> None:
    flows, heard = table()
    counted: dict[int, tuple[int, int]] = {}
    for number, sent, received, update in steps:
        before = counted.get(number, (0, 0))
        counted[number] = before[0] + sent, before[1] + received
        flows.rows("eth0", key(50_000 + number) + row(*counted[number]))
        if update:
            drive(flows.update(15))
    drive(flows.update(15))
    assert heard.packets == sum(a + b for a, b in counted.values())
    assert heard.packets == sum(flow.local_packets + flow.other_packets for flow in flows)


def test_a_label_may_come_before_its_row_and_after() -> None:
    flows, heard = table()
    flows.label("eth0", label(key()))
    flows.rows("eth0", key() + row(1, 1))
    assert heard.said == ["began www.example.com"]
    flows.rows("eth0", key(50_001) + row(1, 1))
    flows.label("eth0", label(key(50_001)))
    assert heard.said[1:] == ["began ", "named www.example.com"]


def test_what_was_looked_up_before_names_what_says_nothing() -> None:
    flows, heard = table()
    flows.hint(Hint(name="dns.google", addresses=[bytes((8, 8, 8, 8))]))
    flows.rows("eth0", key() + row(1, 0))
    assert heard.said == ["began dns.google"]


def test_an_ended_flow_is_there_for_one_more_sweep() -> None:
    flows, heard = table()
    flows.rows("eth0", key() + row(1, 1))
    flows.ended("eth0", bytes((CLOSED,)) + key() + row(2, 2))
    drive(flows.update(15))
    assert (len(flows), flows.standing.flows_expired, flows.standing.flows_expiring) == (1, 1, 1)
    flows.label("eth0", label(key()))
    drive(flows.sweep())
    drive(flows.update(15))
    assert (len(flows), flows.standing.flows_purged) == (0, 1)
    assert heard.said[-1] == "closed TLS"
    assert heard.packets == 4
    flows.rows("eth0", key() + row(1, 0))
    assert heard.said[-1] == "began www.example.com"


def test_a_flow_that_begins_again_has_the_name_of_the_one_before() -> None:
    flows, heard = table()
    flows.rows("eth0", key() + row(5, 5))
    flows.label("eth0", label(key()))
    flows.ended("eth0", bytes((IDLE,)) + key() + row(5, 5))
    drive(flows.sweep())
    flows.rows("eth0", key() + row(1, 0))
    (flow,) = flows
    assert (flow.name, flow.recalled, flow.reason) == ("www.example.com", True, "tls_sni")
    flows.label("eth0", label(key(), "other.example.com"))
    assert (flow.name, flow.recalled) == ("other.example.com", False)
    assert heard.said[-2:] == ["began www.example.com", "named other.example.com"]


def test_a_guess_is_not_recalled() -> None:
    flows, _ = table()
    flows.rows("eth0", key() + row(1, 0))
    flows.ended("eth0", bytes((IDLE,)) + key() + row(1, 0))
    drive(flows.sweep())
    flows.rows("eth0", key() + row(1, 0))
    (flow,) = flows
    assert (flow.recalled, flow.detected) == (False, "")


def test_recall_is_bounded() -> None:
    recall = Recall(most=1)
    flows, _ = table()
    for port in (50_000, 50_001):
        flows.rows("eth0", key(port) + row(1, 0))
        flows.label("eth0", label(key(port)))
    first, second = flows
    recall.learn(first, closed=True)
    recall.learn(second, closed=True)
    assert not recall.apply(first)
    assert recall.apply(second)


def test_a_lost_meter_ends_what_it_had_and_another_begins_anew() -> None:
    flows, heard = table()
    flows.rows("eth0", key() + row(5, 5))
    flows.rows("eth1", key() + row(1, 1))
    flows.lose("eth0")
    flows.rows("eth0", key() + row(1, 0))
    drive(flows.sweep())
    assert sorted((f.interface, f.local_packets) for f in flows) == [("eth0", 1), ("eth1", 1)]
    drive(flows.update(15))
    assert heard.packets == 13
    assert heard.said.count("expired TLS") == 1


def test_a_sweep_that_is_given_up_goes_on_with_the_next() -> None:
    flows, heard = table(most=2 * A_STEP)
    for port in range(2 * A_STEP):
        flows.rows("eth0", key(1 + port) + row(1, 0))
    flows.lose("eth0")
    next(flows.sweep())
    assert 0 < len(flows) < 2 * A_STEP
    drive(flows.sweep())
    assert (len(flows), heard.packets) == (0, 2 * A_STEP)
    assert sum("expired" in said for said in heard.said) == 2 * A_STEP


def test_rates_are_those_of_the_last_update_interval() -> None:
    flows, _ = table()
    flows.rows("eth0", key() + row(10, 20))
    flows.rows("eth0", key(50_001) + row(1, 0))
    one, other = flows
    assert one.rates == (0, 0)
    drive(flows.update(10))
    assert (one.rates, flows.standing.flows_active) == ((480, 960), 2)
    flows.rows("eth0", key() + row(10, 21))
    flows.rows("eth0", key(50_001) + row(1, 0))  # told again, with nothing new
    drive(flows.update(10))
    assert (one.rates, other.rates, flows.standing.flows_active) == ((0, 48), (0, 0), 1)
    drive(flows.update(10))
    assert one.rates == (0, 0)


@pytest.mark.anyio
async def test_who_asks_sees_the_groups_of_now() -> None:
    groups = NoGroups()
    flows = FlowTable(Sides(), groups, Hints(), Rules(), Heard(), 10)
    flows.rows("eth0", key() + row(1, 0))
    groups.version, groups.names = 1, ("near",)
    (shown,) = (await views.largest(flows, 10, privacy=0, offset_ns=0)).flows
    assert shown.tags == ["near"]


def test_there_are_no_more_flows_than_there_may_be() -> None:
    flows, _ = table(most=3)
    for port in range(10):
        flows.rows("eth0", key(50_000 + port) + row(1, 1))
    assert (len(flows), flows.refused) == (3, 7)


@pytest.mark.anyio
async def test_flows_beyond_one_answer_are_paged_and_what_is_left_out_is_told() -> None:
    flows, _ = table(most=100)
    for number in range(25):
        flows.rows("eth0", key(50_000 + number) + row(number + 1, 0))
    seen: list[int] = []
    left: list[int] = []
    for offset in (0, 10, 20, 30):
        page = await views.largest(flows, 10, privacy=0, offset_ns=0, offset=offset)
        assert (page.total, page.offset) == (25, offset)
        seen += [flow.local_port for flow in page.flows]
        left.append(page.left_out)
    assert sorted(seen) == list(range(50_000, 50_025))
    assert left == [15, 5, 0, 0]
