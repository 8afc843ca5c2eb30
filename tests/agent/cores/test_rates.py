"""Rates and shares out of counters since boot."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.cores.rates import Counters, between
from forepost.agent.edges.host.facts import LinuxHost
from forepost.wire.probes.sysinfo import CpuTimes, DiskIo, NicTraffic

NIC = (1_000, 2_000, 10, 20, 1, 2, 3, 4)
DISK = (4_096, 8_192, 2, 4, 500)


def counters(at: float, cpu: CpuTimes, nic: tuple[int, ...] = NIC) -> Counters:
    return Counters(at=at, cpu=cpu, nics={"eth0": nic}, disks={"vda": DISK})


def test_rates_are_over_the_interval() -> None:
    before = counters(100, CpuTimes(user=50, idle=100))
    after = counters(
        110,
        CpuTimes(user=75, idle=160, iowait=15),
        (11_000, 2_000, 110, 20, 1, 5, 3, 4),
    )
    found = between(before, after)
    assert found.interval_sec == 10
    assert found.cpu is not None
    assert (found.cpu.user, found.cpu.idle, found.cpu.iowait) == (25, 60, 15)
    assert found.nics == [
        NicTraffic(
            name="eth0",
            rx_bytes_per_sec=1_000,
            tx_bytes_per_sec=0,
            rx_packets_per_sec=10,
            tx_packets_per_sec=0,
            rx_errors=0,
            tx_errors=3,
            rx_drops=0,
            tx_drops=0,
        )
    ]
    assert found.disk_io == [
        DiskIo(
            name="vda",
            read_bytes_per_sec=0,
            written_bytes_per_sec=0,
            reads_per_sec=0,
            writes_per_sec=0,
            busy_pct=0,
        )
    ]


def test_what_is_new_or_began_anew_has_no_rate() -> None:
    before = counters(100, CpuTimes(user=50))
    anew = counters(160, CpuTimes(user=40), (5, 5, 5, 5, 0, 0, 0, 0))
    found = between(before, anew)
    assert (found.nics, found.cpu) == ([NicTraffic(name="eth0")], None)
    nothing = Counters(at=0, cpu=CpuTimes(), nics={}, disks={})
    assert between(nothing, before).disk_io == [DiskIo(name="vda")]
    assert between(before, before).nics == [NicTraffic(name="eth0")]


@given(st.lists(st.integers(0, 2**64), min_size=32, max_size=32), st.floats(0, 1e9))
def test_shares_are_a_hundred_percent_and_nothing_is_negative(n: list[int], sec: float) -> None:
    names = CpuTimes.__struct_fields__
    before = counters(0, CpuTimes(**dict(zip(names, n[:8], strict=True))), tuple(n[8:16]))
    after = counters(sec, CpuTimes(**dict(zip(names, n[16:24], strict=True))), tuple(n[24:]))
    found = between(before, after)
    if found.cpu is not None:
        assert sum(
            getattr(found.cpu, name) for name in found.cpu.__struct_fields__
        ) == pytest.approx(100)
    assert (found.nics[0].rx_bytes_per_sec or 0) >= 0


@pytest.mark.anyio
async def test_of_this_very_host() -> None:
    host = LinuxHost()
    first = host.busy(100)
    assert (first.interval_sec, first.cpu) == (0, None)
    assert host.busy(101).interval_sec == 1
    found = await host.disks()
    root = next((one for one in found if one.mount == "/"), None)
    if root is not None:
        assert root.total_bytes > 0
        assert 0 <= root.used_pct <= 100
    assert host.processors() > 0
    assert len(host.load()) == 3
    assert host.moved() >= 0
    for one in host.temperatures():
        assert one.sensor
    assert "lo" not in host.counters(0).nics
    blocks = os.listdir("/sys/block") if os.path.isdir("/sys/block") else []  # noqa: ASYNC240, PTH112, PTH208
    assert set(host.counters(0).disks) <= set(blocks)
