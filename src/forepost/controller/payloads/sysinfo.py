"""SYSINFO: the agent's own host."""

from typing import ClassVar

import msgspec

from forepost.controller.payloads.payload import Figures, Metrics, Payload


class MemoryUse(msgspec.Struct):
    total_bytes: float = 0
    used_bytes: float = 0
    available_bytes: float = 0


class CpuTimes(msgspec.Struct, frozen=True):
    """ns since boot; a zero is left out by the sender."""

    user: float = 0
    system: float = 0
    idle: float = 0
    iowait: float = 0
    irq: float = 0
    nice: float = 0
    soft_irq: float = 0
    steal: float = 0


class Sysinfo(Payload):
    SAYS: ClassVar = ("cpu_usage", "memory_usage")

    memory: MemoryUse | None = msgspec.field(name="memoryInfo", default=None)
    cpu: CpuTimes | None = msgspec.field(name="CPUTimes", default=None)

    def metrics(self, figures: Figures) -> Metrics:
        memory = self.memory
        if memory is None or memory.total_bytes <= 0:
            return {}
        used = memory.used_bytes
        if memory.available_bytes > 0:
            used = memory.total_bytes - memory.available_bytes
        return {"memory_usage": 100 * used / memory.total_bytes}
