"""Whose network an address is in, asked of the controller beside the measuring, and kept."""

import ipaddress
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import anyio
import msgspec

from forepost.agent.node import Node
from forepost.agent.ports.edges import Network
from forepost.kit.clock import Clock
from forepost.kit.http import Unreachable

MOST_KEPT: Final = 4_096
KEEP_SEC: Final = 86_400.0
KEEP_NOTHING_SEC: Final = 3_600.0
"""A controller that has no databases may get some."""
PAUSE_SEC: Final = 600.0
"""After no answer."""
AT_ONCE: Final = 4

Ask = Callable[[str], Awaitable[Network | None]]
"""None: nobody can tell now. A Network without a number: the address is in none."""


class KnownNetworks:
    """A Networks: asks the controller, a few at a time, and remembers what it said."""

    def __init__(self, clock: Clock, ask: Ask) -> None:
        self._clock, self._ask = clock, ask
        self._kept: OrderedDict[str, tuple[Network, float]] = OrderedDict()
        self._again_sec = 0.0
        self._limit = anyio.CapacityLimiter(AT_ONCE)

    async def of(self, addresses: list[str], *, within_sec: float) -> dict[str, Network]:
        """What is known by then; an address in no network is not in it. Never raises."""
        with anyio.move_on_after(within_sec):
            async with anyio.create_task_group() as tasks:
                for address in addresses:
                    if self._wanted(address):
                        tasks.start_soon(self._look_up, address)
        found = {address: self._kept[address][0] for address in addresses if address in self._kept}
        return {address: network for address, network in found.items() if network.asn}

    def _wanted(self, address: str) -> bool:
        if not ipaddress.ip_address(address).is_global:
            return False
        kept = self._kept.get(address)
        return kept is None or kept[1] <= self._clock.monotonic()

    async def _look_up(self, address: str) -> None:
        async with self._limit:
            if self._clock.monotonic() < self._again_sec:
                return
            network = await self._ask(address)
        if network is None:
            self._again_sec = self._clock.monotonic() + PAUSE_SEC
            return
        keep_sec = KEEP_SEC if network.asn else KEEP_NOTHING_SEC
        self._kept[address] = network, self._clock.monotonic() + keep_sec
        self._kept.move_to_end(address)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)


class _Asn(msgspec.Struct):
    number: int | None = 0
    organization: str | None = ""


class _GeoIp(msgspec.Struct):
    asn: _Asn | None = None


class _Answer(msgspec.Struct):
    geoip: _GeoIp | None = None


async def ask_controller(node: Node, address: str) -> Network | None:
    """`GET /agent/api/lookup/ip/{ip}`; None where there is no answer."""
    identity = node.identity()
    if identity is None:
        return None
    try:
        answer = await node.way.request(
            "GET",
            f"{identity.url}/agent/api/lookup/ip/{address}",
            headers=identity.headers,
            pin_sha256=identity.pin_sha256,
        )
        said = msgspec.convert(answer.json(), _Answer)
    except (Unreachable, msgspec.ValidationError):
        return None
    if answer.status != 200:
        return None
    network = (said.geoip or _GeoIp()).asn or _Asn()
    return Network(asn=network.number or 0, organization=network.organization or "")


def networks_of(node: Node, clock: Clock) -> KnownNetworks:
    return KnownNetworks(clock, partial(ask_controller, node))
