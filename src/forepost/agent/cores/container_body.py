"""What an engine is asked to make of a manifest (API 1.41 and later). Pure."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from forepost.wire.workloads.manifest import HealthCheck, Microservice, fingerprint

AGENT: Final = "org.forepost.agent"
UUID: Final = "org.forepost.microservice"
FINGERPRINT: Final = "org.forepost.fingerprint"
REPLACES: Final = "org.forepost.replaces"
BESIDE: Final = "org.forepost.beside"
LOCK: Final = "org.forepost.lock"
NAME: Final = "org.forepost.name"
GATEWAY: Final = "org.forepost.gateway"
"""Network and address that it knows this host by."""
GATEWAY_NAME: Final = "iofog"
"""What containers call this host."""
HOST_NETWORK: Final = "host"
NO_NETWORK: Final = "none"
USUAL_NETWORK: Final = "bridge"
_NANO: Final = 1_000_000_000
_MB: Final = 1 << 20


def container_name(microservice: Microservice, agent: str, replaces: str) -> str:
    """Two of one microservice differ in what they were made of, whose they are, or whom they
    replace.
    """
    digest = sha256(f"{agent} {fingerprint(microservice)} {replaces}".encode()).hexdigest()
    return f"forepost_{microservice.uuid}_{digest[:8]}"


def may_run_beside(microservice: Microservice) -> bool:
    """Whether another of its kind may run at the same time."""
    writes = any(not volume.read_only for volume in microservice.volumes)
    return not microservice.ports and not writes and microservice.network != HOST_NETWORK


def wants_gateway(microservice: Microservice) -> bool:
    """Whether this host gets a name in the container."""
    return microservice.network not in (HOST_NETWORK, NO_NETWORK) and not any(
        GATEWAY_NAME in host for host in microservice.extra_hosts
    )


def container_body(
    microservice: Microservice,
    *,
    image: str,
    agent: str,
    replaces: str,
    gateway: str,
    time_zone: str,
    environment: Mapping[str, str],
) -> dict[str, Any]:
    """Return the body of `POST /containers/create`. `gateway`: "" where this host gets no name.
    `environment`: what the agent adds to that of the manifest.
    """
    body: dict[str, Any] = {
        "Image": image,
        "Env": _environment(microservice, time_zone, environment),
        "Labels": {
            AGENT: agent,
            UUID: microservice.uuid,
            FINGERPRINT: fingerprint(microservice),
            REPLACES: replaces,
            BESIDE: "yes" if may_run_beside(microservice) else "no",
            LOCK: microservice.update.lock,
            NAME: microservice.label,
            **({GATEWAY: f"{microservice.network or USUAL_NETWORK} {gateway}"} if gateway else {}),
        },
        "ExposedPorts": {f"{one.internal}/{one.protocol}": {} for one in microservice.ports},
        "StopTimeout": round(microservice.stop_sec),
        "HostConfig": _host(microservice, gateway),
    }
    if microservice.cmd:
        body["Cmd"] = microservice.cmd
    if microservice.user:
        body["User"] = microservice.user
    if microservice.health.test:
        body["Healthcheck"] = _health(microservice.health)
    return body


def _environment(microservice: Microservice, time_zone: str, more: Mapping[str, str]) -> list[str]:
    named = {**{k: v for k, v in microservice.env.items() if k != "SELFNAME"}, **more}
    given = [f"{key}={value}" for key, value in named.items()]
    if time_zone and not any("TZ" in key for key in microservice.env):
        given.append(f"TZ={time_zone}")
    return [f"SELFNAME={microservice.uuid}", *given]


def _host(microservice: Microservice, gateway: str) -> dict[str, Any]:
    limits, log = microservice.limits, microservice.log
    ports: dict[str, list[dict[str, str]]] = {}
    for one in microservice.ports:
        bindings = ports.setdefault(f"{one.internal}/{one.protocol}", [])
        bindings.append({"HostIp": "", "HostPort": str(one.external)})
    return {
        "RestartPolicy": {"Name": "unless-stopped"},
        "LogConfig": {
            "Type": "json-file",
            "Config": {"max-size": f"{log.max_kb}k", "max-file": str(log.files)},
        },
        "PortBindings": ports,
        "Mounts": [
            {
                "Type": one.type,
                "Source": one.source,
                "Target": one.target,
                "ReadOnly": one.read_only,
            }
            for one in microservice.volumes
        ],
        "ExtraHosts": [
            *microservice.extra_hosts,
            *([f"{GATEWAY_NAME}:{gateway}"] if gateway else []),
        ],
        "NetworkMode": microservice.network or USUAL_NETWORK,
        "Memory": limits.memory_mb * _MB,
        # as much with swap as without: what is bounded is not slow instead
        "MemorySwap": limits.memory_mb * _MB,
        "NanoCpus": round(limits.cpus * _NANO),
        "PidsLimit": limits.pids or None,
        "CapAdd": microservice.cap_add,
        "CapDrop": microservice.cap_drop,
        "Privileged": microservice.privileged,
        "ReadonlyRootfs": microservice.read_only,
    }


def _health(check: HealthCheck) -> dict[str, Any]:
    words = check.test
    return {
        # as the engine spells it, or a bare command
        "Test": words if words[0] in ("NONE", "CMD", "CMD-SHELL") else ["CMD", *words],
        "Interval": round(check.interval * _NANO),
        "Timeout": round(check.timeout * _NANO),
        "Retries": check.retries,
    }
