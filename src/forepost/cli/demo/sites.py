"""The sites of the demo, what each measures, and where its packets go."""

from typing import Any, Final

import msgspec

PORTAL: Final = "portal.acme.example"
DATABASE: Final = "198.18.1.20:5432"
RESOLVER: Final = "198.18.1.53"
ROUTER: Final = "198.18.1.1"


class DemoSite(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    number: int
    """Third byte of its addresses."""
    location: str
    latitude: float
    longitude: float
    customer: str
    kind: str
    asn: int
    provider: str
    rtt_ms: float
    """To the datacentre, on a quiet day."""
    version: str = "0.1.0"

    @property
    def address(self) -> str:
        return f"198.18.{self.number}.10"

    @property
    def gateway(self) -> str:
        return f"198.18.{self.number}.1"

    @property
    def public_address(self) -> str:
        return f"198.19.{self.number}.7"

    @property
    def is_datacentre(self) -> bool:
        return self.number == 1


def _site(number: int, name: str, location: str, at: tuple[float, float], **more: Any) -> DemoSite:
    latitude, longitude = at
    return DemoSite(
        number=number,
        name=name,
        location=location,
        latitude=latitude,
        longitude=longitude,
        **more,
    )


SITES: Final = (
    _site(
        1,
        "Amsterdam",
        "Amsterdam, NL",
        (52.37, 4.9),
        customer="Acme",
        kind="datacentre",
        asn=64_500,
        provider="Northline Transit",
        rtt_ms=0.4,
    ),
    _site(
        2,
        "Lisbon",
        "Lisbon, PT",
        (38.72, -9.14),
        customer="Acme",
        kind="office",
        asn=64_511,
        provider="Tejo Net",
        rtt_ms=38.0,
    ),
    _site(
        3,
        "Porto",
        "Porto, PT",
        (41.15, -8.61),
        customer="Nordwind",
        kind="shop",
        asn=64_511,
        provider="Tejo Net",
        rtt_ms=34.0,
    ),
    _site(
        4,
        "Vienna",
        "Vienna, AT",
        (48.21, 16.37),
        customer="Nordwind",
        kind="office",
        asn=64_520,
        provider="Donau Kabel",
        rtt_ms=21.0,
    ),
    _site(
        5,
        "Oslo",
        "Oslo, NO",
        (59.91, 10.75),
        customer="Acme",
        kind="office",
        asn=64_530,
        provider="Fjord Fiber",
        rtt_ms=19.0,
    ),
    _site(
        6,
        "Leeds",
        "Leeds, GB",
        (53.8, -1.55),
        customer="Nordwind",
        kind="shop",
        asn=64_540,
        provider="Pennine Broadband",
        rtt_ms=14.0,
    ),
    _site(
        7,
        "Turin",
        "Turin, IT",
        (45.07, 7.69),
        customer="Acme",
        kind="shop",
        asn=64_550,
        provider="Rete Alpina",
        rtt_ms=25.0,
    ),
    _site(
        8,
        "Gdansk",
        "Gdansk, PL",
        (54.35, 18.65),
        customer="Nordwind",
        kind="shop",
        asn=64_560,
        provider="Baltic Link",
        rtt_ms=28.0,
        version="0.0.9",
    ),
)
DATACENTRE: Final = SITES[0]


def probes_of(site: DemoSite) -> list[dict[str, Any]]:
    """As REST takes them."""
    others = [one.address for one in SITES if one is not site]
    far = others if site.is_datacentre else [DATACENTRE.address]
    ping = {"type": "PING", "interval_sec": 60, "count": 5, "timeout_sec": 2}
    found: list[dict[str, Any]] = [
        {**ping, "targets": [site.gateway], "labels": {"what": "gateway"}},
        {**ping, "targets": far},
        {"type": "HTTP", "interval_sec": 120, "targets": [f"https://{PORTAL}/"]},
        {"type": "TLS", "interval_sec": 900, "targets": [f"{PORTAL}:443"]},
        {
            "type": "DNS",
            "interval_sec": 120,
            "targets": [PORTAL],
            "metadata": {"dns_server": RESOLVER},
        },
        {"type": "TCP", "interval_sec": 120, "targets": [DATABASE]},
        {"type": "SYSINFO", "interval_sec": 120},
        {"type": "NETINFO", "interval_sec": 600},
    ]
    if not site.is_datacentre:
        found.append(
            {"type": "MTR", "interval_sec": 300, "count": 10, "targets": [DATACENTRE.address]}
        )
        if site.kind == "office":
            found.append(
                {
                    "type": "TRAFFICSIM",
                    "interval_sec": 120,
                    "targets": [f"{DATACENTRE.address}:5000"],
                }
            )
    else:
        found.append({"type": "SNMP", "interval_sec": 300, "targets": [ROUTER]})
    return found
