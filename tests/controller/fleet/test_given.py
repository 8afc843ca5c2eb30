"""A wanted document goes down part by part, with room for other news between them."""

from collections.abc import Sequence
from typing import Any

import anyio
import anyio.lowlevel
import msgspec
import pytest

from forepost.controller.fleet.document_forms import OLDER, AsDocument
from forepost.controller.fleet.given import MOST_REPEATS, Given
from forepost.controller.fleet.store import Enrolled
from forepost.kit.errors import NotFound, Unavailable
from forepost.wire.uplink.documents import GROUPS, PROBES, HaveDocument, ProbesPart

pytestmark = pytest.mark.anyio
AGENT_1 = Enrolled(1, 1, "x", deleted=False, version="0.1.0", capabilities=frozenset())


class Made:
    """A document that takes its time: what is read is what was there when the reading began."""

    name = "made"

    def __init__(self) -> None:
        self.revision, self.parts = "r1", [b'"1a"', b'"1b"', b'"1c"']
        self.turns = 0
        self.fails: list[Exception] = []
        self.is_read = anyio.Event()

    async def due(self, agent: Enrolled, has: str) -> tuple[str, Sequence[bytes]]:
        if self.fails:
            raise self.fails.pop(0)
        found = self.revision, () if has == self.revision else self.parts
        self.is_read.set()
        for _ in range(self.turns):
            await anyio.lowlevel.checkpoint()
        return found


class Line:
    def __init__(self, *, takes: bool = False) -> None:
        self.document = Made()
        self.given = Given(self.document, AGENT_1, AsDocument("made"), takes=takes)
        self.said: list[Any] = []

    def has(self, revision: str) -> None:
        self.given.heard(HaveDocument(document="made", revision=revision))

    async def say(self, text: str) -> None:
        self.said.append(msgspec.json.decode(text.removeprefix(";forepost;;want_document;0;0;")))

    async def turn(self) -> bool:
        return await self.given.give(self.say)

    async def rest(self) -> list[Any]:
        self.said = []
        while await self.turn():
            pass
        return [one["body"] for one in self.said]


async def test_one_part_a_turn_and_each_revision_once() -> None:
    line = Line()
    assert not await line.turn()  # nobody said that he takes it
    line.has("")
    assert await line.turn()
    first = {"document": "made", "revision": "r1", "part": 1, "parts": 3, "body": "1a"}
    assert line.said == [first]
    line.has("")  # said before it had any of them
    assert await line.rest() == ["1b", "1c"]
    line.has("r1")
    line.given.changed()
    assert await line.rest() == []


async def test_a_change_in_between_begins_the_new_document_at_once() -> None:
    line = Line()
    line.has("")
    await line.turn()
    line.document.revision, line.document.parts = "r2", [b'"2a"', b'"2b"']
    line.given.changed()
    assert await line.rest() == ["2a", "2b"]
    line.has("r2")
    line.document.revision, line.document.parts = "r1", [b'"1a"']
    line.given.changed()
    assert await line.rest() == ["1a"]


async def test_who_has_it_meanwhile_gets_no_more_of_another() -> None:
    line = Line()
    line.has("r0")
    await line.turn()
    line.document.revision = "r0"
    line.given.changed()
    assert await line.rest() == []


async def test_what_was_given_up_half_way_is_given_whole_when_it_is_wanted_again() -> None:
    line = Line()
    line.has("r0")
    await line.turn()  # the first part of r1
    line.document.revision = "r0"
    line.given.changed()
    assert await line.rest() == []
    line.document.revision = "r1"
    line.given.changed()
    assert await line.rest() == ["1a", "1b", "1c"]


async def test_what_changes_while_it_is_read_is_sent_after_it() -> None:
    """Never before it: the older one would stay."""
    line = Line(takes=True)
    line.document.parts, line.document.turns = [b'"old"'], 20
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.turn)
        await line.document.is_read.wait()
        line.document.revision, line.document.parts = "r2", [b'"new"']
        line.given.changed()
    assert not await line.turn()
    assert [one["body"] for one in line.said] == ["old", "new"]


async def test_an_agent_that_has_another_one_is_given_its_own_again() -> None:
    line = Line(takes=True)
    await line.rest()
    line.document.revision, line.document.parts = "r2", [b'"2"']
    line.given.changed()
    assert await line.rest() == ["2"]
    line.has("r1")  # its answer to the first: the second is on its way
    assert await line.rest() == []
    line.has("r2")
    assert await line.rest() == []
    line.has("r1")
    assert await line.rest() == ["2"]


async def test_an_agent_that_never_takes_it_is_not_sent_it_for_ever() -> None:
    line = Line(takes=True)
    sent = 0
    for _ in range(100):
        sent += len(await line.rest())
        line.has("mine")
    assert sent == 3 * (1 + MOST_REPEATS)


async def test_an_agent_that_says_now_this_and_now_that_is_not_sent_it_for_ever() -> None:
    line = Line(takes=True)
    sent = 0
    for _ in range(100):
        sent += len(await line.rest())
        line.has("r1")
        sent += len(await line.rest())
        line.has("mine")
    assert sent == 3 * (1 + MOST_REPEATS)


async def test_while_the_database_is_away_it_stays_due() -> None:
    line = Line(takes=True)
    line.document.fails = [OSError(111, "Connection refused")]
    with pytest.raises(Unavailable, match="document made: "):
        await line.turn()
    assert await line.rest() == ["1a", "1b", "1c"]


async def test_an_agent_that_was_just_deleted_is_given_nothing() -> None:
    line = Line(takes=True)
    line.document.fails = [NotFound("agent not found")]
    assert await line.rest() == []
    line.given.changed()
    assert await line.rest() == []


async def test_what_cannot_be_applied_is_not_sent_again() -> None:
    line = Line(takes=True)
    await line.rest()
    failed = HaveDocument(document="made", revision="r1", state="failed", problems=["no room"])
    line.given.heard(failed)
    assert await line.rest() == []


@pytest.mark.parametrize(
    ("name", "parts", "said"),
    [
        (
            PROBES,
            [
                msgspec.json.encode(ProbesPart(probes=[msgspec.Raw(b'{"id":7}')], keys={2: b"k"})),
                msgspec.json.encode(ProbesPart(probes=[msgspec.Raw(b'{"id":8}')])),
            ],
            [
                (
                    ';forepost;;want;0;0;{"revision":"r1","probes":[{"id":7},{"id":8}],'
                    '"keys":{"2":"aw=="}}'
                )
            ],
        ),
        (
            GROUPS,
            [b'{"groups":[{"name":"g","entries":["192.0.2.1"]}]}', b'{"groups":[]}'],
            [
                (
                    ';forepost;;want_groups;0;0;{"revision":"r1","part":1,"parts":2,'
                    '"groups":[{"name":"g","entries":["192.0.2.1"]}]}'
                ),
                ';forepost;;want_groups;0;0;{"revision":"r1","part":2,"parts":2,"groups":[]}',
            ],
        ),
    ],
)
async def test_an_agent_of_the_version_before_reads_what_it_always_read(
    name: str, parts: list[bytes], said: list[str]
) -> None:
    """As they were seen on the wire at 50cae7a."""
    document = Made()
    document.parts = parts
    given = Given(document, AGENT_1, OLDER[name], takes=True)
    texts: list[str] = []

    async def say(text: str) -> None:
        texts.append(text)

    while await given.give(say):
        pass
    assert texts == said
