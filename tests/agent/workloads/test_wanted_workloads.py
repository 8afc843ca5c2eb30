"""The document `workloads`: bounded, opened one by one; and what several sides want together."""

import msgspec
import pytest

from forepost.agent.document import DocumentRefused
from forepost.agent.workloads.wanted import WantedWorkloads, combined
from forepost.wire.workloads.delivery import MOST_MICROSERVICES
from forepost.wire.workloads.manifest import Microservice

pytestmark = pytest.mark.anyio


def part(*microservices: object, registries: object = ()) -> msgspec.Raw:
    return msgspec.Raw(
        msgspec.json.encode({"microservices": microservices, "registries": registries})
    )


def refusal(one: Microservice) -> str:
    return "privileged: no" if one.privileged else ""


async def test_one_that_is_wrong_costs_the_others_nothing() -> None:
    news: list[None] = []
    wanted = WantedWorkloads(refusal, lambda: news.append(None))
    problems = await wanted.apply(
        [
            part({"uuid": "a", "image": "x"}, {"uuid": "b", "imag": "x"}, {"uuid": "../c"}, 7),
            part({"uuid": "d", "image": "x", "privileged": True}),
        ]
    )
    assert [one.uuid for one in wanted.list.microservices] == ["a", "d"]
    assert [said.partition(": ")[0] for said in problems] == [
        "microservice b",
        "microservice ../c",
        "microservice without a uuid",
        "microservice d",
    ]
    assert problems[-1] == "microservice d: privileged: no"
    assert len(news) == 1


@pytest.mark.parametrize("deep", [101, 500, 900])
async def test_one_that_is_nested_too_deeply_costs_the_others_nothing(deep: int) -> None:
    """It could be read here, and not be written where more calls are under way."""
    config = b'{"a":' * deep + b"1" + b"}" * deep
    bad = msgspec.Raw(b'{"uuid":"b","image":"x","config":' + config + b"}")
    wanted = WantedWorkloads(refusal, lambda: None)
    (problem,) = await wanted.apply([part({"uuid": "a", "image": "x"}, bad)])
    assert [one.uuid for one in wanted.list.microservices] == ["a"]
    assert problem.startswith("microservice ")
    assert "nested" in problem


async def test_what_is_too_much_is_refused_whole() -> None:
    wanted = WantedWorkloads(refusal, lambda: None)
    await wanted.apply([part({"uuid": "a", "image": "x"})])
    many = [{"uuid": f"u{number}"} for number in range(MOST_MICROSERVICES + 1)]
    with pytest.raises(DocumentRefused):
        await wanted.apply([part(*many)])
    with pytest.raises(msgspec.ValidationError):
        await wanted.apply([msgspec.Raw(b"[]")])
    assert [one.uuid for one in wanted.list.microservices] == ["a"]
    assert await wanted.apply([]) == []
    assert wanted.list.microservices == []


def test_of_one_uuid_the_first_side_counts() -> None:
    mine, theirs = Microservice(uuid="a", name="mine"), Microservice(uuid="a", name="theirs")
    other = Microservice(uuid="b", privileged=True)
    found = combined([("folder", [mine]), ("controller", [theirs, other])], refusal)
    assert [(one.microservice, one.wanted_by, one.refused) for one in found] == [
        (mine, "folder", ""),
        (other, "controller", "privileged: no"),
    ]
