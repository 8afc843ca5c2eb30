"""GRPC (a type of ours): does a server say that a service is well (gRPC health checking)."""

from typing import Annotated, Final

from msgspec import Meta

from forepost.wire.probes import secure
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.secure import SecureOptions
from forepost.wire.probes.service import ServiceResult, service_cost


class GrpcOptions(SecureOptions, frozen=True, kw_only=True):
    """HTTP/2, in the clear or inside TLS."""

    service: Annotated[str, Meta(max_length=500)] = ""
    """Which of the server's services; empty: the server as a whole."""


class GrpcResult(ServiceResult, frozen=True, kw_only=True):
    serving_status: str = ""
    """SERVING, NOT_SERVING, SERVICE_UNKNOWN, UNKNOWN."""
    grpc_status: int | None = None
    """Of the call: 0 for OK."""


KIND: Final = Kind(
    name="GRPC",
    options=GrpcOptions,
    result=GrpcResult,
    cost=service_cost,
    most_open=500,
    target="port",
    public=secure.PUBLIC | {"service"},
    secret=secure.SECRET,
)
