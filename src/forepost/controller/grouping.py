"""Joins address groups to the fleet: what each agent is to have, and who hears of a change."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from forepost.controller.fleet.given_groups import Grouping as ForAgents
from forepost.controller.fleet.roster import Connection, Roster
from forepost.controller.fleet.store import Enrolled
from forepost.controller.groups.parts import parts, revision_of
from forepost.controller.groups.store import Groups
from forepost.wire.group_delivery import GROUPS, GroupDelivery, HaveGroups

DOCUMENTS: Final = 4
"""Kept ready: agents of one workspace mostly have the same groups."""


class Grouping(ForAgents):
    """What agents have is in RAM: each says it when it connects."""

    def __init__(self, groups: Groups, roster: Roster) -> None:
        self._groups, self._roster = groups, roster
        self._said: dict[int, HaveGroups] = {}
        self._documents: OrderedDict[tuple[int, str], Sequence[bytes]] = OrderedDict()

    def has(self, agent: Enrolled, have: HaveGroups) -> None:
        self._said[agent.agent_id] = have

    async def missing(self, agent: Enrolled) -> tuple[str, Sequence[bytes]]:
        heads = await self._groups.heads(agent.workspace_id, agent.agent_id)
        revision = revision_of(heads)
        said = self._said.get(agent.agent_id)
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
        found = []
        for agent_id in self._roster.agents_of(workspace_id):
            heads = await self._groups.heads(workspace_id, agent_id)
            said = self._said.get(agent_id)
            found.append(
                GroupDelivery(
                    agent_id=agent_id,
                    connected=self._roster.is_live(agent_id),
                    takes_groups=self._roster.able(agent_id, GROUPS),
                    current=said is not None and said.revision == revision_of(heads),
                    problems=said.problems if said is not None else [],
                )
            )
        return found


def _changed(connection: Connection) -> None:
    connection.groups_changed()
