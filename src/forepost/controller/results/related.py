"""Which probes belong together. Pure, but for the port to where probes are kept."""

from collections.abc import Sequence
from typing import Protocol

from forepost.wire.probes.probe import Probe


class LikeProbes(Protocol):
    """Probes of a workspace by what they measure."""

    async def one(self, workspace_id: int, probe_id: int) -> Probe:
        """Raises NotFound."""
        ...

    async def on(self, workspace_id: int, targets: Sequence[str]) -> list[Probe]:
        """Return the probes that measure one of these targets."""
        ...

    async def similar(self, workspace_id: int, probe: Probe) -> tuple[list[Probe], list[Probe]]:
        """Probes that share a host with this one, and those that share an agent."""
        ...


def measures(probe: Probe) -> list[str]:
    """The targets that a probe names."""
    return [target.target for target in probe.targets or () if target.target]


def similar_to(
    probe: Probe, found: Sequence[Probe], *, same_type: bool, include_self: bool
) -> list[Probe]:
    return [
        one
        for one in found
        if (include_self or one.id != probe.id) and (not same_type or one.type == probe.type)
    ]
