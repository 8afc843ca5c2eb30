"""What this host says about itself: psutil, /proc and /sys."""

import os
import platform
import re
import socket
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil

from forepost.agent.cores.rates import Counters, between
from forepost.agent.cores.routes import DefaultRoute, default_route, read_routes
from forepost.agent.edges.host import interfaces, load
from forepost.wire.probes.probe import CpuTimes, HostInfo, Interface, MemoryInfo, OsInfo, Route
from forepost.wire.probes.sysinfo import Busy, DiskUse, Temperature

_NS: Final = 1_000_000_000
_CONTAINER_FILES: Final = ("run/.containerenv", "run/systemd/container")
"""Not /.dockerenv: an image that was made into a virtual machine still has it."""
_FIRST_PID_NAMESPACE: Final = "pid:[4026531836]"
"""PROC_PID_INIT_INO of include/linux/proc_ns.h: processes outside of all containers."""
_CONTAINER_WORDS: Final = re.compile(r"docker|kubepods|containerd|libpod|/lxc/|machine\.slice")


class LinuxHost:
    """A Host: reads what Linux says of itself when it is asked."""

    def __init__(self, root: Path = Path("/")) -> None:
        """`root`: where /proc, /etc and /run are looked for."""
        self._root = root
        self._before: Counters | None = None

    def info(self) -> HostInfo:
        addresses, macs = interfaces.addresses_and_macs()
        local = time.localtime()
        return HostInfo(
            architecture=platform.machine(),
            boot_time=datetime.fromtimestamp(int(psutil.boot_time()), UTC),
            containerized=self._containerized(),
            name=socket.gethostname(),
            ip=addresses,
            kernel_version=platform.release(),
            mac=macs,
            os=os_info(_variables(self._text("etc/os-release") or "")),
            timezone=local.tm_zone,
            timezone_offset_sec=local.tm_gmtoff,
            id=(self._text("etc/machine-id") or "").strip(),
        )

    def memory(self) -> MemoryInfo:
        return memory_info(self._text("proc/meminfo") or "")

    def cpu_times(self) -> CpuTimes:
        return cpu_times(self._text("proc/stat") or "", os.sysconf("SC_CLK_TCK"))

    def network(self) -> tuple[list[Interface], list[Route], DefaultRoute]:
        routes, routes_v6 = (self._text(f"proc/net/{name}") for name in ("route", "ipv6_route"))
        found = read_routes(routes or "", routes_v6 or "")
        default = default_route(found)
        return interfaces.read(found, default), found, default

    def counters(self, at: float) -> Counters:
        return Counters(at=at, cpu=self.cpu_times(), nics=load.nics(), disks=load.disks())

    def busy(self, at: float) -> Busy:
        now = self.counters(at)
        before, self._before = self._before or now, now
        return between(before, now)

    async def disks(self) -> list[DiskUse]:
        return await load.file_systems()

    def load(self) -> tuple[float, float, float]:
        return os.getloadavg()

    def processors(self) -> int:
        return os.cpu_count() or 0

    def temperatures(self) -> list[Temperature]:
        return load.temperatures()

    def moved(self) -> int:
        return sum(sum(counts[:2]) for counts in load.nics().values())

    def nameserver(self) -> str:
        for line in (self._text("etc/resolv.conf") or "").splitlines():
            match line.split():
                case ["nameserver", address, *_]:
                    return address
        return ""

    def _containerized(self) -> bool:
        if any((self._root / name).exists() for name in _CONTAINER_FILES):
            return True
        namespace = self._root / "proc/self/ns/pid"
        if namespace.is_symlink() and str(namespace.readlink()) != _FIRST_PID_NAMESPACE:
            return True
        return bool(_CONTAINER_WORDS.search(self._text("proc/1/cgroup") or ""))

    def _text(self, name: str) -> str | None:
        """A file that this host does not have, or does not show us, is no fact about it."""
        try:
            return (self._root / name).read_text(errors="replace")
        except OSError:
            return None


def memory_info(meminfo: str) -> MemoryInfo:
    """Decode /proc/meminfo; "virtual" is swap, as in NetWatcher (go-sysinfo)."""
    raw: dict[str, int] = {}
    for line in meminfo.splitlines():
        if found := re.fullmatch(r"([^:\s]+):\s+(\d+)( kB)?", line.strip()):
            raw[found[1]] = int(found[2]) * (1024 if found[3] else 1)
    total, free = raw.get("MemTotal", 0), raw.get("MemFree", 0)
    available = raw.get("MemAvailable", free + raw.get("Buffers", 0) + raw.get("Cached", 0))
    swap, swap_free = raw.get("SwapTotal", 0), raw.get("SwapFree", 0)
    return MemoryInfo(
        total_bytes=total,
        used_bytes=total - free,
        available_bytes=available,
        free_bytes=free,
        virtual_total_bytes=swap,
        virtual_used_bytes=swap - swap_free,
        virtual_free_bytes=swap_free,
        raw=raw,
    )


def cpu_times(stat: str, ticks_per_second: int) -> CpuTimes:
    """Decode the first line of /proc/stat (proc(5)); guest time is part of user and nice."""
    words = stat.split("\n", 1)[0].split()
    if not words or words[0] != "cpu" or not all(word.isdecimal() for word in words[1:]):
        return CpuTimes()
    ns = [int(word) * _NS // ticks_per_second for word in words[1:9]]
    user, nice, system, idle, iowait, irq, soft_irq, steal = ns + [0] * (8 - len(ns))
    return CpuTimes(
        user=user,
        system=system,
        idle=idle,
        iowait=iowait,
        irq=irq,
        nice=nice,
        soft_irq=soft_irq,
        steal=steal,
    )


def os_info(release: Mapping[str, str]) -> OsInfo:
    """Take what os-release(5) says."""
    numbers = [int(part) for part in re.findall(r"\d+", release.get("VERSION_ID", ""))[:3]]
    major, minor, patch = numbers + [0] * (3 - len(numbers))
    return OsInfo(
        family=(release.get("ID_LIKE", "").split() or [release.get("ID", "")])[0],
        platform=release.get("ID", ""),
        name=release.get("NAME", ""),
        version=release.get("VERSION", ""),
        major=major,
        minor=minor,
        patch=patch,
        build=release.get("BUILD_ID", ""),
        codename=release.get("VERSION_CODENAME", ""),
    )


def _variables(text: str) -> dict[str, str]:
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, value in pairs}
