"""How much of probes may be wanted: whoever asks may be somebody else's controller by now."""

import json
from typing import Any

import anyio
import msgspec
import pytest

from forepost.agent.document import DocumentRefused
from forepost.agent.probes.schedule import Scheduler
from forepost.agent.probes.wanted import LARGEST_PROBE, WantedProbes, list_of, probes_of
from forepost.agent.slices import Quiet
from forepost.wire.uplink.messages import ProbePost
from tests.fakes.clock import FakeClock
from tests.fakes.net import FakeNet, fake_edges

pytestmark = pytest.mark.anyio

NOW = "2026-01-01T00:00:00Z"
PROBE: dict[str, Any] = {
    "id": 1,
    "created_at": NOW,
    "updated_at": NOW,
    "workspace_id": 1,
    "agent_id": 1,
    "type": "PING",
}
TARGET = {"id": 1, "created_at": NOW, "updated_at": NOW, "probe_id": 1, "target": "198.18.0.1"}


def part(*probes: dict[str, Any], **keys: str) -> msgspec.Raw:
    return msgspec.Raw(json.dumps({"probes": probes, "keys": keys}).encode())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"targets": [{**PROBE, "probe_id": 1, "target": "t" * 2_001}]}, "length <= 2000"),
        ({"interval_sec": 10**30}, "interval_sec"),
        ({"timeout_sec": 10**9}, "timeout_sec"),
        ({"count": -(10**12)}, "count"),
        ({"labels": "x" * LARGEST_PROBE}, "bytes: 1,048,576 are the most"),
        ({"metadata": json.loads("[" * 200 + "]" * 200)}, "nested more than 100 deep"),
        ({"type": "T" * 33}, "type"),
    ],
)
def test_a_probe_that_is_too_much_costs_the_others_nothing(
    wrong: dict[str, Any], words: str
) -> None:
    raws = [msgspec.Raw(json.dumps(one).encode()) for one in ({**PROBE, **wrong}, PROBE)]
    probes, reasons = probes_of(raws)
    assert [one.id for one in probes] == [1]
    (reason,) = reasons
    assert words in reason
    assert len(reason) < 600


def test_all_parts_are_one_list() -> None:
    raws, keys = list_of([part(PROBE, **{"2": "AAEC"}), part({**PROBE, "id": 2}, **{"3": "AwQF"})])
    assert [msgspec.json.decode(raw)["id"] for raw in raws] == [1, 2]
    assert keys == {2: b"\0\1\2", 3: b"\3\4\5"}
    assert list_of([]) == ([], {})


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([part(*[PROBE] * 15_000), part(*[PROBE] * 5_001)], "20,001 probes; 20,000 are the most"),
        ([part(**{"1": "A" * 400})], "10,000 keys of 64 bytes are the most"),
        ([part(**{str(n): "AAAA" for n in range(10_001)})], "10,000 keys of 64 bytes"),
    ],
)
async def test_a_list_that_is_too_much_is_refused_whole(
    parts: list[msgspec.Raw], words: str
) -> None:
    with pytest.raises(DocumentRefused, match=words):
        list_of(parts)


async def test_the_wanted_list_runs_and_the_one_before_stays_where_it_is_refused() -> None:
    clock = FakeClock()

    async def deliver(post: ProbePost) -> None:
        pass

    async with anyio.create_task_group() as tasks:
        wanted = WantedProbes(Scheduler(tasks, clock, fake_edges(FakeNet(clock)), deliver))
        listed = {**PROBE, "targets": [TARGET, {**TARGET, "id": 2, "target": "198.18.0.2"}]}
        problems = await wanted.apply([part(listed, {**PROBE, "id": 2, "type": "NEW"})])
        assert (wanted.running, problems) == (2, wanted.unsupported)
        assert problems[0].startswith("probe 2: ")
        for wrong in (part(*[PROBE] * 20_001), msgspec.Raw(b'{"probes":7}')):
            with pytest.raises((DocumentRefused, msgspec.ValidationError)):
                await wanted.apply([wrong])
            assert wanted.running == 2
        assert await wanted.apply([]) == []
        assert (wanted.running, wanted.unsupported) == (0, [])
        tasks.cancel_scope.cancel()


async def test_while_the_agent_rests_nothing_of_the_list_runs_and_afterwards_all_of_it() -> None:
    clock, rest = FakeClock(), Quiet()

    async def deliver(post: ProbePost) -> None:
        pass

    async with anyio.create_task_group() as tasks:
        scheduler = Scheduler(tasks, clock, fake_edges(FakeNet(clock)), deliver)
        wanted = WantedProbes(scheduler, rest)
        listed = {**PROBE, "targets": [TARGET]}
        await wanted.apply([part(listed)])
        assert wanted.running == 1
        rest.set(is_on=True)
        assert scheduler.running == 0
        two = {**TARGET, "id": 2, "target": "198.18.0.2"}
        await wanted.apply([part({**PROBE, "targets": [TARGET, two]})])
        assert scheduler.running == 0
        rest.set(is_on=False)
        assert (scheduler.running, wanted.running) == (2, 2)
        tasks.cancel_scope.cancel()
