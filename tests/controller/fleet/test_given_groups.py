"""A document of groups goes down part by part, with room for other news between them."""

from collections.abc import Sequence

import pytest

from forepost.controller.fleet.given_groups import GivenGroups
from forepost.controller.fleet.store import Enrolled
from forepost.wire.uplink.groups import HaveGroups

pytestmark = pytest.mark.anyio
AGENT_1 = Enrolled(1, 1, "x", deleted=False, version="0.1.0", capabilities=frozenset())


class Documents:
    def __init__(self) -> None:
        self.revision, self.parts = "r1", [b"1a", b"1b", b"1c"]
        self.said = ""

    def has(self, agent: Enrolled, have: HaveGroups) -> None:
        self.said = have.revision

    async def missing(self, agent: Enrolled) -> tuple[str, Sequence[bytes]]:
        return self.revision, () if self.said == self.revision else self.parts


class Line:
    def __init__(self) -> None:
        self.documents = Documents()
        self.given = GivenGroups(self.documents)
        self.said: list[str] = []

    async def say(self, text: str) -> None:
        self.said.append(text.rpartition(";")[2])

    async def turn(self) -> bool:
        return await self.given.give(AGENT_1, self.say)

    async def rest(self) -> list[str]:
        self.said = []
        while await self.turn():
            pass
        return self.said


async def test_one_part_a_turn_and_each_revision_once() -> None:
    line = Line()
    assert not await line.turn()  # nobody said that he takes groups
    line.given.heard(AGENT_1, HaveGroups(revision=""))
    assert await line.turn()
    assert line.said == ["1a"]
    line.given.heard(AGENT_1, HaveGroups(revision=""))  # said before it had any of them
    assert await line.rest() == ["1b", "1c"]
    line.given.heard(AGENT_1, HaveGroups(revision="r1"))
    line.given.changed()
    assert await line.rest() == []


async def test_a_change_in_between_begins_the_new_document_at_once() -> None:
    line = Line()
    line.given.heard(AGENT_1, HaveGroups(revision=""))
    await line.turn()
    line.documents.revision, line.documents.parts = "r2", [b"2a", b"2b"]
    line.given.changed()
    assert await line.rest() == ["2a", "2b"]
    line.given.heard(AGENT_1, HaveGroups(revision="r2"))
    line.documents.revision, line.documents.parts = "r1", [b"1a"]
    line.given.changed()
    assert await line.rest() == ["1a"]


async def test_who_has_it_meanwhile_gets_no_more_of_another() -> None:
    line = Line()
    line.given.heard(AGENT_1, HaveGroups(revision="r0"))
    await line.turn()
    line.documents.revision = "r0"
    line.given.changed()
    assert await line.rest() == []
