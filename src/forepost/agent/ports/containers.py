"""What the slice of workloads asks of a container engine, in its own words."""

from datetime import datetime
from typing import Literal

import msgspec


class EngineAway(Exception):
    """The engine does not answer: nothing is known of its containers. The text says why."""


class EngineRefused(Exception):
    """The engine answers, and will not do it; the text is its own. `kind` says what it is about."""

    def __init__(self, reason: str, kind: "RefusalKind" = "other") -> None:
        super().__init__(reason)
        self.kind = kind


RefusalKind = Literal["registry", "no_image", "architecture", "space", "conflict", "other"]
"""registry: it is out of reach or wants a password. conflict: a name or a port is taken."""


class EngineFacts(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    api_version: str
    architecture: str
    root_dir: str
    """Where it keeps images and volumes."""


class SeenContainer(msgspec.Struct, frozen=True, kw_only=True):
    """A container of this agent, as the engine shows it."""

    container_id: str
    uuid: str
    fingerprint: str
    """Of the manifest that it was made of; from its label."""
    role: Literal["current", "next", "old"]
    """Its part in a replacement; from its name."""
    state: Literal["created", "running", "restarting", "paused", "exited", "dead", "removing"]
    health: Literal["none", "starting", "healthy", "unhealthy"] = "none"
    exit_code: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    image_id: str = ""
    addresses: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()


class SeenImage(msgspec.Struct, frozen=True, kw_only=True):
    image_id: str
    names: tuple[str, ...]
    size_bytes: int
    created_at: datetime | None = None


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    cpu_percent: float
    memory_bytes: int


class EngineEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A hint that something happened; the truth is in `containers`."""

    uuid: str
    action: str
    at: datetime | None = None
