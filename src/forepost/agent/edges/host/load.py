"""How busy this host is: counters, disks, temperatures. psutil, /proc and /sys."""

import os
from collections.abc import Mapping, Sequence
from typing import Final

import anyio.to_thread
import psutil

from forepost.wire.probes.sysinfo import DiskUse, Temperature

MOST_NICS: Final = 64
"""Of which a host with many containers has more; the others are left out."""
MOST_DISKS: Final = 64
_READ_ONLY: Final = frozenset({"squashfs", "iso9660"})
"""File systems that are always full."""


def nics() -> dict[str, Sequence[int]]:
    """In the order of `busy.NIC`; without loopback."""
    found = psutil.net_io_counters(pernic=True, nowrap=False)
    names = [name for name in found if name != "lo"][:MOST_NICS]
    return {name: _nic(found[name]) for name in names}


def disks() -> dict[str, Sequence[int]]:
    """In the order of `busy.DISK`: whole disks, not their partitions."""
    found = psutil.disk_io_counters(perdisk=True, nowrap=False) or {}
    names = [name for name in found if os.path.isdir(f"/sys/block/{name}")]  # noqa: PTH112 - no Path for each
    return {
        name: (
            one.read_bytes,
            one.write_bytes,
            one.read_count,
            one.write_count,
            getattr(one, "busy_time", 0),
        )
        for name in names[:MOST_DISKS]
        for one in (found[name],)
        if one.read_count or one.write_count
    }


async def file_systems() -> list[DiskUse]:
    """In a thread, for a disk that does not answer keeps whoever asks; they are left out then."""
    found: list[DiskUse] = []
    seen: set[str] = set()
    for part in psutil.disk_partitions(all=False):
        if part.device in seen or part.fstype in _READ_ONLY or len(found) >= MOST_DISKS:
            continue
        seen.add(part.device)
        with anyio.move_on_after(1):
            use = await anyio.to_thread.run_sync(_use, part.mountpoint, abandon_on_cancel=True)
            if use is not None:
                found.append(_disk(part.mountpoint, part.device, part.fstype, use))
    return found


def temperatures() -> list[Temperature]:
    found: Mapping[str, list[psutil._ntuples.shwtemp]] = psutil.sensors_temperatures()
    return [
        Temperature(
            sensor=sensor,
            label=one.label,
            celsius=one.current,
            high=one.high,
            critical=one.critical,
        )
        for sensor, several in found.items()
        for one in several
        if one.current is not None
    ]


def _use(mount: str) -> os.statvfs_result | None:
    try:
        return os.statvfs(mount)
    except OSError:
        return None  # it is not ours to look at, or went away


def _disk(mount: str, device: str, fstype: str, use: os.statvfs_result) -> DiskUse:
    """As df(1) counts: what is reserved for root is neither used nor free."""
    total, free = use.f_blocks * use.f_frsize, use.f_bavail * use.f_frsize
    used = total - use.f_bfree * use.f_frsize
    return DiskUse(
        mount=mount,
        device=device,
        fstype=fstype,
        total_bytes=total,
        used_bytes=used,
        free_bytes=free,
        used_pct=100 * used / (used + free) if used + free else 0.0,
        inodes_used_pct=100 * (1 - use.f_ffree / use.f_files) if use.f_files else None,
    )


def _nic(one: "psutil._ntuples.snetio") -> Sequence[int]:
    return (
        one.bytes_recv, one.bytes_sent, one.packets_recv, one.packets_sent,
        one.errin, one.errout, one.dropin, one.dropout,
    )  # fmt: skip
