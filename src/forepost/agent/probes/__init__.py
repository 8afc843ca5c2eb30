"""Every probe that this agent can run: one file each, one line each."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from forepost.agent.ports.edges import Edges
from forepost.agent.probes import mtr, netinfo, ping, sysinfo, tcp, tls, udp
from forepost.agent.probes.dns import probe as dns_probe
from forepost.agent.probes.http import probe as http_probe
from forepost.agent.probes.services import mqtt, ntp, redis, smtp, ssh, websocket
from forepost.agent.probes.snmp import probe as snmp_probe
from forepost.agent.probes.trafficsim import probe as trafficsim_probe
from forepost.kit.clock import Clock
from forepost.wire.base import Wire

Run = Callable[[Any, str, Clock, Edges], Awaitable[Wire]]

PROBES: Final[dict[str, Run]] = {
    "DNS": dns_probe.run,
    "HTTP": http_probe.run,
    "MQTT": mqtt.run,
    "MTR": mtr.run,
    "NETINFO": netinfo.run,
    "NTP": ntp.run,
    "PING": ping.run,
    "REDIS": redis.run,
    "SMTP": smtp.run,
    "SNMP": snmp_probe.run,
    "SSH": ssh.run,
    "SYSINFO": sysinfo.run,
    "TCP": tcp.run,
    "TLS": tls.run,
    "TRAFFICSIM": trafficsim_probe.run,
    "UDP": udp.run,
    "WEBSOCKET": websocket.run,
}
