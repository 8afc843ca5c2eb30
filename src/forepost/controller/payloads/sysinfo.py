"""SYSINFO: the agent's own host."""

from typing import ClassVar

import msgspec

from forepost.controller.payloads.grade import FINE, SURE_TRIES, UNSAID, Grade, degraded, failed
from forepost.controller.payloads.payload import Figures, Metrics, Payload

NEARLY_FULL_PCT, FULL_PCT = 90.0, 98.0


class MemoryUse(msgspec.Struct):
    total_bytes: float = 0
    used_bytes: float = 0
    available_bytes: float = 0

    @property
    def used_pct(self) -> float | None:
        """None: how much there is was not said."""
        if self.total_bytes <= 0:
            return None
        used = self.used_bytes
        if self.available_bytes > 0:
            used = self.total_bytes - self.available_bytes
        return 100 * used / self.total_bytes


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

    @property
    def total(self) -> float:
        times: tuple[float, ...] = msgspec.structs.astuple(self)
        return sum(times)


class Disk(msgspec.Struct):
    mount: str = ""
    used_pct: float = 0
    inodes_used_pct: float | None = None

    @property
    def most_pct(self) -> float:
        """Of its bytes or its inodes, what is used up more."""
        return max(self.used_pct, self.inodes_used_pct or 0)


class Sysinfo(Payload):
    SAYS: ClassVar = ("cpu_usage", "memory_usage", "disk_usage")

    UNIT: ClassVar = "%"
    memory: MemoryUse | None = msgspec.field(name="memoryInfo", default=None)
    cpu: CpuTimes | None = msgspec.field(name="CPUTimes", default=None)
    disks: list[Disk] | None = None

    def metrics(self, figures: Figures) -> Metrics:
        found: Metrics = {}
        used_pct = None if self.memory is None else self.memory.used_pct
        if used_pct is not None:
            found["memory_usage"] = used_pct
        fullest = self._fullest
        if fullest is not None:
            found["disk_usage"] = fullest.most_pct
        return found

    @property
    def _fullest(self) -> Disk | None:
        return max(self.disks or (), key=lambda disk: disk.most_pct, default=None)

    def main_figure(self, figures: Figures) -> float | None:
        """Return how much of the memory is used."""
        return self.metrics(figures).get("memory_usage")

    def grade(self, figures: Figures) -> Grade:
        """By the fullest disk, in bytes or in inodes."""
        if self.memory is None and self.cpu is None:
            return UNSAID
        disk = self._fullest
        if disk is None or disk.most_pct < NEARLY_FULL_PCT:
            return FINE
        of = "" if disk.used_pct >= disk.most_pct else " of its inodes"
        words = f"{disk.mount}: {disk.most_pct:.4g} %{of} are used"
        return failed(words, tries=SURE_TRIES) if disk.most_pct >= FULL_PCT else degraded(words)
