"""What agents said last of each document that they have: in RAM, and in the metadata database."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, delete, insert, select

from forepost.controller.db.engine import Database
from forepost.controller.db.late_writes import LateWrites
from forepost.controller.db.tables.fleet import agent_documents, agents
from forepost.controller.db.tables.workspaces import workspaces
from forepost.kit.clock import Clock
from forepost.wire.uplink.documents import HaveDocument, State

MOST_DOCUMENTS: Final = 16
"""Of one agent, by name; what it says of others is passed over."""
LOGGED: Final = 3
"""Problems of a document in a line of the log; the rest is to be had from REST."""
_IS_THERE: Final = agents.c.deleted_at.is_(None) & workspaces.c.deleted_at.is_(None)
"""An agent goes with its workspace."""
_ALL: Final = (
    select(agent_documents)
    .join(agents, agents.c.id == agent_documents.c.agent_id)
    .join(workspaces, workspaces.c.id == agents.c.workspace_id)
    .where(_IS_THERE)
)
_FORGET: Final = delete(agent_documents).where(
    agent_documents.c.agent_id == bindparam("of"), agent_documents.c.name == bindparam("named")
)
_SAID: Final = ("name", "revision", "state", "problems", "said_at")
_KEEP: Final = insert(agent_documents).from_select(
    ["agent_id", *_SAID],
    select(
        agents.c.id,
        bindparam("named", type_=agent_documents.c.name.type),
        *(bindparam(one, type_=agent_documents.c[one].type) for one in _SAID[1:]),
    )
    .join(workspaces, workspaces.c.id == agents.c.workspace_id)
    .where(agents.c.id == bindparam("of"), _IS_THERE),
)

_log = logging.getLogger(__name__)

Key = tuple[int, str]
"""Agent and document."""


class DocumentReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one agent said last of one document."""

    revision: str
    state: State
    problems: Sequence[str]
    said_at: datetime


class DocumentReports:
    """All reports. A crash loses the newest changes; connected agents repeat theirs when they
    connect again.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock
        self._known: dict[int, dict[str, DocumentReport]] = {}
        self.late: LateWrites[Key, DocumentReport] = LateWrites(
            "what agents said of their documents", self._save
        )

    def by(self, agent_id: int, document: str) -> DocumentReport | None:
        """None: it never said anything of this document."""
        return self._known.get(agent_id, {}).get(document)

    def says(self, agent_id: int, have: HaveDocument) -> None:
        """Note what a connected agent says. What is no news is not written."""
        of_agent = self._known.setdefault(agent_id, {})
        before = of_agent.get(have.document)
        if before is None and len(of_agent) >= MOST_DOCUMENTS:
            return
        report = DocumentReport(
            revision=have.revision,
            state=have.state,
            problems=have.problems,
            said_at=self._clock.now(),
        )
        of_agent[have.document] = report
        if before is not None and _without_time(before) == _without_time(report):
            return
        if have.problems and (before is None or before.problems != have.problems):
            first, more = have.problems[:LOGGED], len(have.problems) - LOGGED
            said = agent_id, have.document, first, f" and {more} more" if more > 0 else ""
            _log.warning("agent %d cannot do all of its document %s: %r%s", *said)
        self.late.put((agent_id, have.document), report)

    def forget(self, agent_id: int) -> None:
        """The agent is deleted, or its workspace is."""
        self._known.pop(agent_id, None)

    async def load(self) -> None:
        async with self._db.read() as connection:
            rows = (await connection.execute(_ALL)).all()
        for row in rows:
            self._known.setdefault(row.agent_id, {})[row.name] = DocumentReport(
                revision=row.revision,
                state=row.state,
                problems=row.problems,
                said_at=row.said_at,
            )

    async def run(self) -> None:
        """Keep what changed: of many agents that say something at once, in one transaction."""
        while True:
            await self.late.some()
            await self.late.flush()

    async def _save(self, changed: Mapping[Key, DocumentReport]) -> None:
        keys = [{"of": agent_id, "named": name} for agent_id, name in changed]
        rows = [
            {"of": agent_id, "named": name, **msgspec.structs.asdict(report)}
            for (agent_id, name), report in changed.items()
        ]
        async with self._db.write() as connection:
            await connection.execute(_FORGET, keys)
            await connection.execute(_KEEP, rows)


def _without_time(report: DocumentReport) -> tuple[str, State, Sequence[str]]:
    return report.revision, report.state, list(report.problems)
