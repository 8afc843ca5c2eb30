"""Asks the controller how it sees this agent: the answer of `GET /agent/api/whoami`."""

from typing import Any, Final

import anyio
import msgspec

from forepost.agent.node import Identity, Node
from forepost.agent.ports.edges import OutsideView
from forepost.agent.way import Way
from forepost.kit.http import Unreachable

MORE_SEC: Final = 4.0
"""For what is known of the address; it is left out then."""


class _Named(msgspec.Struct):
    name: str | None = ""
    subdivision: str | None = ""
    code: str | None = ""


class _Network(msgspec.Struct):
    number: int | None = 0
    organization: str | None = ""


class _Where(msgspec.Struct):
    latitude: float = 0.0
    longitude: float = 0.0


class _GeoIp(msgspec.Struct):
    city: _Named | None = None
    country: _Named | None = None
    asn: _Network | None = None
    coordinates: _Where | None = None


class _Answer(msgspec.Struct):
    geoip: _GeoIp | None = None
    reverse_dns: str | None = ""


async def whoami(node: Node) -> OutsideView | None:
    """None while it cannot be asked. Where the address is, is asked apart: it may take long."""
    identity = node.identity()
    if identity is None:
        return None
    quick = await _asked(node.way, identity, "true")
    if not isinstance(quick, dict) or not quick.get("ip"):
        return None
    more: Any = None
    with anyio.move_on_after(MORE_SEC):
        more = await _asked(node.way, identity, "false")
    return OutsideView(ip=str(quick["ip"]), geo=geo(more))


async def _asked(way: Way, identity: Identity, quick: str) -> Any:
    url = f"{identity.url}/agent/api/whoami?quick={quick}"
    try:
        answer = await way.request(
            "GET", url, headers=identity.headers, pin_sha256=identity.pin_sha256
        )
    except Unreachable:
        return None
    return answer.json() if answer.status == 200 else None


def geo(document: Any) -> dict[str, str | int | float]:
    """NETINFO's `geo` out of the answer: what is known of it."""
    try:
        said = msgspec.convert(document, _Answer)
    except msgspec.ValidationError:
        return {}
    at = said.geoip or _GeoIp()
    city, country = at.city or _Named(), at.country or _Named()
    network = at.asn or _Network()
    found = {
        "city": city.name,
        "region": city.subdivision,
        "country": country.name,
        "country_code": country.code,
        "asn": network.number,
        "asn_org": network.organization,
        "isp": network.organization,
        "reverse_dns": said.reverse_dns,
    }
    where = msgspec.structs.asdict(at.coordinates) if at.coordinates else {}
    return {**{key: value for key, value in found.items() if value}, **where}
