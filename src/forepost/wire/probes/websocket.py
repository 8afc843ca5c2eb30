"""WEBSOCKET (a type of ours): does a server open one, and answer in it."""

from typing import Annotated, Final

from msgspec import Meta

from forepost.wire.probes import exchange, secure
from forepost.wire.probes.exchange import Awaited, AwaitedMatch, Said, check_exchange
from forepost.wire.probes.http import HeaderValue, check_header_names
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.secure import TrustOptions
from forepost.wire.probes.service import ServiceResult, service_cost

Subprotocol = Annotated[str, Meta(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}\Z")]


class WebsocketOptions(TrustOptions, frozen=True, kw_only=True):
    """Of a target that is a URL, ws: or wss:."""

    headers: Annotated[dict[str, HeaderValue], Meta(max_length=50)] = {}
    subprotocols: Annotated[tuple[Subprotocol, ...], Meta(max_length=8)] = ()
    """To be offered; a server that takes none of them has failed."""
    send: Said = ""
    r"""A text message to send; \r \n \t \0 \\ and \xNN stand for one byte."""
    expect: Awaited = ""
    """What a message must have in it, written as `send`; empty: a ping is answered, or any message
    to what was sent."""
    expect_match: AwaitedMatch = "contains"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_header_names("headers", self.headers)
        check_exchange(self.send, self.expect, self.expect_match)


class WebsocketResult(ServiceResult, frozen=True, kw_only=True):
    status_code: int = 0
    """101: it was opened."""
    subprotocol: str = ""
    """What the server chose."""
    ping_ms: float | None = None
    """Of a ping in it, where nothing else is expected."""
    messages: int = 0
    """That came, until the one that is expected."""


KIND: Final = Kind(
    name="WEBSOCKET",
    options=WebsocketOptions,
    result=WebsocketResult,
    cost=service_cost,
    most_open=500,
    target="websocket url",
    public=secure.TRUST | exchange.PUBLIC | {"subprotocols"},
    secret=secure.SECRET | exchange.SECRET | {"headers"},
)
