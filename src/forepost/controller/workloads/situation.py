"""All microservices of a workspace on all its agents, and how each stands. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from forepost.controller.workloads.agent_state import AgentView, Standing, standing
from forepost.controller.workloads.given_digests import GivenDigests
from forepost.controller.workloads.placement import (
    MOST_REASON,
    MicroserviceHead,
    PlacedHeads,
    Placement,
    RegistryHead,
    revision_of,
    used_registries,
)
from forepost.wire.labels import Labels

Look = Callable[[int, str], AgentView]
"""(agent id, revision of its document as it is now) -> what is known of the agent."""
_DOWN: Final = frozenset({"FAILED", "STUCK_IN_RESTART", "STOPPED"})


class Trouble(NamedTuple):
    """How many microservices of one agent are in trouble."""

    down: int
    """Refused, failed, stopped, unhealthy or stuck."""
    stuck: int
    """In restarts without end."""


class WorkloadSituation:
    def __init__(
        self,
        heads: Iterable[MicroserviceHead],
        registries: Mapping[str, RegistryHead],
        fleet: Mapping[int, Labels],
        look: Look,
        given: GivenDigests,
    ) -> None:
        self.fleet, self._given = fleet, given
        self._placed, self._registries, self._look = PlacedHeads(heads), registries, look
        self._placements: dict[int, Placement] = {}
        self._views: dict[int, AgentView] = {}

    def on(self, agent_id: int) -> Placement:
        """What one agent is to have."""
        found = self._placements.get(agent_id)
        if found is None:
            found = self._placements[agent_id] = self._placed.on(agent_id, self.fleet[agent_id])
        return found

    def revision(self, agent_id: int) -> str:
        """Of the document of this agent."""
        wanted = [head.on(agent_id) for head in self.on(agent_id).given]
        known = self._registries
        used = [known[name] for name in used_registries(wanted) if name in known]
        revision = revision_of(wanted, used)
        self._given.note(revision, (one.digest for one in wanted))
        return revision

    def standings(self, head: MicroserviceHead) -> dict[int, Standing]:
        """Of all agents that are to have it, in their order."""
        if head.labels:
            mine = [one for one, labels in self.fleet.items() if head.is_for(one, labels)]
        else:
            mine = sorted(head.agent_ids & self.fleet.keys())
        return {agent_id: self.standing(head, agent_id) for agent_id in mine}

    def standing(self, head: MicroserviceHead, agent_id: int) -> Standing:
        if any(head.id == other.id for other in self.on(agent_id).too_many):
            return Standing(state="refused", reason=MOST_REASON, can_run=False)
        view = self._views.get(agent_id)
        if view is None:
            view = self._views[agent_id] = self._look(agent_id, self.revision(agent_id))
        return standing(head, agent_id, view)

    def trouble(self, agent_id: int) -> Trouble | None:
        """None: the agent is away, or does not know itself."""
        given = self.on(agent_id).given
        if not given:
            return Trouble(0, 0)
        found = [self.standing(head, agent_id) for head in given]
        view = self._views.get(agent_id)
        if view is None or not view.is_live or not view.takes:
            return None
        if view.report is None or not view.report.engine.reachable:
            return None
        states = [one.status.state if one.status is not None else "" for one in found]
        down = sum(one.is_bad or state in _DOWN for one, state in zip(found, states, strict=True))
        return Trouble(down, states.count("STUCK_IN_RESTART"))
