"""Routes of notices: over which named channels alerts are told, as REST has them."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from forepost.wire.base import ExternalId, Id, Name, Wire
from forepost.wire.labels import Selector
from forepost.wire.probes import ProbeType
from forepost.wire.rest.alerts import Metric, Severity
from forepost.wire.rest.channels import ChannelIds
from forepost.wire.rest.hours import Hours

Position = Annotated[int, Meta(ge=1, le=1_000)]
Some = Annotated[list[Id], Meta(max_length=100)]


class RouteMatch(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which alerts a route is for: those of which all of this is true; what is empty is."""

    labels: Selector = {}
    """Of the probe, or of the agent; where both have one, of the probe."""
    severities: Annotated[list[Severity], Meta(max_length=2)] = []
    rule_ids: Some = []
    agent_ids: Some = []
    probe_types: Annotated[list[ProbeType], Meta(max_length=20)] = []
    metrics: Annotated[list[Metric], Meta(max_length=50)] = []


class NewRoute(Wire, frozen=True, kw_only=True):
    """Body of `POST .../routes`."""

    name: Name
    position: Position | None = None
    """From 1; those from there on are one further. Null: the last."""
    match: RouteMatch = field(default_factory=RouteMatch)
    hours: Hours | None = None
    """When alerts take it; null: always."""
    channel_ids: ChannelIds = []
    also: bool = False
    """Also for alerts of rules that tell somebody by themselves."""
    stop: bool = True
    """Where it matches, routes after it are not asked."""
    enabled: bool = True
    external_id: ExternalId = ""


class RoutePatch(Wire, frozen=True, kw_only=True):
    """Body of `PATCH .../routes/{id}`; what is left out stays."""

    name: Name | UnsetType = UNSET
    position: Position | UnsetType = UNSET
    match: RouteMatch | UnsetType = UNSET
    hours: Hours | UnsetType | None = UNSET
    channel_ids: ChannelIds | UnsetType = UNSET
    also: bool | UnsetType = UNSET
    stop: bool | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    external_id: ExternalId | UnsetType = UNSET


class NoticeRoute(Wire, frozen=True, kw_only=True):
    id: int
    created_at: datetime
    updated_at: datetime
    workspace_id: int
    position: int
    name: str
    match: RouteMatch
    hours: Hours | None
    channel_ids: list[int]
    also: bool
    stop: bool
    enabled: bool
    external_id: str


class RouteQuestion(Wire, frozen=True, kw_only=True):
    """Body of `POST .../routes/preview`: an alert that there is, or one that there might be."""

    alert_id: Id | None = None
    labels: Selector = {}
    severity: Severity = "critical"
    rule_id: Id | None = None
    """None: of a rule that tells nobody by itself."""
    agent_id: Id | None = None
    probe_type: ProbeType | None = None
    metric: Metric | None = None
    at: Annotated[datetime, Meta(tz=True)] | None = None
    """None: now."""


class RouteVerdict(Wire, frozen=True, kw_only=True):
    route_id: int
    name: str
    matches: bool
    why: str
    """In words, what decided it."""
    channel_ids: list[int]


class RoutePreview(Wire, frozen=True, kw_only=True):
    """What routes say of an alert, one after the other, and which channels come of it."""

    at: datetime
    routes: list[RouteVerdict]
    channel_ids: list[int]
