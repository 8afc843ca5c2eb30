"""Every probe that this agent can run: one file each, one line each."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from forepost.agent.edges import Edges
from forepost.agent.probes import netinfo, ping, sysinfo
from forepost.kit.clock import Clock
from forepost.wire.probes import ProbeResult

Run = Callable[[Any, str, Clock, Edges], Awaitable[ProbeResult]]

PROBES: Final[dict[str, Run]] = {
    "NETINFO": netinfo.run,
    "PING": ping.run,
    "SYSINFO": sysinfo.run,
}
