"""The microservices of a site that has no engine: what a test sets is what there is."""

from collections.abc import AsyncGenerator, Collection, Sequence

import anyio

from forepost.agent.workloads.microservices import NoSuchMicroservice, NotNow, Pruned
from forepost.wire.workloads.delivery import EngineStatus, LogLine, MicroserviceStatus


class SiteMicroservices:
    """A Microservices. `set` changes anything of it and says that it changed."""

    def __init__(self) -> None:
        self.configs: dict[str, str] = {}
        self.routes: dict[str, list[str]] = {}
        self.addresses: dict[str, str] = {}
        self.on_host: set[str] = set()
        self.gates: list[str] = []
        self.away = ""
        """Why the engine does not answer."""
        self.freed = 0
        self.is_ready = anyio.Event()
        self.is_ready.set()
        self._change = anyio.Event()

    def set(self, **fields: object) -> None:
        for name, value in fields.items():
            assert hasattr(self, name)
            setattr(self, name, value)
        self.tell()

    def configure(self, uuid: str, config: str) -> None:
        self.configs[uuid] = config
        self.tell()

    def tell(self) -> None:
        change, self._change = self._change, anyio.Event()
        change.set()

    def engine(self) -> EngineStatus:
        return EngineStatus(reachable=not self.away, problem=self.away)

    def statuses(self) -> Sequence[MicroserviceStatus]:
        return [MicroserviceStatus(uuid=uuid, state="RUNNING") for uuid in self.configs]

    def config_of(self, uuid: str) -> str | None:
        return self.configs.get(uuid)

    def routes_of(self, uuid: str) -> Collection[str]:
        return self.routes.get(uuid, [])

    def at(self, address: str) -> str | None:
        return self.addresses.get(address)

    def is_on_host(self, uuid: str) -> bool:
        return uuid in self.on_host

    def gateways(self) -> Collection[str]:
        return self.gates

    def host_names(self) -> Collection[str]:
        return ["gateway.example"]

    async def ready(self) -> None:
        await self.is_ready.wait()

    async def changed(self) -> None:
        await self._change.wait()

    async def restart(self, uuid_or_name: str) -> None:
        if uuid_or_name not in self.configs:
            raise NoSuchMicroservice(uuid_or_name)

    async def logs(
        self, uuid_or_name: str, tail: int, *, follow: bool
    ) -> AsyncGenerator[LogLine, None]:
        if uuid_or_name not in self.configs:
            raise NoSuchMicroservice(uuid_or_name)
        yield LogLine(text="of the test")

    async def prune(self) -> Pruned:
        if self.away:
            raise NotNow(self.away)
        return Pruned(images=1, bytes=self.freed)
