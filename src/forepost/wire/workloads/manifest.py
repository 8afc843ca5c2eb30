"""The manifest of a microservice: the one form of it in files, `ms deploy`, REST and documents.

A field that is not understood is refused, as what it should restrain would not be. What is not said
is not written either: so a manifest is the same for a version that knows more fields.
"""

from hashlib import sha256
from itertools import chain
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

MOST_CONFIG: Final = 256 << 10
"""Bytes of a configuration."""
DEEPEST_CONFIG: Final = 100
"""Objects and arrays in one another: so what could be read can be written, wherever that is."""
NO_NUL: Final = r"^[^\x00]*\Z"

Uuid = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*\Z")]
Text = Annotated[str, Meta(max_length=4_000, pattern=NO_NUL)]
Path = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=r"^/[^\x00]*\Z")]
Port = Annotated[int, Meta(ge=1, le=65_535)]
Capability = Annotated[str, Meta(max_length=40, pattern=r"^[A-Z][A-Z_]*\Z")]
"""Such as NET_RAW, without CAP_; or ALL."""


class Manifest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Base: how all parts of a manifest are read and written."""


class PortMapping(Manifest, frozen=True, kw_only=True):
    internal: Port
    external: Port
    protocol: Literal["tcp", "udp"] = "tcp"


class VolumeMapping(Manifest, frozen=True, kw_only=True):
    source: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=NO_NUL)]
    """`volume`: its name. `bind`: a path of the host."""
    target: Path
    type: Literal["volume", "bind"] = "volume"
    read_only: bool = False


class WorkloadLimits(Manifest, frozen=True, kw_only=True):
    """0: none."""

    memory_mb: Annotated[int, Meta(ge=0, le=1 << 22)] = 0
    cpus: Annotated[float, Meta(ge=0, le=1_024)] = 0
    pids: Annotated[int, Meta(ge=0, le=1 << 22)] = 0


class HealthCheck(Manifest, frozen=True, kw_only=True):
    """Times in seconds."""

    test: Annotated[list[Text], Meta(max_length=64)] = []
    """A command and its arguments; empty: the image's own check counts, if it has one."""
    interval: Annotated[float, Meta(ge=0.1, le=3_600)] = 30
    timeout: Annotated[float, Meta(ge=0.1, le=3_600)] = 10
    retries: Annotated[int, Meta(ge=1, le=100)] = 3
    window: Annotated[float, Meta(ge=0, le=3_600)] = 30
    """After a replacement: how long the new one may take to be healthy, or where there is no check
    how long it has to run."""


class LogBounds(Manifest, frozen=True, kw_only=True):
    max_kb: Annotated[int, Meta(ge=1, le=1 << 20)] = 2_048
    files: Annotated[int, Meta(ge=1, le=100)] = 2


class UpdateRules(Manifest, frozen=True, kw_only=True):
    lock: Annotated[str, Meta(max_length=1_000, pattern=r"^(/[^\x00]*)?\Z")] = ""
    """A path in the container: while there is a file, the container is not touched."""


class WorkloadSpec(Manifest, frozen=True, kw_only=True):
    """All of a manifest but the uuid, which the controller gives."""

    name: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f]*\Z")] = ""
    """Empty: as `uuid`."""
    image: Annotated[str, Meta(max_length=500, pattern=r"^[^\s\x00]*\Z")] = ""
    """Empty where the engine is `process`."""
    registry: Annotated[str, Meta(max_length=200, pattern=NO_NUL)] = ""
    """The name of a registry: whose password is used for pulling. "from_cache": never pulled."""
    cmd: Annotated[list[Text], Meta(max_length=256)] = []
    env: Annotated[
        dict[
            Annotated[str, Meta(pattern=r"^[^=\x00]+\Z", max_length=500)],
            Annotated[str, Meta(max_length=32 << 10, pattern=NO_NUL)],
        ],
        Meta(max_length=500),
    ] = {}
    ports: Annotated[list[PortMapping], Meta(max_length=200)] = []
    volumes: Annotated[list[VolumeMapping], Meta(max_length=100)] = []
    extra_hosts: Annotated[
        list[Annotated[str, Meta(max_length=300, pattern=r"^[^:\s\x00]+:[^\s\x00]+\Z")]],
        Meta(max_length=100),
    ] = []
    """`name:ip`."""
    network: Annotated[str, Meta(max_length=200, pattern=r"^[A-Za-z0-9_.-]*\Z")] = ""
    """The name of a network of the engine; "host"; "none"; empty: the engine's usual one."""
    user: Annotated[str, Meta(max_length=200, pattern=r"^[A-Za-z0-9_.:-]*\Z")] = ""
    limits: WorkloadLimits = WorkloadLimits()
    health: HealthCheck = HealthCheck()
    cap_add: Annotated[list[Capability], Meta(max_length=64)] = []
    cap_drop: Annotated[list[Capability], Meta(max_length=64)] = []
    privileged: bool = False
    read_only: bool = False
    """Whether the root file system is."""
    stop_sec: Annotated[float, Meta(ge=0, le=600)] = 10
    """From the request to stop to the end by force."""
    log: LogBounds = LogBounds()
    config: str | dict[str, Any] | None = None
    """What `/v2/config/get` gives: an object, or a text that holds one."""
    update: UpdateRules = UpdateRules()
    routes: Annotated[list[Uuid], Meta(max_length=200)] = []
    """Who gets its messages on the bus."""

    def __post_init__(self) -> None:
        if _is_deeper(self.config, DEEPEST_CONFIG):
            raise ValueError(f"config: nested more than {DEEPEST_CONFIG} times")
        if len(self.config_text.encode()) > MOST_CONFIG:
            raise ValueError(f"config: longer than {MOST_CONFIG} bytes")
        taken = [(port.external, port.protocol) for port in self.ports]
        if len(set(taken)) < len(taken):
            raise ValueError("ports: two have the same external port")

    @property
    def config_text(self) -> str:
        """The configuration as JSON, as containers get it."""
        if isinstance(self.config, str):
            return self.config
        return msgspec.json.encode(self.config or {}).decode()


class Microservice(WorkloadSpec, frozen=True, kw_only=True):
    uuid: Uuid

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.uuid


BESIDE: Final = ("name", "config", "routes")
"""What is not of the container: a change of it makes no new one."""


def fingerprint(microservice: Microservice) -> str:
    """Return 16 hex digits that are equal where the same container is wanted."""
    said = {name: part for name, part in _said(microservice).items() if name not in BESIDE}
    return sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()[:16]


def _is_deeper(value: Any, most: int) -> bool:
    level = [value]
    for _ in range(most + 1):
        nested = (one for one in level if isinstance(one, dict | list))
        inner = (one.values() if isinstance(one, dict) else one for one in nested)
        level = [*chain.from_iterable(inner)]
    return bool(level)


def _said(part: Any) -> Any:
    """Of a manifest, or a part of it, what is not as it would be unsaid."""
    if isinstance(part, list):
        return [_said(one) for one in part]
    if not isinstance(part, Manifest):
        return part
    defaults = {
        field.name: field.default
        if field.default_factory is msgspec.NODEFAULT
        else field.default_factory()
        for field in msgspec.structs.fields(part)
    }
    fields = {name: getattr(part, name) for name in part.__struct_fields__}
    return {name: _said(one) for name, one in fields.items() if one != defaults[name]}
