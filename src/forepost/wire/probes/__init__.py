"""Probes: what is wanted, and the payload of each type; one file for each type, one line here."""

from typing import Final, Literal

from forepost.wire.probes import (
    dns,
    http,
    mqtt,
    mtr,
    netinfo,
    ntp,
    ping,
    redis,
    smtp,
    snmp,
    ssh,
    sysinfo,
    tcp,
    tls,
    trafficsim,
    udp,
    websocket,
)
from forepost.wire.probes.kind import USUAL_INTERVAL_SEC, Kind

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        dns.KIND,
        http.KIND,
        mqtt.KIND,
        mtr.KIND,
        netinfo.KIND,
        ntp.KIND,
        ping.KIND,
        redis.KIND,
        smtp.KIND,
        snmp.KIND,
        ssh.KIND,
        sysinfo.KIND,
        tcp.KIND,
        tls.KIND,
        trafficsim.KIND,
        udp.KIND,
        websocket.KIND,
    )
}
"""The types this version measures; any other type is reported as unsupported."""

ProbeType = Literal[
    "AGENT",
    "DNS",
    "HTTP",
    "MQTT",
    "MTR",
    "NETINFO",
    "NTP",
    "PING",
    "REDIS",
    "RPERF",
    "SMTP",
    "SNMP",
    "SPEEDTEST",
    "SPEEDTEST_SERVERS",
    "SSH",
    "SYSINFO",
    "TCP",
    "TLS",
    "TRAFFICSIM",
    "UDP",
    "WEB",
    "WEBSOCKET",
]
"""What a probe object may say: these, what stands for them, and types of NetWatcher's."""
STANDS_FOR: Final = {"AGENT": ("MTR", "PING", "TRAFFICSIM")}
"""A type whose probes are others', made of it when an agent asks."""
OWN_INTERVAL_SEC: Final = {("AGENT", "MTR"): 300, ("AGENT", "TRAFFICSIM"): 60}
"""What of these does not have the interval of the probe that stands for it."""
QUEUED: Final = frozenset({"SPEEDTEST", "SPEEDTEST_SERVERS"})
"""NetWatcher lists them for every agent with id 0, and nothing follows: tests come by a queue."""
TARGETLESS: Final = QUEUED | {kind.name for kind in KINDS.values() if kind.is_targetless}
"""Types that measure the agent's own host, so that an empty list of targets is right."""


def interval_sec_of(kind: str, asked_sec: int) -> int:
    """Return between two rounds of a type how many seconds there are, where a probe asks so."""
    known = KINDS.get(kind)
    if known is None:
        return asked_sec if asked_sec > 0 else USUAL_INTERVAL_SEC
    return max(asked_sec if asked_sec > 0 else known.interval_sec, known.floor_sec)


def line_interval_sec(probe_type: str, kind: str, asked_sec: int) -> int:
    """Return how many seconds there are between results of a type, where a probe asks so.

    An AGENT probe has several types, not all of them as often.
    """
    return interval_sec_of(kind, OWN_INTERVAL_SEC.get((probe_type, kind), asked_sec))
