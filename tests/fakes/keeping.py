"""A keeper of workloads over an engine in memory, with time in the hands of a test."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

from forepost.agent.workloads.keeper import WorkloadKeeper
from forepost.agent.workloads.microservices import WantedMicroservice
from forepost.kit.health import Health
from forepost.wire.workloads.delivery import MicroserviceStatus
from forepost.wire.workloads.manifest import Microservice
from tests.fakes.clock import FakeClock
from tests.fakes.containers import FakeEngine


def wanted(
    uuid: str, image: str = "good:1", *, refused: str = "", **more: Any
) -> WantedMicroservice:
    asked = Microservice(uuid=uuid, image=image, **more)
    return WantedMicroservice(microservice=asked, wanted_by="controller", refused=refused)


class Keeping:
    """An agent that can be killed and started again, beside an engine that goes on."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.engine = FakeEngine(self.clock)
        self.file = folder / "workloads.json"
        self.asked: Sequence[WantedMicroservice] | None = None
        self.keeper = self._new()
        self._scope = anyio.CancelScope()

    def _new(self) -> WorkloadKeeper:
        self.health = Health(logging.getLogger("test"))
        return WorkloadKeeper(self.engine, self.file, self.clock, self.health)

    async def run(self) -> None:
        """Runs for ever; `crash` begins it anew."""
        while True:
            with anyio.CancelScope() as self._scope:
                await self.keeper.run()

    async def want(self, *asked: WantedMicroservice) -> None:
        self.asked = asked
        await self.keeper.want(asked, [])
        await self.clock.advance(0)

    async def crash(self) -> None:
        """The agent is killed in whatever it does, and started again with what it was told last."""
        self.keeper = self._new()
        self._scope.cancel()
        await self.clock.advance(0)
        if self.asked is not None:
            await self.keeper.want(self.asked, [])
        await self.clock.advance(0)

    def status(self, uuid: str) -> MicroserviceStatus:
        (found,) = (one for one in self.keeper.statuses() if one.uuid == uuid)
        return found


@asynccontextmanager
async def keeping(folder: Path) -> AsyncIterator[Keeping]:
    one = Keeping(folder)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one.run)
        yield one
        tasks.cancel_scope.cancel()
