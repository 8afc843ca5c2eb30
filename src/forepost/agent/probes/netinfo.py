"""How the agent's own host is connected."""

import anyio

from forepost.agent.cores.routes import DefaultRoute
from forepost.agent.ports.edges import Edges, OutsideView
from forepost.kit.clock import Clock
from forepost.wire.probes.netinfo import Interface, NetinfoOptions, NetinfoResult


async def run(options: NetinfoOptions, target: str, clock: Clock, edges: Edges) -> NetinfoResult:
    interfaces, routes, default = edges.host.network()
    seen: OutsideView | None = None
    with anyio.move_on_after(options.timeout_sec):
        seen = await edges.whoami()
    geo = seen.geo if seen else {}
    return NetinfoResult(
        local_address=local_address(interfaces, default),
        default_gateway=default.gateway,
        public_address=seen.ip if seen else "",
        interfaces=interfaces,
        routes=routes,
        geo=geo,
        internet_provider=str(geo.get("isp", "")),
        lat=str(geo.get("latitude", "")),
        long=str(geo.get("longitude", "")),
        source="controller" if seen else "local",
        timestamp=clock.now(),
    )


def local_address(interfaces: list[Interface], default: DefaultRoute) -> str:
    """The first address of the interface that the default route leaves by, without its prefix."""
    for interface in interfaces:
        if interface.name == default.interface:
            same = interface.ipv6 if ":" in default.gateway else interface.ipv4
            for address in same or interface.ipv4 or interface.ipv6:
                return address.split("/", 1)[0]
    return ""
