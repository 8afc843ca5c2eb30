"""Asks a gRPC server how a service is (grpc.health.v1.Health/Check)."""

from typing import Final
from urllib.parse import unquote

import forepost
from forepost.agent.edges.dial.http import HttpRequest, ResponseHead
from forepost.agent.ports.dialer import Failed
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.hostport import HostPort, host_port
from forepost.agent.probes.services.service import Service
from forepost.kit.clock import Clock
from forepost.kit.idna_name import presented
from forepost.wire.probes.grpc import GrpcOptions, GrpcResult

PATH: Final = "/grpc.health.v1.Health/Check"
MEDIA: Final = "application/grpc"
MOST_BYTES: Final = 4_096
MOST_SHOWN: Final = 300
SERVING: Final = "SERVING"
STATES: Final = ("UNKNOWN", SERVING, "NOT_SERVING", "SERVICE_UNKNOWN")
NOT_FOUND, UNIMPLEMENTED = 5, 12
_WORDS: Final = {
    NOT_FOUND: "the server does not know this service",
    UNIMPLEMENTED: "the server has no health checking",
}
_FIELD_1_TEXT, _FIELD_1_NUMBER = 0x0A, 0x08
"""Tags of protobuf."""


async def run(options: GrpcOptions, target: str, clock: Clock, edges: Edges) -> GrpcResult:
    async def talk(service: Service) -> None:
        from forepost.agent.edges.dial.http2 import Http2Exchange  # noqa: PLC0415 - 3 MiB

        with service.part("health"):
            at = host_port(target)
            scheme = "https" if options.tls else "http"
            exchange = Http2Exchange(service.stream, clock, scheme=scheme, most_bytes=MOST_BYTES)
            head = await exchange.ask(_request(at, options.service))
            _check_head(head)
            await exchange.read()
            trailers = dict(exchange.trailers or head.headers)
            _check_call(service, trailers)
            state = _state(bytes(exchange.body))
            service.know(serving_status=state)
            if state != SERVING:
                raise Failed("wrong", f"the service is {state}")

    service = Service(options, target, clock, edges)
    await service.run(lambda: host_port(target), talk, alpn=("h2",) if options.tls else None)
    return GrpcResult(**service.told())


def _request(at: HostPort, service: str) -> HttpRequest:
    name = service.encode()
    message = bytes((_FIELD_1_TEXT,)) + _varint(len(name)) + name if name else b""
    return HttpRequest(
        method="POST",
        path=PATH,
        headers=(
            ("Host", str(HostPort(presented(at.host), at.port))),
            ("Content-Type", MEDIA),
            ("TE", "trailers"),
            ("User-Agent", f"forepost/{forepost.__version__}"),
        ),
        body=b"\0" + len(message).to_bytes(4) + message,
    )


def _check_head(head: ResponseHead) -> None:
    """Raises Failed."""
    if head.status != 200:
        raise Failed("wrong", f"HTTP {head.status}: this is no gRPC server")
    media = head.header("content-type")
    if not media.startswith(MEDIA):
        raise Failed("wrong", f"{media[:MOST_SHOWN] or 'no content type'} instead of {MEDIA}")


def _check_call(service: Service, trailers: dict[str, str]) -> None:
    """Raises Failed."""
    said = trailers.get("grpc-status", "")
    if not (said.isascii() and said.isdigit() and len(said) < 4):
        raise Failed("wrong", "the answer has no grpc-status")
    status = int(said)
    service.know(grpc_status=status)
    if status:
        why = _WORDS.get(status) or unquote(trailers.get("grpc-message", "")) or "it failed"
        raise Failed("wrong", f"{why[:MOST_SHOWN]} (grpc-status {status})")


def _state(body: bytes) -> str:
    """Read a HealthCheckResponse; protobuf leaves out what is 0. Raises Failed."""
    length = int.from_bytes(body[1:5])
    message = body[5 : 5 + length]
    if len(body) < 5 or len(message) < length or body[0]:
        raise Failed("wrong", "the answer is no message of gRPC")
    if not message:
        return STATES[0]
    if message[0] != _FIELD_1_NUMBER or len(message) < 2 or message[1] >= len(STATES):
        raise Failed("wrong", "the answer is none of health checking")
    return STATES[message[1]]


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)
