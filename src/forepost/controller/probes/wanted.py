"""What an agent is asked to measure: its own probes, and those that every agent gets."""

import hashlib
from datetime import UTC, datetime
from typing import Final

import msgspec

from forepost.controller.probes.store import Owner, Probes
from forepost.wire.probes import Probe

VIRTUAL: Final = {"NETINFO": 600, "SYSINFO": 60}
"""Types that every agent gets with probe id 0, and their interval in seconds."""

_SINCE = datetime(2020, 1, 1, tzinfo=UTC)


def wanted(own: list[Probe], workspace_id: int, agent_id: int) -> list[Probe]:
    """The enabled ones of `own`, then the virtual ones for which there is no own probe.

    AGENT probes stand for others and are never sent; their expansion is not built yet.
    """
    enabled = [probe for probe in own if probe.enabled and probe.type != "AGENT"]
    covered = {probe.type for probe in enabled}
    return enabled + [
        Probe(
            id=0,
            created_at=_SINCE,
            updated_at=_SINCE,
            workspace_id=workspace_id,
            agent_id=agent_id,
            type=kind,
            interval_sec=interval_sec,
            labels={},
            metadata={},
            targets=[],
        )
        for kind, interval_sec in VIRTUAL.items()
        if kind not in covered
    ]


def revision(probes: list[Probe]) -> str:
    """The same for the same list, whatever controller made it."""
    return hashlib.blake2b(msgspec.json.encode(probes), digest_size=8).hexdigest()


class Owners:
    """Whose probes are, in RAM: every result is checked against it."""

    def __init__(self, probes: Probes) -> None:
        self._probes = probes
        self._known: dict[int, Owner] = {}

    async def load(self) -> None:
        """All at once at the start: a fleet that reconnects would ask one by one."""
        self._known = await self._probes.owners()

    def known(self, probe_id: int) -> Owner | None:
        return self._known.get(probe_id)

    async def find(self, probe_id: int) -> Owner | None:
        owner = self._known.get(probe_id) or await self._probes.owner(probe_id)
        if owner is not None:
            self._known[probe_id] = owner
        return owner

    def forget(self, probe_id: int) -> None:
        self._known.pop(probe_id, None)
