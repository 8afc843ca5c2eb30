"""Named volumes of an engine: those of others are nobody's to mount who can write a manifest."""

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from forepost.agent.cores.container_body import AGENT
from forepost.agent.edges.containers.answers import read
from forepost.agent.edges.containers.connection import DockerConnection
from forepost.agent.ports.containers import EngineRefused
from forepost.wire.workloads.manifest import Microservice

OURS: Final = "org.forepost.volume"
"""A label of every volume that an agent of this host made."""
SIDE: Final = "org.forepost.side"
"""Who wanted what it was made for. Older volumes have neither it nor `AGENT`."""
ANY: Final = "*"


class VolumeOwner(msgspec.Struct, frozen=True):
    """For whom volumes are made: what one side's microservices write no other side's read."""

    agent: str
    side: str

    @property
    def labels(self) -> dict[str, str]:
        return {OURS: "yes", AGENT: self.agent, SIDE: self.side}

    def refusal(self, labels: Mapping[str, str]) -> str:
        """Whose a volume is; "": this one's."""
        if OURS not in labels:
            return "not forepost's"
        if labels.get(AGENT, self.agent) != self.agent:
            return "another agent's"
        side = labels.get(SIDE, self.side)
        return "" if side == self.side else _WHOSE.get(side, f"of {side}")


_WHOSE: Final = {
    "folder": "of this host's own manifests",
    "controller": "of the controller",
    "iofog": "of the ioFog Controller",
}


class _Volume(msgspec.Struct, rename="pascal"):
    name: str
    labels: dict[str, str] | None = None


async def have_volumes(
    connection: DockerConnection,
    microservice: Microservice,
    owner: VolumeOwner,
    allowed: Collection[str],
) -> None:
    """Make the volumes that a manifest names, where they are not there. `allowed`: names of those
    that somebody else made, or that are of another side. Raises EngineAway, EngineRefused.
    """
    for name in dict.fromkeys(one.source for one in microservice.volumes if one.type == "volume"):
        if name in allowed or ANY in allowed:
            continue
        async with connection.asked() as docker:
            wanted = {"Name": name, "Labels": owner.labels}
            # it returns the one that is there, if there is one
            made = await docker.volumes.create(wanted)  # type: ignore[no-untyped-call]
            found = read(await made.show(), _Volume)
        if why := owner.refusal(found.labels or {}):
            raise EngineRefused(
                f"volumes: {name} is {why}: this site does not allow it (workloads.allow_volumes)",
                "site",
            )
