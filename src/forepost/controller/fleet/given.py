"""A wanted document on one connection: what the agent said it has, and what it was sent.

Only the connection's sending task calls `give`: what is sent last is what was read last.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

from forepost.controller.db.failures import unavailable_while_lost
from forepost.controller.fleet.document_forms import Form
from forepost.controller.fleet.store import Enrolled
from forepost.controller.fleet.talks import Say
from forepost.kit.errors import NotFound, Unavailable
from forepost.wire.uplink.documents import HaveDocument

MOST_REPEATS: Final = 3
"""How often a revision is sent again to an agent that says that it has another one."""


class Document(Protocol):
    """What agents are to do of one subject."""

    name: str

    async def due(self, agent: Enrolled, has: str) -> tuple[str, Sequence[bytes]]:
        """Read the document of this agent: its revision, and its parts as JSON, one at least.

        Without parts where `has` is the revision. Both are of one moment.
        """
        ...


class Given:
    """One document of one agent."""

    def __init__(self, document: Document, agent: Enrolled, form: Form, *, takes: bool) -> None:
        """`takes`: the agent takes it without saying first what it has."""
        self._document, self._agent, self._form = document, agent, form
        self._takes = self._due = takes
        self._has = self._sent = self._newest = ""
        self._left: deque[bytes] = deque()
        self._parts = self._unanswered = self._repeats = 0

    def heard(self, have: HaveDocument) -> None:
        """Saying what it has is how an agent shows that it takes the document."""
        self._has, self._takes, self._due = have.revision, True, True
        self._unanswered = max(0, self._unanswered - 1)
        differs = self._sent and have.revision != self._sent
        if differs and not (self._left or self._unanswered) and self._repeats < MOST_REPEATS:
            self._repeats += 1
            self._sent = ""

    def changed(self) -> None:
        """The document may be another one now."""
        self._due = self._takes

    async def give(self, say: Say) -> bool:
        """Say one part of what the agent has not; whether there are more of them.

        All of them at once would keep other news from a slow line for minutes. Raises Unavailable
        while the database is away; the document stays due.
        """
        if self._due:
            self._due = False
            await self._read()
        if self._left:
            number = self._parts - len(self._left) + 1
            body = self._left.popleft()
            self._unanswered += not self._left
            await say(self._form.frame(self._sent, number, self._parts, body))
        return bool(self._left)

    async def _read(self) -> None:
        try:
            with unavailable_while_lost(f"document {self._document.name}"):
                revision, parts = await self._document.due(self._agent, self._has)
        except NotFound:
            self._takes = False  # the agent was just deleted, and is about to be told
            return
        except Unavailable:
            self._due = True
            raise
        if revision == self._sent:
            return
        if revision != self._newest:
            self._newest, self._repeats = revision, 0
        parts = () if revision == self._has else self._form.cut(parts)
        self._left, self._parts = deque(parts), len(parts)
        # What is given up half-way counts as never sent: it may be wanted again.
        self._sent = revision if parts else ""
