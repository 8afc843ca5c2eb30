"""SYSINFO and NETINFO of this very host, field by field as the contract names them."""

import os
from typing import Any

import msgspec
import pytest

from forepost.agent.edges.system import system_edges
from forepost.agent.ports.edges import OutsideView
from forepost.agent.probes import netinfo, sysinfo
from forepost.kit.clock import SystemClock
from forepost.wire.probes.netinfo import NetinfoOptions
from forepost.wire.probes.sysinfo import SysinfoOptions
from tests.lab.net import pair

pytestmark = pytest.mark.anyio

HOST = {
    "architecture", "boot_time", "containerized", "name", "ip", "kernel_version", "mac", "os",
    "timezone", "timezone_offset_sec", "id",
}  # fmt: skip
OS = {
    "type", "family", "platform", "name", "version", "major", "minor", "patch", "build", "codename",
}  # fmt: skip
MEMORY = {
    "total_bytes", "used_bytes", "available_bytes", "free_bytes", "virtual_total_bytes",
    "virtual_used_bytes", "virtual_free_bytes", "raw",
}  # fmt: skip
CPU = {"user", "system", "idle", "iowait", "irq", "nice", "soft_irq", "steal"}
SYSINFO_OURS = {
    "interval_sec", "cpu", "processors", "load", "disks", "disk_io", "nics", "temperatures",
}  # fmt: skip
NETINFO = {
    "local_address", "default_gateway", "public_address", "interfaces", "routes", "geo",
    "internet_provider", "lat", "long", "source", "timestamp",
}  # fmt: skip
INTERFACE = {"name", "index", "type", "mac", "mtu", "flags", "ipv4", "ipv6", "is_default"}
ROUTE = {"destination", "gateway", "interface", "metric"}


def document(result: msgspec.Struct) -> Any:
    return msgspec.json.decode(msgspec.json.encode(result))


async def test_sysinfo() -> None:
    clock = SystemClock()
    with system_edges(clock) as edges:
        first = await sysinfo.run(SysinfoOptions(), "", clock, edges)
        end = clock.monotonic() + 0.25
        while clock.monotonic() < end:
            os.getpid()  # something to be busy with
        got = document(await sysinfo.run(SysinfoOptions(), "", clock, edges))
    assert (first.interval_sec, first.cpu) == (0, None)
    assert set(got) == {"hostInfo", "memoryInfo", "CPUTimes", "timestamp"} | SYSINFO_OURS
    assert set(got["hostInfo"]) == HOST
    assert set(got["hostInfo"]["os"]) == OS
    assert set(got["memoryInfo"]) == MEMORY
    assert set(got["CPUTimes"]) <= CPU
    assert 0.2 < got["interval_sec"] < 5
    assert set(got["cpu"]) == CPU
    assert sum(got["cpu"].values()) == pytest.approx(100)
    assert got["cpu"]["user"] + got["cpu"]["system"] > 1
    assert (got["processors"], len(got["load"])) == (os.cpu_count(), 3)


async def test_netinfo() -> None:
    async def whoami() -> OutsideView | None:
        return OutsideView(
            ip="203.0.113.7", geo={"isp": "Example", "latitude": 52.5, "longitude": 13.4}
        )

    clock = SystemClock()
    with pair() as (near, _):
        near.ip("route add default via 198.18.0.2")
        with near.inside(), system_edges(clock, whoami) as edges:
            got = document(await netinfo.run(NetinfoOptions(), "", clock, edges))
    assert set(got) == NETINFO
    loopback, cable = got["interfaces"]
    assert set(loopback) == INTERFACE - {"mac"}
    assert set(cable) == INTERFACE | {"gateway"}
    assert (cable["gateway"], cable["is_default"]) == ("198.18.0.2", True)
    assert all(set(route) == ROUTE for route in got["routes"])
    assert (got["local_address"], got["default_gateway"]) == ("198.18.0.1", "198.18.0.2")
    assert (got["lat"], got["long"], got["internet_provider"]) == ("52.5", "13.4", "Example")
