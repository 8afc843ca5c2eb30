import json

import msgspec
import pytest

from forepost.agent.ports.trace import Hop, Traced
from forepost.agent.probes import mtr
from forepost.wire.probes.effective import options_of
from forepost.wire.probes.mtr import MtrOptions, MtrResult
from forepost.wire.probes.options import WrongOption, read_options
from forepost.wire.probes.probe import Probe
from tests.fakes.clock import START, FakeClock
from tests.fakes.net import FakeNet, fake_edges
from tests.fakes.trace import FakeReverse, FakeTrace

pytestmark = pytest.mark.anyio

ROUTER, FAR = "198.18.0.254", "198.18.1.2"
WAY = Traced(
    hops=[
        Hop(
            ttl=1,
            hosts=[ROUTER],
            extensions=["MPLS: Lbl 100 TC 0 S 1 TTL 1"],
            rtts_ns=[1_000_000, None, 3_004_000],
        ),
        Hop(ttl=2, rtts_ns=[None, None, None]),
        Hop(ttl=3, hosts=[FAR, "198.18.1.3"], rtts_ns=[5_000_000] * 3, late=1, duplicates=2),
    ],
    reached=True,
    fingerprint="abc",
)


async def run(
    traced: Traced | None, target: str = FAR, options: MtrOptions | None = None
) -> tuple[MtrResult, FakeTrace, FakeReverse]:
    clock = FakeClock()
    trace, reverse = FakeTrace(clock), FakeReverse()
    trace.found, reverse.known = traced, {ROUTER: "gw.example"}
    edges = fake_edges(FakeNet(clock), trace=trace, reverse=reverse)
    return await mtr.run(options or MtrOptions(), target, clock, edges), trace, reverse


async def test_the_payload_is_netwatchers_with_additions() -> None:
    result, _, _ = await run(WAY)
    payload = json.loads(msgspec.json.encode(result))
    assert set(payload) >= {"start_timestamp", "stop_timestamp", "report"}
    assert payload["report"]["info"] == {"target": {"ip": FAR, "hostname": FAR}}
    first, silent, end = payload["report"]["hops"]
    assert first == {
        "ttl": 1,
        "hosts": [{"ip": ROUTER, "hostname": "gw.example"}],
        "extensions": ["MPLS: Lbl 100 TC 0 S 1 TTL 1"],
        "loss_pct": "33.33",
        "sent": 3,
        "last": "3.00",
        "recv": 2,
        "avg": "2.00",
        "best": "1.00",
        "worst": "3.00",
        "stddev": "1.00",
        "late": 0,
        "duplicates": 0,
        "rtts_ns": [1_000_000, None, 3_004_000],
        "refusal": "",
        "refuser": "",
    }
    assert {key: silent[key] for key in ("hosts", "loss_pct", "recv")} == {
        "hosts": [],
        "loss_pct": "100.00",
        "recv": 0,
    }
    assert {silent[key] for key in ("last", "avg", "best", "worst", "stddev")} == {"0.00"}
    assert [host["ip"] for host in end["hosts"]] == [FAR, "198.18.1.3"]
    assert (end["late"], end["duplicates"], payload["fingerprint"]) == (1, 2, "abc")
    assert payload["error"] == ""


async def test_a_router_that_refuses_is_the_reason() -> None:
    hop = Hop(ttl=2, rtts_ns=[None], refusal="!H", refuser=ROUTER)
    result, _, _ = await run(Traced(hops=[Hop(ttl=1, hosts=[ROUTER], rtts_ns=[1]), hop]))
    assert result.error == f"{ROUTER} says !H at hop 2"
    assert result.report.hops[-1].loss_pct == "100.00"


@pytest.mark.parametrize(
    ("traced", "target", "error"),
    [
        (Traced(reason="no permission"), FAR, "no permission"),
        (None, "nope.example", "nope.example: name or service not known"),
    ],
)
async def test_what_cannot_be_measured_is_a_result_with_a_reason(
    traced: Traced | None, target: str, error: str
) -> None:
    result, _, _ = await run(traced, target)
    assert result.error == error
    assert [(hop.ttl, hop.sent, hop.loss_pct) for hop in result.report.hops] == [(1, 0, "100.00")]


async def test_names_are_looked_up_while_measuring_or_not_at_all() -> None:
    _, _, reverse = await run(WAY)
    assert set(reverse.wanted) == {ROUTER, FAR, "198.18.1.3"}
    result, _, reverse = await run(WAY, options=MtrOptions(names=False))
    assert reverse.wanted == []
    assert result.report.hops[0].hosts[0].hostname == ""


async def test_the_plan_is_what_the_options_say() -> None:
    options = read_options(
        MtrOptions,
        {"interval_sec": 300, "timeout_sec": 30, "count": 0, "bind_interface": "eth1"},
        {"max_hops": "12", "protocol": "TCP", "port": 443, "paths": 8, "size": 100, "other": 1},
    )
    _, trace, _ = await run(WAY, options=options)
    (plan,) = trace.plans
    assert (plan.address, plan.protocol, plan.port, plan.max_hops) == (FAR, "tcp", 443, 12)
    assert (plan.count, plan.paths, plan.size, plan.interface) == (8, 8, 100, "eth1")


def test_as_many_cycles_as_fit_in_the_interval() -> None:
    assert mtr.plan(MtrOptions(interval_sec=60), FAR).count == 5
    assert mtr.plan(MtrOptions(interval_sec=60, count=100), FAR).count == 60
    assert mtr.plan(MtrOptions(interval_sec=60, count=15), FAR).count == 15


def test_an_interval_is_never_shorter_than_a_run_may_be() -> None:
    told = {"id": 1, "agent_id": 1, "workspace_id": 1, "type": "MTR"}
    told |= {"created_at": START, "updated_at": START}
    for asked, kept in ((0, 300), (1, 10), (60, 60)):
        probe = msgspec.convert({**told, "interval_sec": asked}, Probe)
        assert options_of(probe).interval_sec == kept


@pytest.mark.parametrize(
    "metadata",
    [{"max_hops": 0}, {"max_hops": 65}, {"protocol": "gre"}, {"port": 65_536}, {"paths": 17}],
)
def test_options_out_of_range_are_refused(metadata: dict[str, object]) -> None:
    with pytest.raises(WrongOption):
        read_options(MtrOptions, {}, metadata)
