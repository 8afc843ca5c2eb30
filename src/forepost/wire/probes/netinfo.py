"""NETINFO: addresses, interfaces and routes of the agent's host."""

from datetime import datetime
from typing import Any, Final, Literal

from forepost.wire.base import Wire
from forepost.wire.probes.cost import of_the_host
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.options import Options


class NetinfoOptions(Options, frozen=True, kw_only=True): ...


class Interface(Wire, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    index: int
    type: Literal["loopback", "ethernet", "wireless", "vpn", "bridge", "unknown"]
    mac: str = ""
    mtu: int
    flags: list[str]
    ipv4: list[str] = []
    """Addresses with prefix length."""
    ipv6: list[str] = []
    gateway: str = ""
    is_default: bool


class Route(Wire, frozen=True, kw_only=True):
    destination: str
    """With prefix length."""
    gateway: str
    interface: str
    metric: int


class NetinfoResult(Wire, frozen=True, kw_only=True, omit_defaults=True):
    local_address: str = ""
    default_gateway: str = ""
    public_address: str = ""
    interfaces: list[Interface]
    routes: list[Route]
    geo: dict[str, Any]
    """`city`, `region`, `country`, `country_code`, `latitude`, `longitude`, `asn`, `asn_org`,
    `isp`, `reverse_dns`: what the controller knows of them."""
    internet_provider: str = ""
    lat: str = ""
    long: str = ""
    source: str
    timestamp: datetime


KIND: Final = Kind(
    name="NETINFO",
    options=NetinfoOptions,
    result=NetinfoResult,
    cost=of_the_host,
    most_open=4,
    interval_sec=600,
    is_targetless=True,
)
