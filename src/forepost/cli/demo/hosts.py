"""Hosts of the demo: SYSINFO, NETINFO and the router's SNMP."""

import math
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from forepost.cli.demo.sites import DemoSite

GIB: Final = 1 << 30
DAY_SEC: Final = 86_400


def daily(at: float) -> float:
    """How busy people are at a moment, 0 to 1: least at 4 in the morning, UTC."""
    return 0.5 - 0.5 * math.cos(2 * math.pi * ((at % DAY_SEC) / DAY_SEC - 4 / 24))


def sysinfo(site: DemoSite, began: datetime, at: float, chance: Random) -> dict[str, Any]:
    busy = 4 + 30 * daily(at) + chance.gauss(0, 2)
    user, system = max(0.5, 0.7 * busy), max(0.3, 0.3 * busy)
    total, share = 8 * GIB, 0.38 + 0.1 * daily(at)
    disk = 0.9 if site.number == 6 else 0.34 + site.number / 50
    speed = 2e5 + 4e6 * daily(at) * chance.uniform(0.7, 1.3)
    return {
        "hostInfo": {
            "architecture": "x86_64",
            "boot_time": datetime.fromtimestamp(at, UTC) - timedelta(days=23),
            "name": f"{site.name.lower()}-edge",
            "ip": [f"{site.address}/24"],
            "kernel_version": "6.12.48",
            "mac": [f"02:00:5e:00:{site.number:02x}:0a"],
            "os": {"type": "linux", "family": "debian", "name": "Debian", "version": "13"},
            "timezone": "UTC",
            "timezone_offset_sec": 0,
        },
        "memoryInfo": {
            "total_bytes": total,
            "used_bytes": int(share * total),
            "available_bytes": int((1 - share) * total),
            "free_bytes": int(0.4 * (1 - share) * total),
            "virtual_total_bytes": 2 * GIB,
            "virtual_used_bytes": GIB // 8,
            "virtual_free_bytes": 2 * GIB - GIB // 8,
        },
        "CPUTimes": {"user": int(at * 2e8), "system": int(at * 1e8), "idle": int(at * 7e8)},
        "timestamp": began,
        "interval_sec": 120.0,
        "cpu": {
            "user": user,
            "system": system,
            "idle": 100 - user - system,
            **dict.fromkeys(("iowait", "irq", "nice", "soft_irq", "steal"), 0.0),
        },
        "processors": 4,
        "load": [busy / 25, busy / 28, busy / 30],
        "disks": [
            {
                "mount": "/",
                "device": "/dev/sda2",
                "fstype": "ext4",
                "total_bytes": 64 * GIB,
                "used_bytes": int(disk * 64 * GIB),
                "free_bytes": int((1 - disk) * 64 * GIB),
                "used_pct": 100 * disk,
                "inodes_used_pct": 12.0,
            }
        ],
        "nics": [
            {
                "name": "eth0",
                "rx_bytes_per_sec": speed,
                "tx_bytes_per_sec": 0.3 * speed,
                "rx_errors": 0,
                "tx_errors": 0,
                "rx_drops": 0,
                "tx_drops": 0,
            }
        ],
        "temperatures": [{"sensor": "coretemp", "label": "Package", "celsius": 41 + busy / 3}],
    }


def netinfo(site: DemoSite, began: datetime) -> dict[str, Any]:
    return {
        "local_address": site.address,
        "default_gateway": site.gateway,
        "public_address": site.public_address,
        "interfaces": [
            {
                "name": "eth0",
                "index": 2,
                "type": "ethernet",
                "mac": f"02:00:5e:00:{site.number:02x}:0a",
                "mtu": 1500,
                "flags": ["up", "broadcast"],
                "ipv4": [f"{site.address}/24"],
                "gateway": site.gateway,
                "is_default": True,
            }
        ],
        "routes": [
            {
                "destination": "0.0.0.0/0",
                "gateway": site.gateway,
                "interface": "eth0",
                "metric": 100,
            }
        ],
        "geo": {"city": site.location, "asn": site.asn, "isp": site.provider},
        "internet_provider": site.provider,
        "lat": f"{site.latitude}",
        "long": f"{site.longitude}",
        "source": "host",
        "timestamp": began,
    }


def snmp(
    router: str, began: datetime, ended: datetime, at: float, chance: Random
) -> dict[str, Any]:
    values = (
        ("1.3.6.1.2.1.1.1.0", "ExampleOS 9.2 router", "OctetString", "sysDescr.0"),
        ("1.3.6.1.2.1.1.3.0", int(at % 1e7) * 100, "TimeTicks", "sysUpTime.0"),
        ("1.3.6.1.2.1.1.5.0", "ams-core-1", "OctetString", "sysName.0"),
    )
    return {
        "start_timestamp": began,
        "stop_timestamp": ended,
        "query_time_ms": chance.uniform(1.5, 4),
        "version": "2c",
        "target": f"{router}:161",
        "profile": "system",
        "results": [{"oid": o, "value": v, "type": t, "name": n} for o, v, t, n in values],
        "remote_addr": f"{router}:161",
        "requests": 1,
    }
