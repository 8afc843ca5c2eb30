"""What one agent is given without asking for it, and what talks say: by one task, in one order."""

import logging
from datetime import datetime
from typing import Final

import anyio

from forepost.controller.fleet.document_forms import OLDER, AsDocument
from forepost.controller.fleet.given import Given
from forepost.controller.fleet.needs import Needs
from forepost.controller.fleet.netwatcher_list import NetWatcherList, ReadOut
from forepost.controller.fleet.session import UNREADABLE, refusal, why_unreadable
from forepost.controller.fleet.store import Enrolled
from forepost.controller.fleet.talks import Dialogue, Say
from forepost.kit.errors import Unavailable
from forepost.wire.uplink.documents import DOCUMENTS, PROBES, HaveDocument
from forepost.wire.uplink.messages import Hello
from forepost.wire.uplink.neffos import Frame

ASKED_SEC: Final = 8.0
"""How long nothing else is heard of who asks for his list."""
AGAIN_SEC: Final = 5.0
"""Until what is due is read again, while the database is away."""

_log = logging.getLogger(__name__)


class Wanted:
    """Documents and talks on one connection.

    Whatever is due is noted by any task (`due`, `has`, `heard`) and said by `run` alone: words of
    talks first, and one part of each document between them.
    """

    def __init__(
        self, deps: Needs, agent: Enrolled, say: Say, give: Say, read_out: ReadOut
    ) -> None:
        """`give`: sends what may be long. `read_out`: returns when the agent has read it."""
        self._deps, self._agent, self._say, self._give = deps, agent, say, give
        self._nudge = anyio.Event()
        self._list = NetWatcherList(deps.probes, agent, deps.clock, read_out)
        self._documents: dict[str, Given] = {}
        self._dialogues: dict[str, Dialogue] = {}
        self._by_event: dict[tuple[str, str], Dialogue] = {}
        for talk in deps.talks:
            dialogue = talk.begin(agent, say)
            self._dialogues[talk.name] = dialogue
            self._by_event |= dict.fromkeys(talk.events, dialogue)

    def met(self, hello: Hello) -> None:
        """The agent is one of ours: from now on it is given documents."""
        takes_any = DOCUMENTS in hello.capabilities
        for document in self._deps.documents:
            form = AsDocument(document.name) if takes_any else OLDER.get(document.name)
            if form is not None:
                takes = not takes_any and document.name == PROBES
                self._documents[document.name] = Given(document, self._agent, form, takes=takes)
        for dialogue in self._dialogues.values():
            dialogue.met(hello)
        self._nudge.set()

    def due(self, name: str, *, is_ours: bool) -> None:
        """See `Connection.due`."""
        if name in self._dialogues:
            self._dialogues[name].due()
        elif name in self._documents:
            self._documents[name].changed()
        elif name == PROBES and not is_ours:
            self._list.changed()
        self._nudge.set()

    async def list_asked(self) -> None:
        """The agent asks for its list of probes in NetWatcher's manner: return when it has it, or
        where that takes a while.

        An agent of ours has its documents, and this would wait behind them.
        """
        self._list.changed()
        self._nudge.set()
        if not self._documents:
            with anyio.move_on_after(ASKED_SEC):
                await self._list.answered()

    def has(self, have: HaveDocument) -> None:
        """The agent says what it has of a document; of one that nobody gives it says nothing."""
        given = self._documents.get(have.document)
        if given is not None:
            self._deps.reports.says(self._agent.agent_id, have)
            given.heard(have)
            self._nudge.set()

    async def heard(self, frame: Frame, received: datetime) -> None:
        """An event of a talk. What is wrong with it is said to the agent."""
        dialogue = self._by_event[frame.namespace, frame.event]
        try:
            await dialogue.heard(frame, received)
        except UNREADABLE as error:
            await self._say(refusal(frame, why_unreadable(error)))
        self._nudge.set()

    async def run(self) -> None:
        """Say what is due, until cancelled."""
        while True:
            await self._nudge.wait()
            self._nudge = anyio.Event()
            try:
                await self._turn()
            except Unavailable as reason:
                _log.warning("agent %d: what is due waits: %s", self._agent.agent_id, reason)
                await self._deps.clock.sleep(AGAIN_SEC)
                self._nudge.set()

    async def _turn(self) -> None:
        for dialogue in self._dialogues.values():
            await dialogue.give()
        await self._list.give(self._give)
        for given in self._documents.values():
            if await given.give(self._give):
                self._nudge.set()
