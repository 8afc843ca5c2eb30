"""Bodies of `POST .../probes/copy` and of what is like a probe."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import Id, IdOrZero, Wire
from forepost.wire.probes import ProbeType
from forepost.wire.probes.probe import Probe
from forepost.wire.rest.bodies import ResultRow


class CopyProbes(Wire, frozen=True, kw_only=True):
    source_agent_id: IdOrZero = 0
    """0: the agent of the path."""
    dest_agent_ids: Annotated[list[Id], Meta(min_length=1, max_length=500)]
    workspace_id: IdOrZero = 0
    probe_ids: Annotated[list[Id], Meta(max_length=1_000)] = []
    """Empty: all."""
    probe_types: Annotated[list[ProbeType], Meta(max_length=20)] = []
    match_targets: bool = False
    """Only those that measure towards one of the destinations."""
    skip_duplicates: bool = False
    """Not where the destination has one of the same type and targets."""


class Copied(Wire, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one probe at one destination: a new id, or why there is none."""

    source_probe_id: int
    dest_agent_id: int
    new_probe_id: int | UnsetType = UNSET
    skipped: bool = False
    skip_reason: str = ""
    error: str = ""


class CopyOutcome(Wire, frozen=True, kw_only=True):
    created: int
    skipped: int
    errors: int
    results: list[Copied]


class ReverseProbe(Wire, frozen=True, kw_only=True):
    """A probe of another agent that measures towards this one."""

    probe: Probe
    owner_agent_id: int
    owner_agent_name: str
    owner_workspace_id: int
    bidirectional: bool


class LatestOf(Wire, frozen=True, kw_only=True):
    probe_id: int
    latest: ResultRow | None


class Similar(Wire, frozen=True, kw_only=True):
    probe: Probe
    similar_by_target: list[Probe]
    similar_by_agent_id: list[Probe]
    latest: list[LatestOf] | UnsetType = UNSET


class Bundle(Wire, frozen=True, kw_only=True):
    """Results of one probe for a target: `rows`, or with `latestOnly` the newest."""

    probe_id: int
    rows: list[ResultRow] | UnsetType = UNSET
    latest: ResultRow | UnsetType | None = UNSET


class ByTarget(Wire, frozen=True, kw_only=True):
    target: str
    probe_ids: list[int] = msgspec.field(name="probeIds")
    bundles: list[Bundle]
