"""What probes ask of the network and the host, in one Struct: `Edges`, and its smaller ports."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

import msgspec

from forepost.agent.cores.counter_rates import CounterMemory

if TYPE_CHECKING:  # the meter is a process of its own and needs none of them: 12 MiB
    from forepost.agent.ports.dialer import Dialer
    from forepost.agent.ports.host import Host
    from forepost.agent.ports.net import Net
    from forepost.agent.ports.trace import Reverse, Trace
    from forepost.agent.ports.udp import Udp


class OutsideView(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody outside says of this host: its address, and where that is."""

    ip: str
    geo: dict[str, str | int | float] = {}


Whoami = Callable[[], Awaitable[OutsideView | None]]
"""Asks the controller; None where it cannot be asked."""


class Changes(Protocol):
    """Of addresses, links and routes of this host."""

    async def wait(self) -> None:
        """Return when something happened since the call before. Raises OSError."""
        ...


Search = Callable[[str, bytes, float], Awaitable[bool]]
"""Whether a regular expression is found in a text (UTF-8), in so many seconds at most. Raises
`dialer.Failed`."""


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """An autonomous system; number 0: in none that is known."""

    asn: int = 0
    organization: str = ""


class Networks(Protocol):
    """Knows in which autonomous system an address is."""

    async def of(self, addresses: list[str], *, within_sec: float) -> dict[str, Network]:
        """Whose networks these are, as far as it is known by then. Never raises."""
        ...


class NoNetworks:
    """There is nobody to ask."""

    async def of(self, addresses: list[str], *, within_sec: float) -> dict[str, Network]:
        return {}


class Edges(msgspec.Struct, frozen=True, kw_only=True):
    """All that a probe may reach. `edges/system.py` opens the real ones."""

    net: "Net"
    trace: "Trace"
    reverse: "Reverse"
    host: "Host"
    changes: Changes
    whoami: Whoami
    networks: Networks = NoNetworks()
    dialer: "Dialer"
    udp: "Udp"
    search: Search
    counters: CounterMemory = msgspec.field(default_factory=CounterMemory)
