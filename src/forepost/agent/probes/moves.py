"""Has NETINFO measured at once when this host's addresses, links or routes change."""

import ipaddress
from collections.abc import Callable, Iterable
from typing import Final

from forepost.agent.ports.edges import Edges
from forepost.kit.clock import Clock
from forepost.wire.probes.netinfo import Interface, Route

SETTLE_SEC: Final = 0.3
"""One command makes several changes; they are one."""
GAP_SEC: Final = 5.0
"""From one extra result to the next at least; a link that flaps is told of no more often."""
MOST_TOLD: Final = 5

Facts = frozenset[str]
Now = Callable[[str, str], None]
"""Have this type of probe measured now, for this reason."""


async def watch(edges: Edges, clock: Clock, now: Now) -> None:
    """For ever. Raises OSError where this host does not let us hear of changes."""
    known = _facts(edges)
    while True:
        await edges.changes.wait()
        await clock.sleep(SETTLE_SEC)
        found = _facts(edges)
        if found != known:
            now("NETINFO", told(known, found))
            known = found
            await clock.sleep(GAP_SEC)


def facts(interfaces: Iterable[Interface], routes: Iterable[Route]) -> Facts:
    """What is worth a result: no link-local addresses, no interface without an address."""
    found: set[str] = set()
    for one in interfaces:
        addresses = [each for each in (*one.ipv4, *one.ipv6) if not _is_local(each)]
        found.update(f"address {address} on {one.name}" for address in addresses)
        if addresses and "running" in one.flags:
            found.add(f"link {one.name}")
    for route in routes:
        if not _is_local(route.destination):
            via = "" if _is_none(route.gateway) else f" via {route.gateway}"
            found.add(f"route {route.destination}{via} on {route.interface}")
    return frozenset(found)


def told(before: Facts, after: Facts) -> str:
    """In words, the first of them: "address 198.18.0.9/24 on eth0 is new"."""
    new = [f"{fact} is new" for fact in sorted(after - before)]
    gone = [f"{fact} is gone" for fact in sorted(before - after)]
    words = [*new, *gone]
    more = f" and {len(words) - MOST_TOLD} more" if len(words) > MOST_TOLD else ""
    return "; ".join(words[:MOST_TOLD]) + more


def _facts(edges: Edges) -> Facts:
    interfaces, routes, _ = edges.host.network()
    return facts(interfaces, routes)


def _is_local(text: str) -> bool:
    try:
        address = ipaddress.ip_interface(text).ip
    except ValueError:
        return True
    return address.is_link_local or address.is_multicast


def _is_none(gateway: str) -> bool:
    return gateway in ("", "0.0.0.0", "::")  # noqa: S104 - how the kernel prints that there is none
