"""Speed tests: the queue over REST, and what agent and controller say of it on the socket."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from forepost.wire.base import Id, Wire

Status = Literal["pending", "running", "completed", "failed", "cancelled", "expired"]

SPEEDTEST_SERVERS_MOST = 50

ServerId = Annotated[str, Meta(max_length=500)]
ServerName = Annotated[str, Meta(max_length=200)]


class NewSpeedtest(Wire, frozen=True, kw_only=True):
    """Body of `POST .../speedtest-queue`. No server: the nearest."""

    server_id: ServerId = ""
    server_name: ServerName = ""


class Speedtest(Wire, frozen=True, kw_only=True, omit_defaults=False):
    """One test in the queue, the same over REST and in `speedtest_queue`."""

    id: int
    created_at: datetime
    updated_at: datetime
    workspace_id: int
    agent_id: int
    server_id: str
    server_name: str
    status: Status
    requested_by: int | None
    """User id; null where it was asked for by a key."""
    requested_at: datetime
    expires_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error: str = ""


class SpeedtestResponder(Wire, frozen=True, kw_only=True, omit_defaults=True):
    """Whom an agent of ours is to test against: another agent, or the controller. Ours."""

    host: str = ""
    """Empty: the host that the agent reaches its controller by."""
    port: Annotated[int, Meta(ge=1, le=65_535)]
    ticket: Annotated[str, Meta(max_length=200)]
    """Good for this test only."""
    secret: Annotated[str, Meta(max_length=64)]


class SpeedtestOrder(Speedtest, frozen=True, kw_only=True, omit_defaults=False):
    """A test as its agent gets it: it is not shown to anybody else."""

    responder: SpeedtestResponder | msgspec.UnsetType = msgspec.UNSET


class AskedSpeedtest(Wire, frozen=True, kw_only=True):
    """What an agent reads of a test in `speedtest_queue`, from any controller."""

    id: Id
    server_id: ServerId | None = ""
    server_name: ServerName | None = ""
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    responder: SpeedtestResponder | None = None


class SpeedtestProgress(Wire, frozen=True, kw_only=True):
    """Event `speedtest_progress` (ours), every half second at most: how far a test has come."""

    queue_id: Id
    phase: Literal["waiting", "latency", "download", "upload"]
    part: Annotated[float, Meta(ge=0, le=1)]
    """Of the phase."""
    bytes_per_sec: Annotated[float, Meta(ge=0)] = 0.0
    latency: Annotated[int, Meta(ge=0)] = 0
    """The last round trip, ns."""


class SpeedtestResult(Wire, frozen=True, kw_only=True):
    """Event `speedtest_result`: what became of a test. `data` is the SPEEDTEST payload."""

    queue_id: Id
    success: bool
    data: msgspec.Raw = msgspec.Raw(b"null")
    error: Annotated[str, Meta(max_length=2_000)] = ""


class SpeedtestServer(Wire, frozen=True, kw_only=True):
    """A public server that an agent knows. Coordinates are texts, the distance is in km."""

    id: Annotated[str, Meta(max_length=64)]
    name: Annotated[str, Meta(max_length=200)] = ""
    sponsor: Annotated[str, Meta(max_length=200)] = ""
    host: Annotated[str, Meta(max_length=300)] = ""
    url: Annotated[str, Meta(max_length=500)] = ""
    country: Annotated[str, Meta(max_length=100)] = ""
    lat: Annotated[str, Meta(max_length=32)] = ""
    lon: Annotated[str, Meta(max_length=32)] = ""
    distance: float = 0.0


SpeedtestServers = Annotated[list[SpeedtestServer], Meta(max_length=SPEEDTEST_SERVERS_MOST)]


class SpeedtestQueue(Wire, frozen=True, kw_only=True):
    data: list[Speedtest]
    total: int


class SpeedtestUpdate(Wire, frozen=True, kw_only=True, tag_field="type", tag="speedtest_update"):
    """Controller to panel: a test in the queue is in another state."""

    workspace_id: int
    agent_id: int
    queue_id: int
    status: Status
    server_id: str
    server_name: str
    error: str = ""
    progress: SpeedtestProgress | msgspec.UnsetType = msgspec.UNSET
    """Ours; while it is running, and its agent says."""
