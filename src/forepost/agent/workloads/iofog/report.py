"""What an ioFog Controller is told of this agent: the body of `PUT agent/status`. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from forepost.agent.workloads.local_api.report import AgentFacts
from forepost.wire.workloads.delivery import EngineStatus, MicroserviceStatus

STARTED: Final = ("RUNNING", "UPDATING", "RESTARTING", "STUCK_IN_RESTART")


class BusFigures(msgspec.Struct, frozen=True):
    carried: int = 0
    kept_bytes: int = 0


def status_of(
    facts: AgentFacts,
    started_at: datetime,
    engine: EngineStatus,
    statuses: Sequence[MicroserviceStatus],
    registries: Sequence[int],
    bus: BusFigures,
    now: datetime,
) -> Mapping[str, Any]:
    """All keys of 3.0 and 3.7. Lists travel as JSON within a string; without `microserviceStatus`
    3.0 answers 500, without `warningMessage` 3.7 does.
    """
    up_ms = _ms(now) - _ms(started_at)
    return {
        "daemonStatus": "RUNNING",
        "daemonOperatingDuration": up_ms,
        "daemonLastStart": _ms(started_at),
        "memoryUsage": round(facts.memory_bytes / 1e6, 2),
        "diskUsage": round(bus.kept_bytes / 1e9, 3),
        "cpuUsage": round(facts.cpu_percent, 2),
        "memoryViolation": False,
        "diskViolation": False,
        "cpuViolation": False,
        "systemAvailableDisk": facts.available_disk_bytes,
        "systemAvailableMemory": facts.available_memory_bytes,
        "systemTotalCpu": round(facts.total_cpu_percent, 2),
        "microserviceStatus": _text([_one(status, now) for status in statuses]),
        "repositoryCount": len(registries),
        "repositoryStatus": _text([{"id": one, "linkStatus": "ONLINE"} for one in registries]),
        "systemTime": _ms(now),
        "lastStatusTime": _ms(now),
        "ipAddress": facts.ip_address,
        "ipAddressExternal": "",
        "processedMessages": bus.carried,
        "microserviceMessageCounts": "[]",
        "messageSpeed": 0,
        "lastCommandTime": 0,
        "tunnelStatus": _text({"status": "STOPPED"}),
        "version": facts.version,
        "isReadyToUpgrade": False,
        "isReadyToRollback": False,
        "warningMessage": _warning(engine, statuses),
    }


def _one(status: MicroserviceStatus, now: datetime) -> Mapping[str, Any]:
    started = status.started_at if status.state in STARTED else None
    return {
        "id": status.uuid,
        "status": status.state,
        "percentage": round(status.percent),
        "containerId": status.container_id,
        "startTime": _ms(started) if started else 0,
        "operatingDuration": _ms(now) - _ms(started) if started else 0,
        "cpuUsage": f"{status.cpu_percent or 0:.1f}",
        "memoryUsage": str(status.memory_bytes or 0),
        "errorMessage": status.problem,
    }


def _warning(engine: EngineStatus, statuses: Sequence[MicroserviceStatus]) -> str:
    if not engine.reachable:
        return f"the container engine does not answer: {engine.problem}"
    return "; ".join(f"{one.name or one.uuid}: {one.problem}" for one in statuses if one.problem)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
