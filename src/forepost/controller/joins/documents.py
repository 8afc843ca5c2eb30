"""Joins wanted documents to what agents say of them: who has what, and what can it not do."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from forepost.controller.fleet.reports import DocumentReport, DocumentReports
from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.store import Agents, Enrolled
from forepost.kit.errors import Invalid, NotFound
from forepost.wire.rest.documents import AgentDocument, DocumentState


class ShownDocument(Protocol):
    """A document as the overview of a workspace needs it."""

    name: str

    def is_taken_by(self, agent: Enrolled) -> bool:
        """Whether this agent takes the document at all."""
        ...

    async def revisions(self, workspace_id: int, agent_ids: Sequence[int]) -> Mapping[int, str]:
        """What each of these agents is to have now; of one that is deleted meanwhile, nothing."""
        ...


class DocumentsJoin:
    """The overview of a workspace: who runs what, what can they not do, and why."""

    def __init__(
        self,
        documents: Sequence[ShownDocument],
        reports: DocumentReports,
        agents: Agents,
        roster: Roster,
    ) -> None:
        self._documents = {document.name: document for document in documents}
        self._reports, self._agents, self._roster = reports, agents, roster

    async def shown(
        self, workspace_id: int, document: str, agent_id: int, limit: int, offset: int
    ) -> tuple[list[AgentDocument], int]:
        """See `fleet.documents_api.Shown`."""
        if document and document not in self._documents:
            raise Invalid(f"document: is one of {', '.join(sorted(self._documents))}")
        fleet = await self._agents.enrolled_in(workspace_id)
        if agent_id:
            fleet = [agent for agent in fleet if agent.agent_id == agent_id]
            if not fleet:
                raise NotFound("agent not found")
        page = fleet[offset : offset + limit]
        rows: list[AgentDocument] = []
        for one in self._documents.values():
            if document in ("", one.name):
                rows += await self._of(one, workspace_id, page)
        return sorted(rows, key=lambda row: (row.agent_id, row.document)), len(fleet)

    async def _of(
        self, document: ShownDocument, workspace_id: int, page: Sequence[Enrolled]
    ) -> list[AgentDocument]:
        takers = [agent.agent_id for agent in page if document.is_taken_by(agent)]
        due = await document.revisions(workspace_id, takers)
        return [
            self._row(document.name, agent_id, due[agent_id])
            for agent_id in takers
            if agent_id in due
        ]

    def _row(self, document: str, agent_id: int, due: str) -> AgentDocument:
        said = self._reports.by(agent_id, document)
        return AgentDocument(
            agent_id=agent_id,
            document=document,
            connected=self._roster.is_live(agent_id),
            state=_state(due, said),
            revision=due,
            has_revision=said.revision if said is not None else "",
            said_at=said.said_at if said is not None else None,
            problems=list(said.problems) if said is not None else [],
        )


def _state(due: str, said: DocumentReport | None) -> DocumentState:
    if said is None:
        return "unknown"
    if said.revision != due:
        return "waiting"
    return "current" if said.state == "applied" else said.state
