from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.cores.routes import DefaultRoute, default_route, read_routes
from forepost.agent.edges.host.facts import LinuxHost, cpu_times, memory_info, os_info
from forepost.agent.edges.host.interfaces import kind
from forepost.wire.probes.netinfo import Route
from forepost.wire.probes.sysinfo import CpuTimes
from tests.lab.net import pair

MEMINFO = """MemTotal:       1000 kB
MemFree:         100 kB
MemAvailable:    600 kB
SwapTotal:        50 kB
SwapFree:         20 kB
HugePages_Total:   3
"""

ROUTES = """Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010212C6	0003	0	0	100	00000000	0	0	0
eth0	000212C6	00000000	0001	0	0	0	00FFFFFF	0	0	0
*	000312C6	00000000	0201	0	0	0	00FFFFFF	0	0	0
"""

NONE = "0" * 32
ROUTES_V6 = (
    f"20010db8{'0' * 24} 40 {'0' * 32} 00 {'0' * 32} 00000100 00000001 00000000 00000001     eth0\n"
    f"{NONE} 00 {NONE} 00 20010db8{'0' * 23}1 00000400 00000002 00000000 00000003     eth0\n"
    f"{'0' * 31}1 80 {'0' * 32} 00 {'0' * 32} 00000000 00000002 00000000 80200001       lo\n"
    f"ff{'0' * 30} 08 {'0' * 32} 00 {'0' * 32} 00000100 00000004 00000000 00000001     eth0\n"
)


def test_memory_is_in_bytes_and_virtual_is_swap() -> None:
    got = memory_info(MEMINFO)
    assert (got.total_bytes, got.free_bytes, got.used_bytes) == (1_024_000, 102_400, 921_600)
    assert got.available_bytes == 614_400
    assert (got.virtual_total_bytes, got.virtual_used_bytes) == (51_200, 30_720)
    assert got.raw["HugePages_Total"] == 3
    assert got.raw["MemTotal"] == 1_024_000


def test_cpu_times_are_ns_since_boot() -> None:
    assert cpu_times("cpu  1 2 3 4 5 6 7 8 9 9\ncpu0 1\n", 100) == CpuTimes(
        user=10_000_000,
        nice=20_000_000,
        system=30_000_000,
        idle=40_000_000,
        iowait=50_000_000,
        irq=60_000_000,
        soft_irq=70_000_000,
        steal=80_000_000,
    )


def test_the_distribution_is_named() -> None:
    got = os_info({"ID": "ubuntu", "ID_LIKE": "debian", "VERSION_ID": "24.04", "NAME": "Ubuntu"})
    assert (got.family, got.platform, got.major, got.minor, got.patch) == (
        "debian",
        "ubuntu",
        24,
        4,
        0,
    )


def test_both_routing_tables_are_read() -> None:
    routes = read_routes(ROUTES, ROUTES_V6)
    assert routes == [
        Route(destination="0.0.0.0/0", gateway="198.18.2.1", interface="eth0", metric=100),
        Route(destination="198.18.2.0/24", gateway="0.0.0.0", interface="eth0", metric=0),
        Route(destination="2001:db8::/64", gateway="::", interface="eth0", metric=256),
        Route(destination="::/0", gateway="2001:db8::1", interface="eth0", metric=1024),
    ]
    assert default_route(routes) == DefaultRoute("198.18.2.1", "eth0")
    assert default_route(routes[2:]) == DefaultRoute("2001:db8::1", "eth0")
    assert default_route(routes[1:3]) == DefaultRoute()


@given(st.text(max_size=300), st.text(max_size=300))
def test_arbitrary_text_never_raises(one: str, two: str) -> None:
    memory_info(one)
    cpu_times(one, 100)
    read_routes(f"heading\n{one}", two)


@pytest.mark.parametrize(
    ("number", "inside", "expected"),
    [
        ("772", "", "loopback"),
        ("1", "", "ethernet"),
        ("1", "wireless", "wireless"),
        ("1", "bridge", "bridge"),
        ("65534", "", "vpn"),
        ("1", "tun_flags", "vpn"),
        ("280", "", "unknown"),
        ("", "", "unknown"),
    ],
)
def test_the_kind_of_an_interface(tmp_path: Path, number: str, inside: str, expected: str) -> None:
    (tmp_path / "type").write_text(number)
    if inside:
        (tmp_path / inside).mkdir()
    assert kind(tmp_path) == expected


def test_this_host_knows_itself() -> None:
    host = LinuxHost()
    info = host.info()
    assert info.name
    assert info.kernel_version
    assert "127.0.0.1/8" in info.ip
    assert 0 < host.memory().free_bytes < host.memory().total_bytes
    assert host.cpu_times().idle > 0


def test_the_network_of_a_namespace_is_read() -> None:
    with pair() as (near, _):
        near.ip("route add default via 198.18.0.2")
        with near.inside():
            interfaces, routes, default = LinuxHost().network()
    loopback, cable = interfaces
    assert (loopback.type, loopback.ipv4) == ("loopback", ["127.0.0.1/8"])
    # Not the type: /sys shows the network that it was mounted in.
    assert (cable.name, cable.gateway) == ("cable", "198.18.0.2")
    assert cable.is_default
    assert cable.ipv4 == ["198.18.0.1/24"]
    assert "2001:db8::1/64" in cable.ipv6
    assert {"up", "broadcast", "multicast"} <= set(cable.flags)
    assert default == DefaultRoute("198.18.0.2", "cable")
    assert routes[0].destination == "0.0.0.0/0"


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("run/.containerenv", "", True),
        ("proc/1/cgroup", "0::/docker/abc\n", True),
        ("proc/1/cgroup", "0::/init.scope\n", False),
    ],
)
def test_a_container_is_one_only_where_it_shows(
    tmp_path: Path, file: str, text: str, *, expected: bool
) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(text)
    assert LinuxHost(tmp_path).info().containerized is expected


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("nameserver 192.0.2.53\nnameserver 192.0.2.54\n", "192.0.2.53"),
        ("# nameserver 192.0.2.1\n; x\nsearch example\n  nameserver   ::1 # ours\n", "::1"),
        ("nameserver\noptions edns0\n", ""),
        (None, ""),
    ],
)
def test_the_first_nameserver_is_the_resolver(
    tmp_path: Path, text: str | None, address: str
) -> None:
    if text is not None:
        (tmp_path / "etc").mkdir()
        (tmp_path / "etc/resolv.conf").write_text(text)
    assert LinuxHost(tmp_path).nameserver() == address
