"""Named channels: where alerts are told, once for all rules of a workspace, as REST has them."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import ExternalId, Id, Name, Wire
from forepost.wire.rest.notify import ChannelKind, DeliveryState

ChannelUrl = Annotated[str, Meta(max_length=2_000)]
ChannelSecret = Annotated[str, Meta(max_length=1_000)]
MailAddresses = Annotated[
    list[Annotated[str, Meta(min_length=3, max_length=254)]], Meta(max_length=20)
]
HeaderName = Annotated[str, Meta(min_length=1, max_length=100)]
HeaderValue = Annotated[str, Meta(min_length=1, max_length=1_000)]
Headers = Annotated[dict[HeaderName, HeaderValue], Meta(max_length=20)]
ChannelZone = Annotated[str, Meta(max_length=64)]
"""Of the IANA database, as Europe/Berlin. Empty: that of the workspace."""
ChannelIds = Annotated[list[Id], Meta(max_length=20)]
Standing = Literal["untried", "ok", "failing", "disabled"]
"""By the newest that was sent to each receiver; untried: nothing was, or it is on its way yet."""


class NewChannel(Wire, frozen=True, kw_only=True):
    """Body of `POST .../channels`."""

    name: Name
    kind: ChannelKind
    url: ChannelUrl = ""
    """Of a webhook, or of Apprise."""
    addresses: MailAddresses = []
    """Of e-mail."""
    secret: ChannelSecret = ""
    """Signs a webhook. Written, and never read."""
    headers: Headers = {}
    """Of a webhook, besides the usual ones. Their values are written, and never read."""
    timezone: ChannelZone = ""
    template_id: Id | None = None
    enabled: bool = True
    external_id: ExternalId = ""


class ChannelPatch(Wire, frozen=True, kw_only=True):
    """Body of `PATCH .../channels/{id}`; what is left out stays. A value of `headers` that is
    `***` stays, too. A channel's kind is for life.
    """

    name: Name | UnsetType = UNSET
    url: ChannelUrl | UnsetType = UNSET
    addresses: MailAddresses | UnsetType = UNSET
    secret: ChannelSecret | UnsetType = UNSET
    headers: Headers | UnsetType = UNSET
    timezone: ChannelZone | UnsetType = UNSET
    template_id: Id | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    external_id: ExternalId | UnsetType = UNSET


class ChannelOutcome(Wire, frozen=True, kw_only=True):
    """What became of the newest notice of a channel; of several receivers, of the one that is
    worst off.
    """

    state: DeliveryState
    at: datetime
    """When it arrived, else when it was written."""
    error: str


class NamedChannel(Wire, frozen=True, kw_only=True):
    """A channel as it is shown. Values of headers are `***`; only an ADMIN is shown whole URLs."""

    id: int
    created_at: datetime
    updated_at: datetime
    workspace_id: int
    name: str
    kind: ChannelKind
    url: str
    addresses: list[str]
    has_secret: bool
    headers: dict[str, str]
    timezone: str
    template_id: int | None
    enabled: bool
    external_id: str
    standing: Standing = "untried"
    last_test: ChannelOutcome | None = None
    """As long as the log of deliveries has it."""
    last_delivery: ChannelOutcome | None = None
    """The same of what is no test."""
