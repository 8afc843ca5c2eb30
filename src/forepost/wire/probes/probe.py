"""Probes: what the controller wants measured."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from forepost.wire.base import ExternalId, Id, IdOrZero, Json, Wire
from forepost.wire.probes import ProbeType

IntervalSec = Annotated[int, Meta(ge=1, le=86_400)]
TimeoutSec = Annotated[int, Meta(ge=1, le=300)]
Count = Annotated[int, Meta(ge=0, le=1_000)]
DurationSec = Annotated[int, Meta(ge=0, le=86_400)]
Target = Annotated[str, Meta(min_length=1, max_length=2_000)]


class ProbeTarget(Wire, frozen=True, kw_only=True):
    """One thing a probe measures: an address, a name, a URL, or another agent."""

    id: int
    created_at: datetime
    updated_at: datetime
    probe_id: int
    target: str = ""
    agent_id: int | None = None
    group_id: int | None = None


class Probe(Wire, frozen=True, kw_only=True, omit_defaults=False):
    """The probe object, the same over REST and in `probe_get`. Id 0: given to every agent."""

    id: int
    created_at: datetime
    updated_at: datetime
    workspace_id: int
    agent_id: int
    type: str
    enabled: bool = True
    interval_sec: int = 60
    timeout_sec: int = 10
    count: int = 0
    duration_sec: int = 0
    server: bool = False
    bind_interface: str = ""
    labels: Any = None
    metadata: Any = None
    targets: list[ProbeTarget] | None = None
    bidirectional: bool = False
    """AGENT only: the other way is measured too, by a probe of the other agent. Ours, as what
    follows."""
    direction: Literal["forward", "reverse"] = "forward"
    reverse_of: int | None = None
    """The probe whose other way this one measures; it goes when that one goes."""
    external_id: str = ""
    """What `forepost apply` knows it by."""


class NewProbe(Wire, frozen=True, kw_only=True):
    """Body of `POST .../probes`. Workspace and agent come from the path."""

    type: ProbeType
    workspace_id: IdOrZero = 0
    agent_id: IdOrZero = 0
    enabled: bool = True
    interval_sec: Annotated[int, Meta(ge=0, le=86_400)] = 60
    timeout_sec: Annotated[int, Meta(ge=0, le=300)] = 0
    """0: the usual one for the interval."""
    count: Count = 0
    duration_sec: DurationSec = 0
    server: bool = False
    bind_interface: Annotated[str, Meta(max_length=15)] = ""
    targets: Annotated[list[Target], Meta(max_length=200)] = []
    agent_targets: Annotated[list[Id], Meta(max_length=200)] = []
    bidirectional: bool = False
    external_id: ExternalId = ""
    labels: Json = {}
    metadata: Json = {}


class KnownTarget(Wire, frozen=True, kw_only=True):
    """A target of a probe as an answer had it."""

    target: Annotated[str, Meta(max_length=2_000)] = ""
    agent_id: Id | None = None


class ProbePatch(Wire, frozen=True, kw_only=True):
    """Body of `PATCH .../probes/{id}`; what is left out stays."""

    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    interval_sec: IntervalSec | msgspec.UnsetType = msgspec.UNSET
    timeout_sec: TimeoutSec | msgspec.UnsetType = msgspec.UNSET
    count: Count | msgspec.UnsetType = msgspec.UNSET
    duration_sec: DurationSec | msgspec.UnsetType = msgspec.UNSET
    bind_interface: Annotated[str, Meta(max_length=15)] | msgspec.UnsetType = msgspec.UNSET
    labels: Json | msgspec.UnsetType = msgspec.UNSET
    metadata: Json | msgspec.UnsetType = msgspec.UNSET
    external_id: ExternalId | msgspec.UnsetType = msgspec.UNSET
    replace_targets: Annotated[list[Target], Meta(max_length=200)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    replace_agent_targets: Annotated[list[Id], Meta(max_length=200)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    targets: (
        Annotated[list[Target | KnownTarget], Meta(max_length=200)] | msgspec.UnsetType | None
    ) = msgspec.UNSET
    """Those that there are: who sends a whole probe back changes none of them."""
    agent_targets: Annotated[list[Id], Meta(max_length=200)] | msgspec.UnsetType | None = (
        msgspec.UNSET
    )
    """The same of agents."""
