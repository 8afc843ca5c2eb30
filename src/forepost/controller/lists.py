"""Joins the probes to the fleet: what each agent is asked to measure, and who hears of a change."""

from collections.abc import Callable, Iterable
from functools import partial

from forepost.controller.fleet.roster import Connection, Roster
from forepost.controller.probes.owners import Owners
from forepost.controller.probes.situation import Situations
from forepost.controller.probes.store import Changed
from forepost.controller.probes.wanted import revision, wanted
from forepost.wire.probes import Probe


class Lists:
    def __init__(self, situations: Situations, owners: Owners, roster: Roster) -> None:
        self._situations, self._owners, self._roster = situations, owners, roster

    async def probes_of(self, workspace_id: int, agent_id: int) -> tuple[str, list[Probe]]:
        """Revision and list of one agent."""
        found = wanted(await self._situations.of(workspace_id, agent_id))
        return revision(found), found

    def told(self, changed: Changed) -> None:
        """A probe was added, changed or removed."""
        probe = changed.probe
        self._owners.forget(probe.id)
        self._roster.tell(probe.agent_id, partial(_changed, edited=probe.id))
        self.touched(changed.others)

    def touched(self, agent_ids: Iterable[int]) -> None:
        """The lists of these agents changed, and no probe of their own in place."""
        for agent_id in agent_ids:
            self._roster.tell(agent_id, partial(_changed, edited=0))

    async def moved(self, agent_id: int) -> None:
        """Others reach this agent elsewhere now."""
        self.touched(await self._situations.watching(agent_id))

    async def affected(self, agent_id: int) -> Callable[[], None]:
        """Called before an agent is changed or removed; what it returns is called afterwards."""
        near = {agent_id, *await self._situations.watching(agent_id)}

        def tell() -> None:
            self._owners.forget_agent(agent_id)
            self.touched(near)

        return tell


def _changed(connection: Connection, *, edited: int) -> None:
    connection.probes_changed(edited)
