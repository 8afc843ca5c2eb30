"""REDIS (a type of ours): does a server answer PING. Valkey, KeyDB and others speak alike."""

from typing import Annotated, Final

from msgspec import Meta

from forepost.wire.probes import secure
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.secure import SecureOptions
from forepost.wire.probes.service import ServiceResult, service_cost


class RedisOptions(SecureOptions, frozen=True, kw_only=True):
    """The port of a target that names none is 6379."""

    username: Annotated[str, Meta(max_length=500)] = ""
    """Empty: the default user."""
    password: Annotated[str, Meta(max_length=1_000)] = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.username and not self.password:
            raise ValueError("password: username is given")


class RedisResult(ServiceResult, frozen=True, kw_only=True):
    version: str = ""
    """Of the server; empty where it tells nobody, or not this user."""
    role: str = ""
    """master, slave, sentinel."""


KIND: Final = Kind(
    name="REDIS",
    options=RedisOptions,
    result=RedisResult,
    cost=service_cost,
    most_open=500,
    target="endpoint",
    public=secure.PUBLIC,
    secret=secure.SECRET | {"username", "password"},
)
