"""Groups that a controller wants: bounded, beside the local ones, which come first."""

import json

import msgspec
import pytest

from forepost.agent.document import DocumentRefused
from forepost.agent.flows.entries import read_entries
from forepost.agent.flows.groups import Group, Groups
from forepost.agent.flows.wanted import LONGEST_NAME, MOST_GROUPS, WantedGroups, entries_of
from forepost.wire.uplink.groups import MOST_IN_ALL

pytestmark = pytest.mark.anyio


def part(**groups: list[str]) -> msgspec.Raw:
    found = [{"name": name, "entries": entries} for name, entries in groups.items()]
    return msgspec.Raw(json.dumps({"groups": found}).encode())


class Site:
    """Has one local group, saved, that is read when somebody asks for it."""

    def __init__(self) -> None:
        self.groups, self.reads = Groups(), 0
        self.wanted = WantedGroups(self.groups, self._reload)

    async def _reload(self) -> None:
        self.reads += 1
        group = Group()
        group.add(*read_entries("192.0.2.1"))
        self.groups.put("ours", group)

    def origins(self) -> dict[str, str]:
        found = {name: self.groups.get(name) for name in self.groups.names()}
        return {name: group.origin for name, group in found.items() if group is not None}


async def test_local_groups_come_first_and_stay() -> None:
    site = Site()
    problems = await site.wanted.apply([part(ours=["198.18.0.1"], near=["198.18.0.2"])])
    assert problems == ["group ours: a local group has this name, and stays"]
    assert site.origins() == {"near": "controller", "ours": "local"}
    assert await site.wanted.apply([part(far=["198.18.0.3", "nowhere"])]) == [
        "group far: 'nowhere' is no IPv4, IPv6 or MAC address"
    ]
    assert site.origins() == {"far": "controller", "ours": "local"}
    assert await site.wanted.apply([]) == []
    assert (site.origins(), site.reads) == ({"ours": "local"}, 1)


def test_a_group_goes_on_in_the_next_part() -> None:
    parts = [part(a=["198.18.0.1"], b=["198.18.0.2"]), part(b=["198.18.0.3"], c=[])]
    assert entries_of(parts) == {"a": ["198.18.0.1"], "b": ["198.18.0.2", "198.18.0.3"], "c": []}


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([part(g=["a"] * (MOST_IN_ALL // 2)), part(g=["a"] * (MOST_IN_ALL // 2 + 1))], "addresses"),
        ([part(**{f"g{n}": [] for n in range(MOST_GROUPS + 1)})], "more than 10,000 groups"),
        ([part(**{"n" * (LONGEST_NAME + 1): []})], "200 characters at most"),
    ],
)
async def test_what_is_too_much_is_refused_whole(parts: list[msgspec.Raw], words: str) -> None:
    site = Site()
    await site.wanted.apply([part(near=["198.18.0.2"])])
    with pytest.raises(DocumentRefused, match=words):
        await site.wanted.apply(parts)
    assert site.origins()["near"] == "controller"
