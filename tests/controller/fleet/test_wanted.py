"""What an agent is given, through the whole of its connection: by one task, in one order."""

import base64
from collections import deque
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any

import anyio
import msgspec
import pytest

from forepost.controller.access.peer import Peers
from forepost.controller.asgi import KNOWN
from forepost.controller.fleet.needs import Needs
from forepost.controller.fleet.roster import Connection
from forepost.controller.fleet.socket import DIRECT, endpoint
from forepost.controller.fleet.store import Enrolled
from forepost.controller.fleet.talks import Say
from forepost.kit.clock import SystemClock
from forepost.wire.probes.probe import Probe
from forepost.wire.uplink.documents import HaveDocument
from forepost.wire.uplink.messages import FOREPOST, Hello
from forepost.wire.uplink.neffos import Frame

pytestmark = pytest.mark.anyio

GREETING = ("M", "$1;agent;;_OnNamespaceConnect;0;0;", "$2;forepost;;_OnNamespaceConnect;0;0;")
THIS = ';forepost;;hello;0;0;{"version":"0.2.0","capabilities":["want","documents"]}'
PART = ";forepost;;want_document;"
BEFORE = ';forepost;;hello;0;0;{"version":"0.1.0","capabilities":["want"]}'
"""The version before: it says nothing of documents."""


class House:
    """A roster of one agent, and all that its connection asks for."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.refused = 0
        self.said: list[HaveDocument] = []

    async def admit(self, _credentials: object, *, is_heard: bool = True) -> Enrolled:
        return Enrolled(1, 1, "x", deleted=False, version="")

    def connected(self, _agent: Enrolled, connection: Connection) -> None:
        self.connection = connection

    def disconnected(self, _agent_id: int, _connection: Connection) -> None: ...
    def check_bytes(self, _agent_id: int) -> None: ...
    def started(self, *_: object) -> None: ...

    def heard_from(self, _agent_id: int, _size: int = 0) -> datetime:
        return datetime.now(UTC)

    async def version_is(self, _agent_id: int, _version: str) -> None: ...

    async def capabilities_are(self, _agent_id: int, _able: frozenset[str]) -> bool:
        return False

    def says(self, _agent_id: int, have: HaveDocument) -> None:
        self.said.append(have)


class SlowProbes:
    """Lists that take their time: what is read is what was there when the reading began."""

    name = "probes"

    def __init__(self, *secs: float) -> None:
        self.revision, self._secs = "OLD", [*secs]

    async def due(self, _agent: Enrolled, _has: str) -> tuple[str, Sequence[bytes]]:
        revision = self.revision
        await anyio.sleep(self._secs.pop(0) if self._secs else 0)
        return revision, [b'{"probes":[]}']


class Urgent:
    """A talk of the tests' own: it answers with an echo, and has something urgent to say."""

    name = "urgent"
    events: AbstractSet[tuple[str, str]] = frozenset({(FOREPOST, "echo")})

    def begin(self, _agent: Enrolled, say: Say) -> "UrgentDialogue":
        return UrgentDialogue(say)


class UrgentDialogue:
    def __init__(self, say: Say) -> None:
        self._say, self._due = say, False

    def met(self, hello: Hello) -> None: ...

    async def heard(self, frame: Frame, received: datetime) -> None:
        await self._say(f";forepost;;echo_ok;0;0;{msgspec.json.decode(frame.body, type=int)}")

    def due(self) -> None:
        self._due = True

    async def give(self) -> None:
        if self._due:
            self._due = False
            await self._say(";forepost;;stop;0;0;")


