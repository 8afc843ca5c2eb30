"""The network interfaces of this host: psutil and /sys/class/net."""

import ipaddress
import socket
from pathlib import Path
from typing import Final, Literal

import psutil

from forepost.agent.cores.routes import ANY, DefaultRoute
from forepost.wire.probes.netinfo import Interface, Route

Kind = Literal["loopback", "ethernet", "wireless", "vpn", "bridge", "unknown"]

SYS: Final = Path("/sys/class/net")
ARPHRD_ETHER, ARPHRD_LOOPBACK, ARPHRD_NONE = 1, 772, 0xFFFE
_VPN_TYPES: Final = frozenset({ARPHRD_NONE, 512, 768, 769, 776, 778})
"""No link layer (WireGuard, tun), PPP, and the tunnels of include/uapi/linux/if_arp.h."""
_FLAGS: Final = {
    "up": "up",
    "broadcast": "broadcast",
    "loopback": "loopback",
    "pointopoint": "pointtopoint",
    "multicast": "multicast",
    "running": "running",
}
"""psutil's words (Linux's) and those of NetWatcher (Go's net.Flags)."""


def read(routes: list[Route], default: DefaultRoute) -> list[Interface]:
    stats = psutil.net_if_stats()
    found: list[Interface] = []
    for name, addresses in psutil.net_if_addrs().items():
        try:
            index = socket.if_nametoindex(name)
        except OSError:
            continue  # it went away between the two readings
        gateways = [r.gateway for r in routes if r.interface == name and r.destination in ANY]
        flags = stats[name].flags.split(",") if name in stats else []
        mac = next((a.address for a in addresses if a.family == psutil.AF_LINK), "")
        found.append(
            Interface(
                name=name,
                index=index,
                type=kind(SYS / name),
                mac="" if set(mac) <= {"0", ":"} else mac,
                mtu=stats[name].mtu if name in stats else 0,
                flags=[word for flag, word in _FLAGS.items() if flag in flags],
                ipv4=[_cidr(a) for a in addresses if a.family == socket.AF_INET],
                ipv6=[_cidr(a) for a in addresses if a.family == socket.AF_INET6],
                gateway=gateways[0] if gateways else "",
                is_default=name == default.interface,
            )
        )
    return sorted(found, key=lambda interface: interface.index)


def addresses_and_macs() -> tuple[list[str], list[str]]:
    """All addresses with prefix length, and all hardware addresses but loopback's."""
    addresses: list[str] = []
    macs: list[str] = []
    for found in psutil.net_if_addrs().values():
        addresses += [_cidr(a) for a in found if a.family in (socket.AF_INET, socket.AF_INET6)]
        macs += [
            a.address
            for a in found
            if a.family == psutil.AF_LINK and not set(a.address) <= {"0", ":"}
        ]
    return addresses, macs


def kind(folder: Path) -> Kind:
    """Tell from `/sys/class/net/NAME` what an interface is."""
    try:
        number = int((folder / "type").read_text())
    except (OSError, ValueError):
        return "unknown"
    if number == ARPHRD_LOOPBACK:
        return "loopback"
    if (folder / "tun_flags").exists() or number in _VPN_TYPES:
        return "vpn"
    if (folder / "bridge").is_dir():
        return "bridge"
    if (folder / "wireless").is_dir() or (folder / "phy80211").exists():
        return "wireless"
    return "ethernet" if number == ARPHRD_ETHER else "unknown"


def _cidr(address: "psutil._ntuples.snicaddr") -> str:
    bare = address.address.split("%", 1)[0]
    mask = address.netmask
    if not mask:
        return f"{bare}/{ipaddress.ip_address(bare).max_prefixlen}"
    return f"{bare}/{int(ipaddress.ip_address(mask.split('/')[0])).bit_count()}"
