"""SYSINFO payloads as columns over time. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from forepost.controller.payloads.sysinfo import CpuTimes, MemoryUse
from forepost.wire.rest.host import Column, DiskCourse, HostCourse, NicCourse, SensorCourse

MOST_NAMES: Final = 8
"""Disks, interfaces or sensors of an answer."""


class CpuIdle(msgspec.Struct, frozen=True):
    idle: float


class Memory(MemoryUse):
    virtual_total_bytes: float = 0
    virtual_used_bytes: float = 0


class DiskShare(msgspec.Struct, frozen=True):
    mount: str
    used_pct: float


class NicRate(msgspec.Struct, frozen=True):
    name: str
    rx_bytes_per_sec: float | None = None
    tx_bytes_per_sec: float | None = None


class Sensor(msgspec.Struct, frozen=True):
    celsius: float
    sensor: str = ""
    label: str = ""

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.sensor, self.label))) or "temperature"


class HostReading(msgspec.Struct, frozen=True):
    """What is drawn of a payload."""

    cpu: CpuIdle | None = None
    spent: CpuTimes | None = msgspec.field(name="CPUTimes", default=None)
    memory: Memory | None = msgspec.field(name="memoryInfo", default=None)
    load: list[float] | None = None
    disks: list[DiskShare] | None = None
    nics: list[NicRate] | None = None
    temperatures: list[Sensor] | None = None


def reading(payload: bytes) -> HostReading | None:
    """None: it is no payload of SYSINFO."""
    try:
        return msgspec.json.decode(payload, type=HostReading)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def course(moments: Sequence[tuple[float, HostReading]], step_sec: int) -> HostCourse:
    """`moments`: Unix seconds and what was read then, the oldest first."""
    readings = [one for _, one in moments]
    mounts = _columns(readings, lambda of: {one.mount: one.used_pct for one in of.disks or ()})
    nics = [{one.name: one for one in of.nics or ()} for of in readings]
    busiest = _highest(
        {
            name: [_most(of.get(name)) for of in nics]
            for name in dict.fromkeys(name for of in nics for name in of)
        }
    )
    heat = _columns(readings, lambda of: {one.name: one.celsius for one in of.temperatures or ()})
    return HostCourse(
        step_sec=step_sec,
        times=[at for at, _ in moments],
        cpu_pct=_busy(readings),
        memory_pct=[one.memory.used_pct if one.memory else None for one in readings],
        swap_pct=[_swap_pct(one.memory) for one in readings],
        load=[one.load[0] if one.load else None for one in readings],
        disks=[DiskCourse(mount=name, used_pct=mounts[name]) for name in _highest(mounts)],
        nics=[
            NicCourse(
                name=name,
                rx_bytes_per_sec=[one.rx_bytes_per_sec for one in _of(nics, name)],
                tx_bytes_per_sec=[one.tx_bytes_per_sec for one in _of(nics, name)],
            )
            for name in busiest
        ],
        sensors=[SensorCourse(name=name, celsius=heat[name]) for name in _highest(heat)],
    )


def _busy(readings: Iterable[HostReading]) -> Column:
    found: Column = []
    before: CpuTimes | None = None
    for one in readings:
        share = None if one.cpu is None else 100 - one.cpu.idle
        if share is None and before is not None and one.spent is not None:
            share = _between(before, one.spent)
        found.append(None if share is None else min(100.0, max(0.0, share)))
        before = one.spent or before
    return found


def _between(before: CpuTimes, now: CpuTimes) -> float | None:
    """None: the host was started anew in between."""
    total, idle = now.total - before.total, now.idle - before.idle
    return 100 * (1 - idle / total) if total > 0 and idle >= 0 else None


def _swap_pct(memory: Memory | None) -> float | None:
    if memory is None or memory.virtual_total_bytes <= 0:
        return None
    return 100 * memory.virtual_used_bytes / memory.virtual_total_bytes


def _columns(
    readings: Sequence[HostReading], figures: Callable[[HostReading], dict[str, float]]
) -> dict[str, Column]:
    rows = [figures(one) for one in readings]
    return {
        name: [row.get(name) for row in rows]
        for name in dict.fromkeys(name for row in rows for name in row)
    }


def _highest(columns: dict[str, Column]) -> list[str]:
    """Names in the order of their appearance, without those whose figures are low."""

    def most(name: str) -> float:
        return max((value for value in columns[name] if value is not None), default=-1.0)

    kept = set(sorted(columns, key=most, reverse=True)[:MOST_NAMES])
    return [name for name in columns if name in kept]


def _most(nic: NicRate | None) -> float | None:
    return None if nic is None else max(nic.rx_bytes_per_sec or 0, nic.tx_bytes_per_sec or 0)


def _of(nics: Iterable[dict[str, NicRate]], name: str) -> list[NicRate]:
    return [of.get(name) or NicRate(name) for of in nics]
