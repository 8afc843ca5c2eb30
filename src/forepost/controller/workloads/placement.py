"""Which agent is to have which microservices, each in which state of its manifest. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

from forepost.wire.labels import Labels, has_all
from forepost.wire.workloads.delivery import MOST_MICROSERVICES
from forepost.wire.workloads.rest import FROM_CACHE

MOST_REASON: Final = f"this agent is to have more than {MOST_MICROSERVICES} microservices"


class ManifestHead(NamedTuple):
    """What of a manifest says which one it is."""

    digest: str
    """Of all of it."""
    fingerprint: str
    """Of its container."""
    registry: str


class Released(NamedTuple):
    """How far a roll-out that is under way has come."""

    former: ManifestHead
    """What all others have."""
    reached: frozenset[int]


class MicroserviceHead(NamedTuple):
    """A microservice without its manifest."""

    id: int
    uuid: str
    name: str
    wanted: ManifestHead
    agent_ids: frozenset[int] = frozenset()
    labels: Labels = {}
    """Empty: `agent_ids` say for whom it is."""
    released: Released | None = None

    def is_for(self, agent_id: int, labels: Labels) -> bool:
        if self.labels:
            return has_all(labels, self.labels)
        return agent_id in self.agent_ids

    def is_former_on(self, agent_id: int) -> bool:
        return self.released is not None and agent_id not in self.released.reached

    def on(self, agent_id: int) -> ManifestHead:
        """What this agent is to have of it now."""
        if self.released is not None and agent_id not in self.released.reached:
            return self.released.former
        return self.wanted


class RegistryHead(NamedTuple):
    """A registry without its password."""

    id: int
    name: str
    revision: int
    changed_at: datetime


class PlacedHeads:
    """The microservices of a workspace, ready to be asked for by agent."""

    def __init__(self, heads: Iterable[MicroserviceHead]) -> None:
        self._named: dict[int, list[MicroserviceHead]] = {}
        self._by_labels: list[MicroserviceHead] = []
        for head in heads:
            if head.labels:
                self._by_labels.append(head)
            else:
                for agent_id in head.agent_ids:
                    self._named.setdefault(agent_id, []).append(head)

    def on(self, agent_id: int, labels: Labels) -> "Placement":
        """All that is for this agent, the oldest first."""
        found = [head for head in self._by_labels if has_all(labels, head.labels)]
        found = sorted([*self._named.get(agent_id, ()), *found])
        return Placement(found[:MOST_MICROSERVICES], found[MOST_MICROSERVICES:])


class Placement(NamedTuple):
    """What one agent is to have, and what is for it beyond what one agent may have: as its labels
    change, more may match than anybody was refused.
    """

    given: Sequence[MicroserviceHead]
    too_many: Sequence[MicroserviceHead]


def used_registries(heads: Iterable[ManifestHead]) -> set[str]:
    return {head.registry for head in heads} - {"", FROM_CACHE}


def revision_of(manifests: Iterable[ManifestHead], registries: Iterable[RegistryHead]) -> str:
    """Another one after each change of what the agent is to have, and only then."""
    said = sorted(head.digest for head in manifests)
    said += sorted(f"{one.id}:{one.revision}:{one.changed_at}" for one in registries)
    return sha256(" ".join(said).encode()).hexdigest()[:16]
