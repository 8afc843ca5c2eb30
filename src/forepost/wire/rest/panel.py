"""What the controller says to a panel on `/ws/panel` and `/ws/panel/raw`.

Flat JSON (`type` beside the fields), as the document prints it. NetWatcher's own panel speaks
envelopes instead: `{"event": ..., "data": {...}}` with the same fields, but for `probe_data`.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import Id, IdOrZero, Wire
from forepost.wire.rest.alerts import Alert
from forepost.wire.rest.topology import MapEdge, MapNode, Standing


class Subscribe(Wire, frozen=True, kw_only=True, tag_field="type", tag="subscribe"):
    """Panel to controller. `probe_id` 0: every probe of the workspace."""

    workspace_id: Id
    probe_id: IdOrZero = 0


class Unsubscribe(Wire, frozen=True, kw_only=True, tag_field="type", tag="unsubscribe"):
    workspace_id: Id
    probe_id: IdOrZero = 0


class Ping(Wire, frozen=True, kw_only=True, tag_field="type", tag="ping"): ...


Said = Subscribe | Unsubscribe | Ping


class Subscribed(Wire, frozen=True, kw_only=True, tag_field="type", tag="subscribe_ok"):
    workspace_id: int
    probe_id: int


class Unsubscribed(Wire, frozen=True, kw_only=True, tag_field="type", tag="unsubscribe_ok"):
    workspace_id: int
    probe_id: int


class Pong(Wire, frozen=True, kw_only=True, tag_field="type", tag="pong"): ...


class Error(Wire, frozen=True, kw_only=True, tag_field="type", tag="error"):
    error: str
    workspace_id: int | UnsetType = UNSET
    """Whose subscriptions ended with it."""


class Envelope(Wire, frozen=True, kw_only=True):
    """Either way of writing a frame, before it is known what it says."""

    event: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    data: msgspec.Raw | UnsetType = UNSET


class Event(Wire, frozen=True, kw_only=True):
    event: str
    data: dict[str, msgspec.Raw] | UnsetType = UNSET


class ProbeData(Wire, frozen=True, kw_only=True, tag_field="type", tag="probe_data"):
    """A result that was just committed. `data` is the row as REST gives it."""

    workspace_id: int
    probe_id: int
    agent_id: int
    probe_type: str
    data: msgspec.Raw


class ProbeDataFields(Wire, frozen=True, kw_only=True):
    """The same in an envelope: the fields that NetWatcher's panel reads."""

    workspace_id: int
    probe_id: int
    agent_id: int
    probe_agent_id: int
    target_agent: int
    type: str
    payload: msgspec.Raw
    created_at: datetime
    """To the second."""
    target: str
    triggered: bool


class ProbeDataEvent(Wire, frozen=True, kw_only=True, tag_field="event", tag="probe_data"):
    data: ProbeDataFields


class AlertUpdate(Wire, frozen=True, kw_only=True, tag_field="type", tag="alert_update"):
    """An alert opened, was changed (acknowledged, worse), or is over."""

    workspace_id: int
    event: Literal["opened", "changed", "resolved"]
    alert: Alert


class Gap(Wire, frozen=True, kw_only=True, tag_field="type", tag="gap"):
    """A client that was too slow: `dropped` live frames are missing here; REST has them all."""

    dropped: Annotated[int, Meta(ge=1)]


class AgentUpdate(Wire, frozen=True, kw_only=True, tag_field="type", tag="agent_update"):
    """An agent is new, is gone, or is called otherwise or heard from (or not) unlike before."""

    workspace_id: int
    agent_id: int
    event: Literal["added", "changed", "removed"]
    name: str
    status: Standing
    last_seen_at: datetime | None
    identity_conflict: Literal[True] | UnsetType = UNSET
    """Two hosts have its key; the agent object says which."""


class NetworkMapUpdate(Wire, frozen=True, kw_only=True, tag_field="type", tag="network_map_update"):
    """A node, an edge or the status of a node changed: all of the map as it is now."""

    workspace_id: int
    nodes: list[MapNode]
    edges: list[MapEdge]
    generated_at: datetime
