"""SSH (a type of ours): does a server greet as RFC 4253 says, and as what."""

from typing import Annotated, Final

from msgspec import Meta

from forepost.wire.probes.kind import Kind
from forepost.wire.probes.options import HostOptions
from forepost.wire.probes.service import ServiceResult, service_cost


class SshOptions(HostOptions, frozen=True, kw_only=True):
    """Nobody logs in."""

    expected_software: Annotated[str, Meta(max_length=200)] = ""
    """What the server's name for itself must have in it: OpenSSH_9."""


class SshResult(ServiceResult, frozen=True, kw_only=True):
    protocol_version: str = ""
    """"2.0"."""
    software: str = ""
    comments: str = ""


KIND: Final = Kind(
    name="SSH",
    options=SshOptions,
    result=SshResult,
    cost=service_cost,
    most_open=500,
    target="endpoint",
    public=frozenset({"expected_software"}),
)
