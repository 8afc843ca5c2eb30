"""What a probe object asks an agent to do: its options and targets, as they are run. Pure."""

from typing import Final

from forepost.wire.probes.options import read_options, usual_timeout
from forepost.wire.probes.probe import OPTIONS, TARGETLESS, Probe, ProbeOptions
from forepost.wire.probes.trafficsim import TrafficSimOptions, flat

INTERVAL_SEC: Final = {
    "DNS": 300,
    "MTR": 300,
    "NETINFO": 600,
    "SNMP": 300,
    "SYSINFO": 120,
    "TLS": 300,
}
"""Where the controller says 0; 60 for the others."""
FLOOR_SEC: Final = {"MTR": 10, "TRAFFICSIM": 5}
"""Where the controller says less."""
NAMED_IN: Final = {"HTTP": "url", "SNMP": "target", "TLS": "target"}
"""The option that names what is measured where the probe has no target."""
MOST_PACKETS: Final = 1_000


def targets_of(probe: Probe, options: ProbeOptions) -> dict[str, int]:
    """Target to the number of the agent that it is; 0 for anything else."""
    if probe.type in TARGETLESS:
        return {"": 0}
    named = getattr(options, NAMED_IN[probe.type]) if probe.type in NAMED_IN else ""
    targets = {t.target: t.agent_id or 0 for t in probe.targets or [] if t.target}
    return targets or ({named: 0} if named else {})


def options_of(probe: Probe) -> ProbeOptions:
    """Raises WrongOption."""
    interval_sec = max(0, probe.interval_sec) or INTERVAL_SEC.get(probe.type, 60)
    told = {
        "interval_sec": max(interval_sec, FLOOR_SEC.get(probe.type, 0)),
        "timeout_sec": probe.timeout_sec if probe.timeout_sec > 0 else usual_timeout(interval_sec),
        "count": min(max(probe.count, 0), MOST_PACKETS),
        "bind_interface": probe.bind_interface,
    }
    if probe.type != "TRAFFICSIM":
        return read_options(OPTIONS[probe.type], told, probe.metadata)
    told["duration_sec"] = max(0, probe.duration_sec)
    return read_options(TrafficSimOptions, told, flat(probe.metadata))
