"""Joins the probes to the fleet: what each agent is asked to measure, and who hears of a change."""

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

from forepost.controller.access.tokens import pair_key
from forepost.controller.fleet.reports import DocumentReport, DocumentReports
from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.store import Enrolled
from forepost.controller.probes.owners import Owners
from forepost.controller.probes.parts import parts
from forepost.controller.probes.situation import Situations
from forepost.controller.probes.store import Changed
from forepost.controller.probes.wanted import wanted
from forepost.kit.errors import NotFound
from forepost.wire.probes.delivery import DeliveredProbe, ProbeDelivery, ProbeState
from forepost.wire.probes.probe import Probe
from forepost.wire.uplink.documents import PROBES
from forepost.wire.uplink.messages import PAIRS

_OF_PROBE: Final = re.compile(r"probe (\d{1,10}): (.+)", re.DOTALL)


class ProbeLists:
    """The document `probes`: what an agent is to measure, and the keys that it needs for it."""

    name = PROBES

    def __init__(
        self,
        situations: Situations,
        owners: Owners,
        roster: Roster,
        reports: DocumentReports,
        secret: bytes,
    ) -> None:
        self._situations, self._owners, self._roster = situations, owners, roster
        self._reports, self._secret = reports, secret

    async def due(self, agent: Enrolled, has: str) -> tuple[str, Sequence[bytes]]:
        """See `fleet.given.Document`."""
        _, revision, made = await self._made(agent.workspace_id, agent.agent_id)
        return revision, () if revision == has else made

    def is_taken_by(self, agent: Enrolled) -> bool:
        """Every agent measures."""
        return True

    async def revisions(self, workspace_id: int, agent_ids: Sequence[int]) -> dict[int, str]:
        """What each of these agents is to have now; of one that is deleted meanwhile, nothing."""
        due: dict[int, str] = {}
        for agent_id in agent_ids:
            with suppress(NotFound):
                _, due[agent_id], _ = await self._made(workspace_id, agent_id)
        return due

    async def probes_of(self, workspace_id: int, agent_id: int) -> list[Probe]:
        """The list alone, as NetWatcher's agents are given it."""
        return wanted(await self._situations.of(workspace_id, agent_id))

    async def delivery(self, workspace_id: int, agent_id: int) -> ProbeDelivery:
        """What the agent makes of its list. Raises NotFound."""
        found, due, _ = await self._made(workspace_id, agent_id)
        said = self._reports.by(agent_id, PROBES)
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

    async def _made(self, workspace_id: int, agent_id: int) -> tuple[list[Probe], str, list[bytes]]:
        """The list, its revision and its parts."""
        found = await self.probes_of(workspace_id, agent_id)
        return found, *parts(found, self.keys_of(workspace_id, agent_id, found))

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
        self._roster.due(probe.agent_id, PROBES)
        self.touched(changed.others)

    def touched(self, agent_ids: Iterable[int]) -> None:
        """The lists of these agents changed."""
        for agent_id in agent_ids:
            self._roster.due(agent_id, PROBES)

    async def moved(self, agent_id: int) -> None:
        """Others reach this agent elsewhere now."""
        self.touched(await self._situations.watching(agent_id))

    @asynccontextmanager
    async def around_change(self, agent_id: int) -> AsyncIterator[None]:
        """An agent is changed or removed inside: whoever measures towards it is told afterwards."""
        near = {agent_id, *await self._situations.watching(agent_id)}
        yield
        self._owners.forget_agent(agent_id)
        self.touched(near)


def _delivered(probe_id: int, kind: str, due: str, said: DocumentReport | None) -> DeliveredProbe:
    state: ProbeState
    reason = ""
    if said is None:
        state = "unknown"
    elif said.revision != due:
        state = "waiting"
    elif said.state == "failed":
        state, reason = "refused", "; ".join(said.problems)
    else:
        reason = "; ".join(_about(probe_id, said.problems))
        state = "refused" if reason else "running"
    return DeliveredProbe(probe_id=probe_id, type=kind, state=state, reason=reason)


def _about(probe_id: int, problems: Iterable[str]) -> list[str]:
    """Why this probe does not run."""
    found = (_OF_PROBE.fullmatch(text) for text in problems)
    return [one[2] for one in found if one and int(one[1]) == probe_id]
