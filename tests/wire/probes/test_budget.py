"""What there is room for on one agent, and what is refused with its sum."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.wire.probes import KINDS
from forepost.wire.probes.budget import BUDGET, admit, cost, refusal
from forepost.wire.probes.cost import FIELDS, NOTHING
from forepost.wire.probes.probe import Probe, ProbeTarget

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def probe(kind: str, interval_sec: int, probe_id: int = 1, **more: Any) -> Probe:
    return Probe(
        id=probe_id,
        created_at=NOW,
        updated_at=NOW,
        workspace_id=1,
        agent_id=1,
        type=kind,
        interval_sec=interval_sec,
        **more,
    )


@pytest.mark.parametrize(
    ("targets", "one"),
    [
        (1_000, probe("PING", 1, count=1)),
        (2_500, probe("PING", 1, count=1)),
        (5_000, probe("PING", 60)),
        (10_000, probe("PING", 60)),
        (200, probe("MTR", 60)),
        (1_000, probe("MTR", 300)),
        (100, probe("TCP", 1)),
        (500, probe("HTTP", 60)),
        (500, probe("TLS", 300)),
        (1_000, probe("DNS", 60)),
        (200, probe("SNMP", 300, metadata={"profile": "interface"})),
        (20, probe("TRAFFICSIM", 60, metadata={"voip_mode": True})),
        (500, probe("AGENT", 60)),
    ],
)
def test_what_agents_are_for_is_allowed(targets: int, one: Probe) -> None:
    assert refusal(cost(one, targets)) == ""


@pytest.mark.parametrize(
    ("targets", "one", "words"),
    [
        (
            2_000,
            probe("TCP", 1),
            "interval_sec: this agent would have 6,000 TCP connections a second; the most is 500",
        ),
        (
            120_000,
            probe("PING", 60),
            "targets: this agent would have 120,000 targets; the most is 10,000",
        ),
        (
            5_000,
            probe("MTR", 300),
            "interval_sec: this agent would have 100 MTR runs under way at once; the most is 60",
        ),
        (
            10_000,
            probe("PING", 1, count=1),
            "interval_sec: this agent would make 10,000 measurements a second; the most is 3,000",
        ),
        (
            200,
            probe("TRAFFICSIM", 60, metadata={"interval_ms": 5}),
            "interval_sec: this agent would send 40,000 packets a second; the most is 20,000",
        ),
        (
            400,
            probe("HTTP", 1, timeout_sec=300),
            "timeout_sec: this agent could have 120,000 sockets open at once; the most is 4,000",
        ),
        (
            400,
            probe("TLS", 1, timeout_sec=1),
            "interval_sec: its probes would take this agent 320 % of a processor's time; the most is 75",  # noqa: E501
        ),
    ],
)
def test_what_was_never_survived_is_refused_with_the_sum(
    targets: int, one: Probe, words: str
) -> None:
    assert refusal(cost(one, targets)) == words


def test_what_was_too_much_may_stay_and_become_less() -> None:
    heavy, less = cost(probe("TCP", 1), 2_000), cost(probe("TCP", 1), 1_900)
    assert refusal(heavy, heavy) == ""
    assert refusal(less, heavy) == ""
    assert refusal(heavy, less) != ""
    assert refusal(heavy + cost(probe("PING", 60), 1), heavy) != ""  # packets are too many, too


def test_every_type_has_its_cost_and_what_cannot_be_run_has_none() -> None:
    needed = {"UDP": {"send": "ping"}}
    for kind in KINDS:
        assert cost(probe(kind, 60, metadata=needed.get(kind)), 3).targets == (
            1 if kind in ("NETINFO", "SYSINFO") else 3
        )
    assert cost(probe("RPERF", 60), 3) == NOTHING
    assert cost(probe("HTTP", 60, metadata={"expected_status": [999]}), 3) == NOTHING
    assert cost(probe("PING", 60, enabled=False), 3) == NOTHING
    assert cost(probe("TRAFFICSIM", 60, server=True), 3) == NOTHING


def test_the_latest_in_the_list_are_left_out_and_the_rest_runs() -> None:
    many = [probe("TCP", 1, number) for number in range(1, 5)]
    small = [probe("PING", 3_600, 9), probe("SYSINFO", 60, 0)]
    named = [_with_target(one) for one in [*many, *small]]
    full = cost(named[0]).times(2.5) + cost(named[4]) + cost(named[5])
    admitted, reasons = admit(named, full)
    assert [one.id for one in admitted] == [1, 2, 9, 0]
    assert [reason.partition(": no room: ")[0] for reason in reasons] == [
        "probe 3: TCP",
        "probe 4: TCP",
    ]
    assert "; the most is " in reasons[0]


@given(st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.integers(1, 600)), max_size=40))
def test_what_is_admitted_is_never_more_than_the_budget(asked: list[tuple[str, int]]) -> None:
    small = BUDGET.times(0.01)
    probes = [_with_target(probe(kind, sec, n)) for n, (kind, sec) in enumerate(asked, 1)]
    admitted, reasons = admit(probes, small)
    assert len(admitted) + len(reasons) == len(probes)
    taken = sum((cost(one) for one in admitted), NOTHING)
    assert all(getattr(taken, name) <= getattr(small, name) for name in FIELDS)
    assert admit(probes, small) == (admitted, reasons)


def _with_target(one: Probe) -> Probe:
    target = ProbeTarget(
        id=1, created_at=NOW, updated_at=NOW, probe_id=one.id, target="198.18.0.1:1"
    )
    return msgspec.structs.replace(one, targets=[target])
