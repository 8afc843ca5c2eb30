"""What the controller says to a panel on `/ws/panel`: flat JSON, as the document prints it."""

from typing import Annotated

import msgspec
from msgspec import Meta

from forepost.wire.base import Id, IdOrZero, Wire


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


class ProbeData(Wire, frozen=True, kw_only=True, tag_field="type", tag="probe_data"):
    """A result that was just committed. `data` is the row as REST gives it."""

    workspace_id: int
    probe_id: int
    agent_id: int
    probe_type: str
    data: msgspec.Raw


class Gap(Wire, frozen=True, kw_only=True, tag_field="type", tag="gap"):
    """A client that was too slow: `dropped` live frames are missing here; REST has them all."""

    dropped: Annotated[int, Meta(ge=1)]
