"""A keeper of microservices over a real engine, in this process."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio

from forepost.agent.edges.containers.docker import DockerEngine
from forepost.agent.ports.containers import EngineAway, EngineRefused, SeenImage
from forepost.agent.workloads.keeper import WorkloadKeeper
from forepost.agent.workloads.microservices import WantedMicroservice
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.workloads.delivery import MicroserviceStatus, Registry
from forepost.wire.workloads.manifest import HealthCheck, Microservice
from tests.fakes.containers import Verb
from tests.lab.container_engine import IMAGE, ContainerEngine

AGENT = "lab"
SOON_SEC = 45.0
QUICK = HealthCheck(window=1.5)


def wanted(uuid: str, image: str = IMAGE, **more: Any) -> WantedMicroservice:
    asked = Microservice(uuid=uuid, image=image, **{"health": QUICK, "stop_sec": 1, **more})
    return WantedMicroservice(microservice=asked, wanted_by="folder")


Call = Callable[[], Awaitable[Any]]


class HookedEngine(DockerEngine):
    """Docker, where a test stands beside one call of a verb: the first that comes."""

    def __init__(self, docker: ContainerEngine) -> None:
        super().__init__(docker.url, AGENT, lambda: "Etc/UTC", stall_sec=10)
        self.once: dict[Verb, Callable[[Call], Awaitable[Any]]] = {}

    async def _hooked(self, verb: Verb, call: Call) -> Any:
        hook = self.once.pop(verb, None)
        return await (call() if hook is None else hook(call))

    async def pull(self, *given: Any) -> SeenImage:
        found: SeenImage = await self._hooked("pull", partial(DockerEngine.pull, self, *given))
        return found

    async def create(
        self, microservice: Microservice, image: str, replaces: str, wanted_by: str = ""
    ) -> str:
        call = partial(DockerEngine.create, self, microservice, image, replaces, wanted_by)
        return str(await self._hooked("create", call))

    async def start(self, container_id: str) -> None:
        await self._hooked("start", partial(DockerEngine.start, self, container_id))

    async def stop(self, container_id: str) -> None:
        await self._hooked("stop", partial(DockerEngine.stop, self, container_id))

    async def remove(self, container_id: str) -> None:
        await self._hooked("remove", partial(DockerEngine.remove, self, container_id))


async def beside(call: Call, happens: Callable[[], Coroutine[Any, Any, None]]) -> Any:
    """What the call returns or raises, after what happens beside it."""
    failed: EngineAway | EngineRefused | None = None
    done: Any = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(happens)
        try:
            done = await call()
        except (EngineAway, EngineRefused) as error:
            failed = error
    if failed is not None:
        raise failed
    return done


class Kept:
    def __init__(self, keeper: WorkloadKeeper, kill: Callable[[], None]) -> None:
        self.keeper, self.kill = keeper, kill

    async def want(self, *asked: WantedMicroservice, registries: Sequence[Registry] = ()) -> None:
        await self.keeper.want(asked, registries)

    def status(self, uuid: str) -> MicroserviceStatus | None:
        return next((one for one in self.keeper.statuses() if one.uuid == uuid), None)

    async def until(
        self, uuid: str, true: Callable[[MicroserviceStatus], object]
    ) -> MicroserviceStatus:
        """Wait for a status."""
        with anyio.move_on_after(SOON_SEC):
            await self.until_rest(lambda: true(found) if (found := self.status(uuid)) else False)
            found = self.status(uuid)
            assert found is not None
            return found
        raise AssertionError(self.status(uuid))

    async def until_gone(self, uuid: str) -> None:
        await self.until_rest(lambda: self.status(uuid) is None)

    async def until_rest(self, true: Callable[[], object]) -> None:
        with anyio.fail_after(SOON_SEC):
            while not true():  # noqa: ASYNC110 - of what is in another process nobody sets an event
                await anyio.sleep(0.05)

    async def runs(self, *asked: WantedMicroservice) -> None:
        await self.want(*asked)
        for one in asked:
            await self.until(
                one.microservice.uuid,
                lambda status: status.state == "RUNNING" and status.running == status.wanted,
            )


@asynccontextmanager
async def kept(
    docker: ContainerEngine, folder: Path, engine: DockerEngine | None = None
) -> AsyncIterator[Kept]:
    clock = SystemClock()
    engine = engine or DockerEngine(docker.url, AGENT, lambda: "Etc/UTC", stall_sec=3)
    health = Health(logging.getLogger("test"))
    keeper = WorkloadKeeper(engine, folder / "workloads.json", clock, health)
    async with anyio.create_task_group() as tasks:
        scope = anyio.CancelScope()

        async def run() -> None:
            with scope:
                await keeper.run()

        tasks.start_soon(run)
        yield Kept(keeper, scope.cancel)
        tasks.cancel_scope.cancel()


def ours(docker: ContainerEngine) -> list[tuple[str, str]]:
    """State and image of all containers of the agent."""
    found = docker.containers(f"org.forepost.agent={AGENT}")
    return sorted((one["State"], one["Image"]) for one in found)
