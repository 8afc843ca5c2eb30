"""Joins the probes to the fleet: what each agent is asked to measure, and who hears of a change."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from forepost.controller.access.tokens import pair_key
from forepost.controller.fleet.given_probes import WantedProbes
from forepost.controller.fleet.roster import Connection, Roster
from forepost.controller.fleet.running_lists import RunningList, RunningLists
from forepost.controller.probes.owners import Owners
from forepost.controller.probes.situation import Situations
from forepost.controller.probes.store import Changed
from forepost.controller.probes.wanted import revision, wanted
from forepost.wire.probes.delivery import DeliveredProbe, ProbeDelivery, ProbeState
from forepost.wire.probes.probe import Probe
from forepost.wire.uplink.messages import PAIRS


class ProbeLists(WantedProbes):
    def __init__(
        self,
        situations: Situations,
        owners: Owners,
        roster: Roster,
        running: RunningLists,
        secret: bytes,
    ) -> None:
        self._situations, self._owners, self._roster = situations, owners, roster
        self.running, self._secret = running, secret

    async def probes_of(self, workspace_id: int, agent_id: int) -> tuple[str, list[Probe]]:
        """Revision and list of one agent."""
        found = wanted(await self._situations.of(workspace_id, agent_id))
        return revision(found), found

    async def delivery(self, workspace_id: int, agent_id: int) -> ProbeDelivery:
        """What the agent makes of its list. Raises NotFound."""
        due, found = await self.probes_of(workspace_id, agent_id)
        said = self.running.by(agent_id)
        return ProbeDelivery(
            agent_id=agent_id,
            connected=self._roster.is_live(agent_id),
            revision=due,
            running_revision=said.revision if said is not None else "",
            said_at=said.said_at if said is not None else None,
            data=[
                _delivered(probe_id, kind, due, said)
                for probe_id, kind in dict.fromkeys((probe.id, probe.type) for probe in found)
            ],
        )

    def keys_of(
        self, workspace_id: int, agent_id: int, probes: Sequence[Probe]
    ) -> dict[int, bytes]:
        """What an agent of ours shares with each other one that it talks TRAFFICSIM with.

        Made anew each time, kept nowhere. Both sides must be able to use it.
        """
        others = {
            target.agent_id
            for probe in probes
            if probe.type == "TRAFFICSIM"
            for target in probe.targets or ()
            if target.agent_id is not None
        }
        known = {one: self._roster.key_of(one) for one in (agent_id, *others)}
        usable = {one for one, psk in known.items() if psk and self._roster.able(one, PAIRS)}
        if agent_id not in usable:
            return {}
        mine = agent_id, known[agent_id]
        return {
            one: pair_key(self._secret, workspace_id, mine, (one, known[one]))
            for one in others & usable
        }

    async def neighbours_changed(self, agent_id: int) -> None:
        """Those that measure towards this agent, and those that it measures towards."""
        self.touched(await self._situations.around(agent_id))

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
            self.running.forget(agent_id)
            self.touched(near)

        return tell


def _delivered(probe_id: int, kind: str, due: str, said: RunningList | None) -> DeliveredProbe:
    state: ProbeState
    reason = ""
    if said is None:
        state = "unknown"
    elif said.revision != due:
        state = "waiting"
    else:
        reason = said.reason_of(probe_id)
        state = "refused" if reason else "running"
    return DeliveredProbe(probe_id=probe_id, type=kind, state=state, reason=reason)


def _changed(connection: Connection, *, edited: int) -> None:
    connection.probes_changed(edited)
