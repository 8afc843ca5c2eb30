"""Joins address groups to the fleet: what each agent is to have, and who hears of a change."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from forepost.controller.fleet.given_groups import WantedGroups as ForAgents
from forepost.controller.fleet.roster import Connection, Roster
from forepost.controller.fleet.store import Agents, Enrolled
from forepost.controller.groups.parts import heads_for, parts, revision_of, revisions
from forepost.controller.groups.said import GroupReports
from forepost.controller.groups.store import Groups
from forepost.wire.uplink.groups import GROUPS, GroupDelivery, HaveGroups

DOCUMENTS: Final = 4
"""Kept ready: agents of one workspace mostly have the same groups."""


class GroupsJoin(ForAgents):
    def __init__(self, groups: Groups, said: GroupReports, agents: Agents, roster: Roster) -> None:
        self._groups, self._said, self._agents, self._roster = groups, said, agents, roster
        self._documents: OrderedDict[tuple[int, str], Sequence[bytes]] = OrderedDict()

    def has(self, agent: Enrolled, have: HaveGroups) -> None:
        self._said.says(agent.agent_id, have)

    async def missing(self, agent: Enrolled) -> tuple[str, Sequence[bytes]]:
        heads = heads_for(agent.agent_id, await self._groups.heads(agent.workspace_id))
        revision = revision_of(heads)
        said = self._said.by(agent.agent_id)
        if said is not None and said.revision == revision:
            return revision, ()
        key = agent.workspace_id, revision
        document = self._documents.get(key)
        if document is None:
            ids = [head.id for head in heads]
            document = parts(revision, await self._groups.entries(agent.workspace_id, ids))
            self._documents[key] = document
            while len(self._documents) > DOCUMENTS:
                self._documents.popitem(last=False)
        return revision, document

    def changed(self, workspace_id: int) -> None:
        """A group of this workspace was added, changed or removed."""
        self._roster.tell_workspace(workspace_id, _changed)

    async def delivery(self, workspace_id: int) -> list[GroupDelivery]:
        """Of every agent of the workspace."""
        fleet = await self._agents.enrolled_in(workspace_id)
        heads = await self._groups.heads(workspace_id)
        due = revisions(heads, (agent.agent_id for agent in fleet))
        return [self._delivery(agent, due[agent.agent_id]) for agent in fleet]

    def _delivery(self, agent: Enrolled, due: str) -> GroupDelivery:
        takes = GROUPS in agent.capabilities
        # One that takes none any more has none, whatever it said before.
        said = self._said.by(agent.agent_id) if takes else None
        return GroupDelivery(
            agent_id=agent.agent_id,
            connected=self._roster.is_live(agent.agent_id),
            takes_groups=takes,
            current=said is not None and said.revision == due,
            problems=said.problems if said is not None else [],
        )


def _changed(connection: Connection) -> None:
    connection.groups_changed()
