"""Every probe that this agent can run: one file each, one line each."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from forepost.agent.edges import Edges
from forepost.agent.probes import (
    dns,
    http,
    mtr,
    netinfo,
    ping,
    snmp,
    sysinfo,
    tcp,
    tls,
    trafficsim,
)
from forepost.kit.clock import Clock
from forepost.wire.probes import ProbeResult

Run = Callable[[Any, str, Clock, Edges], Awaitable[ProbeResult]]

PROBES: Final[dict[str, Run]] = {
    "DNS": dns.run,
    "HTTP": http.run,
    "MTR": mtr.run,
    "NETINFO": netinfo.run,
    "PING": ping.run,
    "SNMP": snmp.run,
    "SYSINFO": sysinfo.run,
    "TCP": tcp.run,
    "TLS": tls.run,
    "TRAFFICSIM": trafficsim.run,
}
