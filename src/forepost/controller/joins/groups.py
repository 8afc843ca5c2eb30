"""Joins address groups to the fleet: what each agent is to have, and who hears of a change."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from forepost.controller.fleet.reports import DocumentReports
from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.store import Agents, Enrolled
from forepost.controller.groups.parts import heads_for, parts, revision_of, revisions
from forepost.controller.groups.store import Groups
from forepost.wire.uplink.documents import GROUPS
from forepost.wire.uplink.groups import GroupDelivery

KEPT: Final = 4
"""Documents that are kept ready: agents of one workspace mostly have the same groups."""


class GroupsJoin:
    """The document `groups`: all address groups that an agent is to have."""

    name = GROUPS

    def __init__(
        self, groups: Groups, reports: DocumentReports, agents: Agents, roster: Roster
    ) -> None:
        self._groups, self._reports, self._agents, self._roster = groups, reports, agents, roster
        self._ready: OrderedDict[tuple[int, str], Sequence[bytes]] = OrderedDict()

    async def due(self, agent: Enrolled, has: str) -> tuple[str, Sequence[bytes]]:
        """See `fleet.given.Document`."""
        heads = heads_for(agent.agent_id, await self._groups.heads(agent.workspace_id))
        revision = revision_of(heads)
        if has == revision:
            return revision, ()
        key = agent.workspace_id, revision
        ready = self._ready.get(key)
        if ready is None:
            ids = [head.id for head in heads]
            ready = self._ready[key] = parts(await self._groups.entries(agent.workspace_id, ids))
            while len(self._ready) > KEPT:
                self._ready.popitem(last=False)
        return revision, ready

    def is_taken_by(self, agent: Enrolled) -> bool:
        """An agent that meters traffic, or answers on the socket, takes groups."""
        return GROUPS in agent.capabilities

    async def revisions(self, workspace_id: int, agent_ids: Sequence[int]) -> dict[int, str]:
        """What each of these agents is to have now."""
        return revisions(await self._groups.heads(workspace_id), agent_ids)

    def changed(self, workspace_id: int) -> None:
        """A group of this workspace was added, changed or removed."""
        self._roster.due_in(workspace_id, GROUPS)

    async def delivery(self, workspace_id: int) -> list[GroupDelivery]:
        """What every agent of the workspace makes of its groups."""
        fleet = await self._agents.enrolled_in(workspace_id)
        due = await self.revisions(workspace_id, [agent.agent_id for agent in fleet])
        return [self._delivery(agent, due[agent.agent_id]) for agent in fleet]

    def _delivery(self, agent: Enrolled, due: str) -> GroupDelivery:
        takes = self.is_taken_by(agent)
        # One that takes none any more has none, whatever it said before.
        said = self._reports.by(agent.agent_id, GROUPS) if takes else None
        is_applied = said is not None and said.state == "applied"
        return GroupDelivery(
            agent_id=agent.agent_id,
            connected=self._roster.is_live(agent.agent_id),
            takes_groups=takes,
            current=said is not None and is_applied and said.revision == due,
            problems=list(said.problems) if said is not None else [],
        )
