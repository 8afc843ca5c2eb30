"""Named volumes of an engine: those of others are nobody's to mount who can write a manifest."""

from collections.abc import Collection
from typing import Final

import msgspec

from forepost.agent.edges.containers.answers import read
from forepost.agent.edges.containers.connection import DockerConnection
from forepost.agent.ports.containers import EngineRefused
from forepost.wire.workloads.manifest import Microservice

OURS: Final = "org.forepost.volume"
"""A label of every volume that an agent of this host made; another agent here may use it too."""
ANY: Final = "*"


class _Volume(msgspec.Struct, rename="pascal"):
    name: str
    labels: dict[str, str] | None = None


async def have_volumes(
    connection: DockerConnection, microservice: Microservice, allowed: Collection[str]
) -> None:
    """Make the volumes that a manifest names, where they are not there. `allowed`: names of those
    that somebody else made. Raises EngineAway, EngineRefused.
    """
    for name in dict.fromkeys(one.source for one in microservice.volumes if one.type == "volume"):
        if name in allowed or ANY in allowed:
            continue
        async with connection.asked() as docker:
            wanted = {"Name": name, "Labels": {OURS: "yes"}}
            # it returns the one that is there, if there is one
            made = await docker.volumes.create(wanted)  # type: ignore[no-untyped-call]
            found = read(await made.show(), _Volume)
        if OURS not in (found.labels or {}):
            raise EngineRefused(
                f"volumes: {name} is not forepost's: this site does not allow it"
                " (workloads.allow_volumes)",
                "site",
            )
