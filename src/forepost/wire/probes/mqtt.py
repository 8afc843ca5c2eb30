"""MQTT (a type of ours): does a broker take a client, and has it a message of a topic."""

from typing import Annotated, Final

from msgspec import Meta

from forepost.wire.probes import exchange, secure
from forepost.wire.probes.exchange import Awaited, AwaitedMatch, check_exchange
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.secure import SecureOptions
from forepost.wire.probes.service import ServiceResult, service_cost


class MqttOptions(SecureOptions, frozen=True, kw_only=True):
    """MQTT 3.1.1. The port of a target that names none is 1883, or 8883 with `tls`."""

    client_id: Annotated[str, Meta(max_length=64)] = ""
    """Empty: one of the broker's choice. Another client of this name is put out by the broker."""
    username: Annotated[str, Meta(max_length=500)] = ""
    password: Annotated[str, Meta(max_length=1_000)] = ""
    topic: Annotated[str, Meta(max_length=1_000)] = ""
    """A filter of topics: a message of it must come within the time, one that is kept (retained)
    at once. Empty: a PINGREQ is answered."""
    expect: Awaited = ""
    r"""What that message must have in it; \r \n \t \0 \\ and \xNN stand for one byte."""
    expect_match: AwaitedMatch = "contains"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.password and not self.username:
            raise ValueError("username: password is given, and MQTT has none without a user")
        if self.expect and not self.topic:
            raise ValueError("topic: expect needs one")
        if "\0" in self.topic:
            raise ValueError("topic: there can be no NUL in it")
        check_exchange("", self.expect, self.expect_match)


class MqttResult(ServiceResult, frozen=True, kw_only=True):
    return_code: int | None = None
    """Of the CONNACK: 0 for accepted."""
    messages: int = 0
    """Of the topic, until the one that is expected."""


KIND: Final = Kind(
    name="MQTT",
    options=MqttOptions,
    result=MqttResult,
    cost=service_cost,
    most_open=500,
    target="endpoint",
    public=secure.PUBLIC | exchange.PUBLIC | {"client_id", "topic"},
    secret=secure.SECRET | {"expect", "username", "password"},
)
