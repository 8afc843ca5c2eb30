"""What `/v2/status`, `/v2/info` and the command line say of this agent. Pure."""

from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from forepost.agent.workloads.local_api.configuration import LocalConfig

MIB: Final = 1 << 20
NOT_PROVISIONED: Final = "not provisioned"


class AgentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of agent and host at this moment."""

    version: str
    uuid: str = ""
    """By which the controller knows this agent; "": there is none."""
    controller_url: str = ""
    connection: Literal["not provisioned", "ok", "not connected", "broken certificate"] = (
        "not provisioned"
    )
    memory_bytes: int = 0
    """Resident, of this agent."""
    cpu_percent: float = 0
    """Of this agent."""
    available_disk_bytes: int = 0
    total_disk_bytes: int = 0
    available_memory_bytes: int = 0
    total_cpu_percent: float = 0
    """Of this host, over the last seconds."""
    ip_address: str = ""
    network_interface: str = ""
    architecture: str = ""
    """As uname(2) names it."""
    state_dir: str = ""


def status(
    facts: AgentFacts,
    now: datetime,
    *,
    running: int,
    messages: int,
    kept_bytes: int = 0,
    zone: str = "",
) -> dict[str, str]:
    """The eleven keys of the document. `kept_bytes`: of messages. `zone`: "": the one of this
    host.
    """
    share = 100 * facts.available_disk_bytes / (facts.total_disk_bytes or 1)
    return {
        "iofog-daemon": "RUNNING",
        "memory-usage": f"about {facts.memory_bytes / 1e6:.2f} MiB",
        "disk-usage": _disk(kept_bytes / 1e9),
        "cpu-usage": f"about {facts.cpu_percent:.2f} %",
        "running-microservices": str(running),
        "connection-to-controller": facts.connection,
        "messages-processed": f"about {messages:,}",
        "system-time": _clock(now, zone),
        "system-available-disk": f"{facts.available_disk_bytes / MIB:.2f} MB ({share:.2f} %)",
        "system-available-memory": f"{facts.available_memory_bytes / MIB:.2f} MB",
        "system-total-cpu": f"{facts.total_cpu_percent:.2f} %",
    }


def info(facts: AgentFacts, config: LocalConfig) -> dict[str, str]:
    """The keys of the document, and those that the code of ioFog has."""
    threshold, limit = config["disk-threshold integer"], f"{float(config['disk-limit']):.2f} GiB"
    adapter = config["network-adapter"]
    interface = f"{facts.network_interface or 'not found'}(dynamic)"
    return {
        "iofog-uuid": facts.uuid or NOT_PROVISIONED,
        "ip-address": facts.ip_address or "unable to retrieve ip address",
        "network-interface": interface if adapter == "dynamic" else adapter,
        "secure-mode": config["secure-mode"],
        "iofog-controller": config.controller_url or facts.controller_url,
        "iofog-certificate": config["cert-directory"],
        "docker-url": config["docker-url"],
        "disk-usage-limit": limit,
        "message-storage-limit": limit,
        "message-storage-directory": config["disk-directory"],
        "memory-ram-limit": f"{float(config['memory-limit']):.2f} MiB",
        "cpu-usage-limit": f"{float(config['cpu-limit']):.2f}%",
        "log-disk-limit": f"{float(config['logs-limit']):.2f} GiB",
        "log-file-directory": config["logs-directory"],
        "log-rolling-file-count": config["logs-count"],
        "log-level": config["log-level"],
        "status-update-frequency": config["status-frequency"],
        "get-changes-frequency": config["changes-frequency"],
        "scan-devices-frequency": config["device-scan-frequency"],
        "post-diagnostics-frequency": config["diagnostics-frequency"],
        "isolated-docker-containers-mode": config["isolated"],
        "gps-mode": config.gps_mode,
        "gps-coordinates": config["gps"] if config.place else "",
        "fog-type": _fog_type(config["fog-type"], facts.architecture),
        "docker-pruning-frequency": config["docker-pruning-frequency"],
        "disk-threshold integer": threshold,
        "available-disk-threshold": threshold,
        "ready-to-upgrade-scan-frequency": config["upgrade-scan-frequency"],
        "developer-mode": config["developer-mode"],
        "time-zone": config["time-zone"],
    }


def lines(found: dict[str, str], labels: dict[str, str], width: int, colon: str) -> str:
    """As the command line shows it."""
    return "\n".join(f"{label:<{width}}{colon}{found[key]}" for key, label in labels.items())


def _disk(gigabytes: float) -> str:
    if gigabytes < 1:
        return f"about {gigabytes * 1_024:.2f} MiB"
    return f"about {gigabytes:.2f} GiB"


def _clock(now: datetime, zone: str) -> str:
    """With twelve hours; not by the words of a locale."""
    here = now.astimezone(ZoneInfo(zone) if zone else None)
    return f"{here:%d/%m/%Y %I:%M} {'AM' if here.hour < 12 else 'PM'}"


def _fog_type(wanted: str, architecture: str) -> str:
    if wanted != "auto":
        return wanted
    return "arm" if architecture.startswith(("arm", "aarch")) else "intel_amd"


STATUS_LABELS: Final = {
    "iofog-daemon": "ioFog daemon",
    "memory-usage": "Memory Usage",
    "disk-usage": "Disk Usage",
    "cpu-usage": "CPU Usage",
    "running-microservices": "Running Microservices",
    "connection-to-controller": "Connection to Controller",
    "messages-processed": "Messages Processed",
    "system-time": "System Time",
    "system-available-disk": "System Available Disk",
    "system-available-memory": "System Available Memory",
    "system-total-cpu": "System Total CPU",
}
INFO_LABELS: Final = {
    "iofog-uuid": "Iofog UUID",
    "ip-address": "IP Address",
    "network-interface": "Network Interface",
    "secure-mode": "Secure Mode",
    "iofog-controller": "ioFog Controller",
    "iofog-certificate": "ioFog Certificate",
    "docker-url": "Docker URL",
    "message-storage-limit": "Message Storage Limit",
    "message-storage-directory": "Message Storage Directory",
    "memory-ram-limit": "Memory RAM Limit",
    "cpu-usage-limit": "CPU Usage Limit",
    "log-disk-limit": "Log Disk Limit",
    "log-file-directory": "Log File Directory",
    "log-rolling-file-count": "Log Rolling File Count",
    "log-level": "Log Level",
    "status-update-frequency": "Status Update Frequency",
    "get-changes-frequency": "Get Changes Frequency",
    "scan-devices-frequency": "Scan Devices Frequency",
    "post-diagnostics-frequency": "Post Diagnostics Frequency",
    "isolated-docker-containers-mode": "Isolated Docker Containers Mode",
    "gps-mode": "GPS mode",
    "gps-coordinates": "GPS coordinates(lat,lon)",
    "fog-type": "Fog type",
    "docker-pruning-frequency": "Docker Pruning Frequency",
    "available-disk-threshold": "Available Disk Threshold",
    "ready-to-upgrade-scan-frequency": "Ready To Upgrade Scan Frequency",
    "developer-mode": "Developer's Mode",
    "time-zone": "Time Zone",
}
"""In the order of ioFog's command."""
