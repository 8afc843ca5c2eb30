"""What belongs to a site, by the label `site` of agents and probes. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from forepost.wire.probes.probe import Probe
from forepost.wire.rest.bodies import Agent


def site_of(labels: Any) -> str:
    """Return what the label says; empty where it says nothing."""
    site = labels.get("site") if isinstance(labels, Mapping) else None
    return site if isinstance(site, str) else ""


class SiteMembers:
    """The agents and probes of each site, in order of the sites' names."""

    def __init__(self, agents: Iterable[Agent], probes: Iterable[Probe]) -> None:
        self._of_agent = {agent.id: site_of(agent.labels) for agent in agents}
        self._of_probe = {probe.id: site_of(probe.labels) for probe in probes}

    @property
    def names(self) -> list[str]:
        return sorted({*self._of_agent.values(), *self._of_probe.values()} - {""})

    def agents(self, site: str) -> list[int]:
        return sorted(agent for agent, its in self._of_agent.items() if its == site)

    def probes(self, site: str) -> list[int]:
        """Those that say so themselves."""
        return sorted(probe for probe, its in self._of_probe.items() if its == site)

    def has(self, site: str, probe_id: int, agent_id: int, target_agent: int) -> bool:
        """Whether a line is of a site: as its probe says; where it says nothing, what agents of the
        site measure, and what others measure towards them.
        """
        if said := self._of_probe.get(probe_id):
            return said == site
        return site in (self._of_agent.get(agent_id), self._of_agent.get(target_agent))
