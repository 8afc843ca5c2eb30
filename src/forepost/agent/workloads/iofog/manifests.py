"""Turns what an ioFog Controller wants into manifests. Pure."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from forepost.agent.document import why_not
from forepost.agent.workloads.iofog.bodies import (
    IofogHealthCheck,
    IofogMicroservice,
    IofogMicroservices,
    IofogRegistry,
    IofogVolume,
)
from forepost.agent.workloads.wanted import WantedList
from forepost.wire.workloads.delivery import Registry
from forepost.wire.workloads.manifest import Microservice

FROM_CACHE: Final = 2
"""The number of the registry that is none: nothing is pulled."""
LOG_FILE_MB: Final = 2
VOLUME_MOUNT: Final = "$VolumeMount/"
"""How older definitions name a volume mount."""

_microservice = msgspec.json.Decoder(IofogMicroservice)


def manifests_of(
    answer: IofogMicroservices, registries: Iterable[IofogRegistry], mounts: str
) -> WantedList:
    """What is wanted; one that is not understood is a problem, and costs the others nothing.

    `mounts`: the folder of volume mounts.
    """
    known = {one.id: _registry(one) for one in registries}
    found = WantedList(registries=[one for one in known.values() if one.username])
    for raw in answer.microservices or []:
        uuid = "?"
        try:
            read = _microservice.decode(raw)
            uuid = read.uuid
            if not read.delete:
                manifest = msgspec.convert(_manifest(read, known, mounts), Microservice)
                found.microservices.append(manifest)
        except (msgspec.ValidationError, RecursionError) as error:
            found.unclear.append(uuid)
            found.problems.append(f"microservice {uuid}: {why_not(error)}")
    return found


def rebuilt(answer: IofogMicroservices) -> list[str]:
    """The uuids of those that are to be made anew. The Controller says so only once."""
    found: list[str] = []
    for raw in answer.microservices or []:
        try:
            read = _microservice.decode(raw)
        except (msgspec.ValidationError, RecursionError):
            continue  # told as a problem where its manifest is made
        if read.rebuild and not read.delete:
            found.append(read.uuid)
    return found


def _registry(one: IofogRegistry) -> Registry:
    host = one.url.removeprefix("https://").removeprefix("http://").rstrip("/")
    if host in ("registry.hub.docker.com", "hub.docker.com", "index.docker.io"):
        host = "docker.io"
    return Registry(
        name=str(one.id), url=host, username=one.username or "", password=one.password or ""
    )


def _manifest(
    read: IofogMicroservice, registries: dict[int, Registry], mounts: str
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "uuid": read.uuid,
        "name": read.name,
        "image": read.image_id,
        "config": read.config,
        "cmd": read.cmd,
        "env": {one.key: one.value or "" for one in read.env or []},
        "extra_hosts": read.extra_hosts,
        "routes": read.routes,
        "cap_add": [_capability(one) for one in read.cap_add or []],
        "cap_drop": [_capability(one) for one in read.cap_drop or []],
        "privileged": bool(read.is_privileged),
        "network": "host" if read.root_host_access or read.host_network_mode else "",
        "user": "" if read.run_as_user is None else str(read.run_as_user),
        "ports": [
            {
                "internal": one.port_internal,
                "external": one.port_external,
                "protocol": "udp" if one.is_udp else "tcp",
            }
            for one in read.port_mappings or []
        ],
        "volumes": [_volume(one, mounts) for one in read.volume_mappings or []],
        "limits": {"memory_mb": round(read.memory_limit)} if read.memory_limit else None,
        "health": _health(read.health_check),
    }
    if read.registry_id == FROM_CACHE:
        said["registry"] = "from_cache"
    elif read.registry_id in registries and registries[read.registry_id].username:
        said["registry"] = str(read.registry_id)
    if read.log_size:
        files = max(1, round(read.log_size) // LOG_FILE_MB)
        said["log"] = {"max_kb": LOG_FILE_MB << 10, "files": min(files, 100)}
    return {field: value for field, value in said.items() if value is not None}


def _volume(one: IofogVolume, mounts: str) -> dict[str, Any]:
    name = one.host_destination.removeprefix(VOLUME_MOUNT)
    if one.type == "volumeMount" or name != one.host_destination:
        source, kind, read_only = f"{mounts}/{name}", "bind", True
    else:
        source, kind = one.host_destination, one.type or "bind"
        read_only = one.access_mode == "ro"
    return {
        "source": source,
        "target": one.container_destination,
        "type": kind,
        "read_only": read_only,
    }


def _capability(name: str) -> str:
    return name.upper().removeprefix("CAP_")


def _health(check: IofogHealthCheck | None) -> dict[str, Any] | None:
    if check is None or not check.test:
        return None
    match [check.test] if isinstance(check.test, str) else check.test:
        case ["NONE", *_]:
            return None
        case ["CMD", *rest]:
            test = rest
        case ["CMD-SHELL", *rest]:
            test = ["/bin/sh", "-c", " ".join(rest)]
        case [one]:
            test = ["/bin/sh", "-c", one]
        case whole:
            test = whole
    times = {"interval": check.interval, "timeout": check.timeout, "retries": check.retries}
    return {"test": test, **{name: value for name, value in times.items() if value}}
