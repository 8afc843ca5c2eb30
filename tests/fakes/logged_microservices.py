"""The microservices of a site that a test says, in the place of an engine."""

from collections.abc import AsyncIterator, Collection, Sequence

import anyio

from forepost.agent.workloads.microservices import NoSuchMicroservice, NotNow, Pruned
from forepost.wire.workloads.delivery import EngineStatus, LogLine, MicroserviceStatus


class LoggedMicroservices:
    """What it says is what `say` said last; logs are what `write` wrote, and go on until `end`."""

    def __init__(self) -> None:
        self.status = EngineStatus(version="20.10", api_version="1.41")
        self.all: dict[str, MicroserviceStatus] = {}
        self.configs: dict[str, str] = {}
        self.routes: dict[str, list[str]] = {}
        self.addresses: dict[str, str] = {}
        self.on_host: set[str] = set()
        self.own_addresses: list[str] = []
        self.restarted: list[str] = []
        self.written: list[LogLine] = []
        self.is_away = self.is_over = False
        self._changed = anyio.Event()

    def say(self, *statuses: MicroserviceStatus) -> None:
        self.all |= {one.uuid: one for one in statuses}
        self.tell()

    def configure(self, uuid: str, config: str) -> None:
        self.configs[uuid] = config
        self.tell()

    def write(self, *texts: str) -> None:
        self.written += [LogLine(text=text) for text in texts]
        self.tell()

    def tell(self) -> None:
        """Something changed."""
        self._changed.set()
        self._changed = anyio.Event()

    def engine(self) -> EngineStatus:
        return self.status

    def statuses(self) -> Sequence[MicroserviceStatus]:
        return list(self.all.values())

    def config_of(self, uuid: str) -> str | None:
        return self.configs.get(uuid)

    def routes_of(self, uuid: str) -> Collection[str]:
        return self.routes.get(uuid, [])

    def at(self, address: str) -> str | None:
        return self.addresses.get(address)

    def is_on_host(self, uuid: str) -> bool:
        return uuid in self.on_host

    def gateways(self) -> Collection[str]:
        return self.own_addresses

    def host_names(self) -> Collection[str]:
        return ["iofog"]

    async def changed(self) -> None:
        await self._changed.wait()

    async def restart(self, uuid_or_name: str) -> None:
        self._known(uuid_or_name)
        if self.is_away:
            raise NotNow("the engine is away")
        self.restarted.append(uuid_or_name)

    async def logs(self, uuid_or_name: str, tail: int, *, follow: bool) -> AsyncIterator[LogLine]:
        self._known(uuid_or_name)
        read = max(0, len(self.written) - tail)
        while True:
            while read < len(self.written):
                read += 1
                yield self.written[read - 1]
            if not follow or self.is_over:
                return
            await self._changed.wait()

    async def prune(self) -> Pruned:
        if self.is_away:
            raise NotNow("the engine is away")
        return Pruned(images=2, bytes=4_096)

    def _known(self, uuid: str) -> None:
        if uuid not in self.all:
            raise NoSuchMicroservice(f"{uuid}: there is no such microservice")
