"""What containers use: processor time between two looks, and memory."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from forepost.agent.ports.containers import ContainerView, EngineAway, EngineRefused
from forepost.kit.clock import Clock

EVERY_SEC: Final = 30.0


class ContainerLoad(msgspec.Struct, frozen=True, kw_only=True):
    cpu_percent: float | None
    """Of one core; None until there are two looks."""
    memory_bytes: int


class _Reading(msgspec.Struct, frozen=True):
    container_id: str
    at: float
    cpu_sec: float


class Usages:
    def __init__(self, engine: ContainerView, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        self._readings: dict[str, _Reading] = {}
        self._loads: dict[str, ContainerLoad] = {}

    def of(self, uuid: str) -> ContainerLoad | None:
        return self._loads.get(uuid)

    async def run(self, running: Callable[[], Sequence[tuple[str, str]]]) -> None:
        """`running` returns uuid and container of all that run."""
        while True:
            found = running()
            known = {uuid for uuid, _ in found}
            for table in (self._readings, self._loads):
                for uuid in table.keys() - known:
                    del table[uuid]
            for uuid, container_id in found:
                await self._read(uuid, container_id)
            await self._clock.sleep(EVERY_SEC)

    async def _read(self, uuid: str, container_id: str) -> None:
        try:
            usage = await self._engine.usage(container_id)
        except (EngineAway, EngineRefused):
            return  # it has ended meanwhile
        now, before = self._clock.monotonic(), self._readings.get(uuid)
        self._readings[uuid] = _Reading(container_id, now, usage.cpu_sec)
        percent = None
        if before is not None and before.container_id == container_id and now > before.at:
            percent = max(0.0, 100 * (usage.cpu_sec - before.cpu_sec) / (now - before.at))
        self._loads[uuid] = ContainerLoad(cpu_percent=percent, memory_bytes=usage.memory_bytes)
