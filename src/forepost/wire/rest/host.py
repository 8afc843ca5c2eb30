"""How a host fared over time, as REST has it: columns, one number for each moment."""

from forepost.wire.base import Wire

Column = list[float | None]
"""One number for each moment; null where the result of that moment does not say."""


class DiskCourse(Wire, frozen=True, kw_only=True):
    mount: str
    used_pct: Column


class NicCourse(Wire, frozen=True, kw_only=True):
    name: str
    rx_bytes_per_sec: Column
    tx_bytes_per_sec: Column


class SensorCourse(Wire, frozen=True, kw_only=True):
    name: str
    celsius: Column


class HostCourse(Wire, frozen=True, kw_only=True):
    """What SYSINFO results of an agent say, the oldest first. Of disks, interfaces and sensors
    there are the eight with the highest figures.
    """

    step_sec: int
    """Of so many seconds the newest result stands for all."""
    times: list[float]
    """Unix seconds."""
    cpu_pct: Column
    """Of all processors: busy. Of an agent that says times alone, since the moment before."""
    memory_pct: Column
    swap_pct: Column
    load: Column
    """Of one minute."""
    disks: list[DiskCourse]
    nics: list[NicCourse]
    sensors: list[SensorCourse]
