"""The microservices of a site that runs none: for a Local API that is there all the same."""

from collections.abc import AsyncGenerator, Collection, Sequence
from typing import Final

import anyio

from forepost.agent.workloads.microservices import NoSuchMicroservice, NotNow, Pruned
from forepost.wire.workloads.delivery import EngineStatus, LogLine, MicroserviceStatus

OFF: Final = "this agent runs no microservices (workloads.engine)"


class NoMicroservices:
    """A `Microservices`."""

    def engine(self) -> EngineStatus:
        return EngineStatus(reachable=False, problem=OFF)

    def statuses(self) -> Sequence[MicroserviceStatus]:
        return ()

    def config_of(self, uuid: str) -> str | None:
        return None

    def routes_of(self, uuid: str) -> Collection[str]:
        return ()

    def at(self, address: str) -> str | None:
        return None

    def is_on_host(self, uuid: str) -> bool:
        return False

    def gateways(self) -> Collection[str]:
        return ()

    def host_names(self) -> Collection[str]:
        return ()

    async def ready(self) -> None: ...

    async def changed(self) -> None:
        await anyio.sleep_forever()

    async def restart(self, uuid_or_name: str) -> None:
        raise NoSuchMicroservice(f"{uuid_or_name}: {OFF}")

    def logs(self, uuid_or_name: str, tail: int, *, follow: bool) -> AsyncGenerator[LogLine, None]:
        raise NoSuchMicroservice(f"{uuid_or_name}: {OFF}")

    async def prune(self) -> Pruned:
        raise NotNow(OFF)
