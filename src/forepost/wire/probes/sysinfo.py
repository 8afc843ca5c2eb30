"""SYSINFO: how the agent's host fares. Rates are over `interval_sec`, never since boot."""

from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from forepost.wire.base import Wire
from forepost.wire.probes.cost import of_the_host
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.options import Options

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


class SysinfoOptions(Options, frozen=True, kw_only=True): ...


class OsInfo(Wire, frozen=True, kw_only=True):
    type: str = "linux"
    family: str = ""
    platform: str = ""
    name: str = ""
    version: str = ""
    major: int = 0
    minor: int = 0
    patch: int = 0
    build: str = ""
    codename: str = ""


class HostInfo(Wire, frozen=True, kw_only=True):
    architecture: str
    boot_time: datetime
    containerized: bool | None = None
    name: str
    ip: list[str] = []
    """Addresses with prefix length."""
    kernel_version: str
    mac: list[str] = []
    os: OsInfo
    timezone: str
    timezone_offset_sec: int
    id: str = ""


class MemoryInfo(Wire, frozen=True, kw_only=True):
    total_bytes: int
    used_bytes: int
    available_bytes: int
    free_bytes: int
    virtual_total_bytes: int
    virtual_used_bytes: int
    virtual_free_bytes: int
    raw: dict[str, int] = {}


class CpuTimes(Wire, frozen=True, kw_only=True, omit_defaults=True):
    """ns since boot; a reader takes the difference of two samples. Zero values are left out."""

    user: int = 0
    system: int = 0
    idle: int = 0
    iowait: int = 0
    irq: int = 0
    nice: int = 0
    soft_irq: int = 0
    steal: int = 0


class SysinfoResult(Wire, frozen=True, kw_only=True):
    host: HostInfo = msgspec.field(name="hostInfo")
    memory: MemoryInfo = msgspec.field(name="memoryInfo")
    cpu_times: CpuTimes = msgspec.field(name="CPUTimes")
    timestamp: datetime
    interval_sec: float = 0.0
    """What rates and shares are over; 0: there is no earlier reading. Ours, as what follows."""
    cpu: CpuShares | None = None
    processors: int = 0
    load: list[float] = []
    """Of 1, 5 and 15 minutes."""
    disks: list[DiskUse] = []
    disk_io: list[DiskIo] = []
    nics: list[NicTraffic] = []
    temperatures: list[Temperature] = []


KIND: Final = Kind(
    name="SYSINFO",
    options=SysinfoOptions,
    result=SysinfoResult,
    cost=of_the_host,
    most_open=4,
    interval_sec=120,
    is_targetless=True,
)