class Line:
    """One connection of an agent, in the hands of the test."""

    def __init__(self, document: Any) -> None:
        self.house = House()
        self.sent: list[str] = []
        self._inbox: deque[str] = deque()
        self._some = anyio.Event()
        self._begun = False
        self.urgent_after = 0
        """Parts of a document after which there is something urgent; 0: never."""

        async def nothing(*_: object) -> None: ...

        async def no_probes(*_: int) -> list[Probe]:
            return []

        house: Any = self.house
        self._serve = endpoint(
            Needs(
                roster=house,
                peers=Peers([]),
                clock=SystemClock(),
                version="x",
                accept=nothing,
                accept_now=lambda *_: False,
                commits=nothing,
                neighbours_changed=nothing,
                reports=house,
                probes=no_probes,
                documents=[document],
                talks=[Urgent()],
            )
        )

    def says(self, *texts: str) -> None:
        self._inbox.extend(texts)
        self._some.set()

    def due(self, name: str) -> None:
        assert self.house.connection is not None
        self.house.connection.due(name)

    async def run(self, *, task_status: Any = anyio.TASK_STATUS_IGNORED) -> None:
        scope = {
            "type": "websocket",
            "headers": [],
            "query_string": b"",
            "path": "/ws",
            "subprotocols": [],
            "client": ("192.0.2.1", 1),
            "extensions": {
                DIRECT: (lambda _: None, lambda _: None, anyio.lowlevel.checkpoint),
                KNOWN: lambda: None,
            },
        }
        task_status.started()
        await self._serve(scope, self._receive, self._send)

    async def until(self, count: int, start: str) -> list[str]:
        with anyio.fail_after(20):
            while len(found := self._starting(start)) < count:  # noqa: ASYNC110 - it is a fake line
                await anyio.sleep(0.01)
        return found

    def _starting(self, start: str) -> list[str]:
        return [text for text in self.sent if text.startswith(start)]

    async def _receive(self) -> dict[str, Any]:
        if not self._begun:
            self._begun = True
            return {"type": "websocket.connect"}
        while not self._inbox:
            self._some = anyio.Event()
            await self._some.wait()
        return {"type": "websocket.receive", "text": self._inbox.popleft()}

    async def _send(self, message: Any) -> None:
        await anyio.lowlevel.checkpoint()
        if message.get("text"):
            self.sent.append(message["text"])
            if self.urgent_after and len(self._starting(PART)) == self.urgent_after:
                self.urgent_after = 0
                self.due("urgent")


def revisions(texts: Sequence[str]) -> list[str]:
    return [msgspec.json.decode(text.split(";", 6)[6])["revision"] for text in texts]


@pytest.mark.parametrize("hello", [THIS, BEFORE])
async def test_an_edit_while_an_agent_connects_is_not_undone(hello: str) -> None:
    """Two tasks once read the list and sent it: ["NEW", "OLD"], 3 of 3 runs at 87e98c6."""
    document = SlowProbes(0.2)
    line = Line(document)
    line.says(*GREETING, hello)
    if hello == THIS:
        line.says(';forepost;;have_document;0;0;{"document":"probes","revision":""}')
    async with anyio.create_task_group() as tasks:
        await tasks.start(line.run)
        await anyio.sleep(0.1)  # the older list is being read
        document.revision = "NEW"
        line.due("probes")
        event = "want_document" if hello == THIS else "want"
        given = await line.until(2, f";forepost;;{event};")
        assert revisions(given) == ["OLD", "NEW"]
        tasks.cancel_scope.cancel()


async def test_who_has_it_is_given_nothing_and_what_it_says_is_noted() -> None:
    line = Line(SlowProbes())
    have = HaveDocument(document="probes", revision="OLD", problems=["probe 7: type MTR"])
    line.says(
        *GREETING,
        THIS,
        ";forepost;;have_document;0;0;" + msgspec.json.encode(have).decode(),
        ';forepost;;have_document;0;0;{"document":"unknown","revision":""}',
    )
    line.says(";forepost;;echo;0;0;7")
    async with anyio.create_task_group() as tasks:
        await tasks.start(line.run)
        await line.until(1, ";forepost;;echo_ok;0;0;7")
        assert not [text for text in line.sent if "want_document" in text]
        assert line.house.said == [have]
        tasks.cancel_scope.cancel()


class Large:
    name = "probes"

    async def due(self, _agent: Enrolled, _has: str) -> tuple[str, Sequence[bytes]]:
        return "r", [base64.b16encode(bytes(8)).join([b'"', b'"'])] * 50


async def test_an_urgent_word_passes_between_the_parts() -> None:
    line = Line(Large())
    line.urgent_after = 3
    line.says(*GREETING, THIS, ';forepost;;have_document;0;0;{"document":"probes","revision":""}')
    async with anyio.create_task_group() as tasks:
        await tasks.start(line.run)
        await line.until(50, ";forepost;;want_document;")
        stop = line.sent.index(";forepost;;stop;0;0;")
        assert len([one for one in line.sent[:stop] if "want_document" in one]) == 3
        tasks.cancel_scope.cancel()


async def test_a_wrong_body_of_a_talk_is_refused_in_words() -> None:
    line = Line(SlowProbes())
    line.says(*GREETING, THIS, ';forepost;;echo;0;0;"x"', ";forepost;;echo;0;0;nope")
    async with anyio.create_task_group() as tasks:
        await tasks.start(line.run)
        refused = await line.until(2, ";forepost;;echo;1;0;")
        assert "expected `int`" in refused[0]
        assert "not JSON" in refused[1]
        tasks.cancel_scope.cancel()
