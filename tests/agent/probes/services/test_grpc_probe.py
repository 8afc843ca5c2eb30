"""gRPC servers: health checking by the reference implementation, and by odd ones."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import HealthServicer
from h2.connection import H2Connection
from h2.events import Event, StreamEnded

from tests.agent.probes.services.asked import asked
from tests.lab.certificates import Authority
from tests.lab.http2_server import speaking
from tests.lab.peers import serving

pytestmark = pytest.mark.anyio

STATES = health_pb2.HealthCheckResponse


@contextmanager
def server(certificate: Path | None = None, *, health: bool = True) -> Iterator[int]:
    made = grpc.server(ThreadPoolExecutor(2))
    if health:
        states = HealthServicer()
        states.set("", STATES.SERVING)
        states.set("shop.Orders", STATES.NOT_SERVING)
        states.set("shop.Carts", STATES.SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(states, made)
    if certificate is None:
        port = made.add_insecure_port("127.0.0.1:0")
    else:
        pem = certificate.read_bytes()
        credentials = grpc.ssl_server_credentials([(pem, pem)])
        port = made.add_secure_port("127.0.0.1:0", credentials)
    made.start()
    try:
        yield port
    finally:
        made.stop(None).wait()


async def test_a_real_server() -> None:
    with server() as port:
        at = f"127.0.0.1:{port}"
        whole = await asked("GRPC", at)
        serving_ = await asked("GRPC", at, service="shop.Carts")
        not_serving = await asked("GRPC", at, service="shop.Orders")
        unknown = await asked("GRPC", at, service="shop.Nothing")
    assert (whole.error, whole.serving_status, whole.grpc_status) == ("", "SERVING", 0)
    assert whole.answer_ms > 0
    assert (serving_.error, serving_.serving_status) == ("", "SERVING")
    assert not_serving.serving_status == "NOT_SERVING"
    assert not_serving.error == "health: the service is NOT_SERVING"
    assert unknown.grpc_status == 5
    assert unknown.error == "health: the server does not know this service (grpc-status 5)"


async def test_a_server_without_health_checking() -> None:
    with server(health=False) as port:
        got = await asked("GRPC", f"127.0.0.1:{port}")
    assert got.error == "health: the server has no health checking (grpc-status 12)"


async def test_inside_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own = authority.ca.cert_pem.bytes().decode()
    with server(authority.file("localhost")) as port:
        got = await asked("GRPC", f"localhost:{port}", tls=True, ca_pem=own)
        clear = await asked("GRPC", f"localhost:{port}")
    assert (got.error, got.serving_status, got.tls_version) == ("", "SERVING", "TLS 1.3")
    assert clear.error.startswith("health: ")


def says(
    body: bytes, *, status: str = "200", media: str = "application/grpc", trailers: bool = True
) -> Callable[[H2Connection, Event], None]:
    def answer(http: H2Connection, event: Event) -> None:
        if isinstance(event, StreamEnded):
            http.send_headers(event.stream_id, [(":status", status), ("content-type", media)])
            http.send_data(event.stream_id, body, end_stream=not trailers)
            if trailers:
                http.send_headers(event.stream_id, [("grpc-status", "0")], end_stream=True)

    return answer


FINE = b"\0\0\0\0\x02\x08\x01"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (says(FINE), ""),
        (says(b"\0\0\0\0\0"), "health: the service is UNKNOWN"),
        (says(FINE, status="404"), "health: HTTP 404: this is no gRPC server"),
        (says(FINE, media="text/html"), "health: text/html instead of application/grpc"),
        (says(FINE, trailers=False), "health: the answer has no grpc-status"),
        (says(b"hello"), "health: the answer is no message of gRPC"),
        (says(b"\0\xff\xff\xff\xff"), "health: the answer is no message of gRPC"),
        (says(b"\0\0\0\0\x01\x08"), "health: the answer is none of health checking"),
        (says(b"\0\0\0\0\x02\x08\x7f"), "health: the answer is none of health checking"),
        (says(b"\0" * 10_000), "health: the service is UNKNOWN"),
    ],
)
async def test_servers_that_are_odd(
    answer: Callable[[H2Connection, Event], None], error: str
) -> None:
    async with serving(speaking(answer)) as port:
        got = await asked("GRPC", f"127.0.0.1:{port}")
    assert got.error == error
