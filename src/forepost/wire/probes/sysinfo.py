"""SYSINFO: what we add to NetWatcher's fields. Rates are over `interval_sec`, never since boot."""

from msgspec import Struct

Rate = float | None
"""Null where it cannot be told: it was not there before, or its counters began anew."""


class CpuShares(Struct, frozen=True, kw_only=True):
    """Percent of the time of all processors together."""

    user: float
    system: float
    idle: float
    iowait: float
    irq: float
    nice: float
    soft_irq: float
    steal: float


class DiskUse(Struct, frozen=True, kw_only=True):
    """A file system on a disk."""

    mount: str
    device: str
    fstype: str
    total_bytes: int
    used_bytes: int
    free_bytes: int
    """For users without privilege."""
    used_pct: float
    inodes_used_pct: float | None = None


class DiskIo(Struct, frozen=True, kw_only=True):
    name: str
    read_bytes_per_sec: Rate = None
    written_bytes_per_sec: Rate = None
    reads_per_sec: Rate = None
    writes_per_sec: Rate = None
    busy_pct: Rate = None
    """Of the time that at least one request was under way."""


class NicTraffic(Struct, frozen=True, kw_only=True):
    """Errors and drops are counts within the interval."""

    name: str
    rx_bytes_per_sec: Rate = None
    tx_bytes_per_sec: Rate = None
    rx_packets_per_sec: Rate = None
    tx_packets_per_sec: Rate = None
    rx_errors: int | None = None
    tx_errors: int | None = None
    rx_drops: int | None = None
    tx_drops: int | None = None


class Temperature(Struct, frozen=True, kw_only=True):
    sensor: str
    label: str = ""
    celsius: float
    high: float | None = None
    critical: float | None = None


class Busy(Struct, frozen=True, kw_only=True):
    interval_sec: float
    cpu: CpuShares | None
    """Null where no time has passed."""
    disk_io: list[DiskIo]
    nics: list[NicTraffic]
