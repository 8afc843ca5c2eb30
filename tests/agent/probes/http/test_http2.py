"""HTTP/2: real servers that have it, and odd ones."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h2.connection
import h2.events
import pytest

from forepost.agent.probes.http import probe
from forepost.kit.clock import SystemClock
from forepost.wire.probes.http import HttpOptions, HttpResult
from tests.lab import services
from tests.lab.certificates import Authority
from tests.lab.http2_server import Answer, speaking
from tests.lab.peers import real_edges, serving

pytestmark = pytest.mark.anyio

LOCATIONS = """
location / { default_type text/plain; return 200 "it works"; }
location /moved { return 302 /said; }
location /said { default_type text/plain; add_header X-Method $request_method; return 200 "said"; }
location /large { root %s; default_type text/plain; client_max_body_size 1m; }
"""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def nginx(tmp_path: Path, authority: Authority) -> Iterator[int]:
    (tmp_path / "large").mkdir()
    (tmp_path / "large" / "page").write_bytes(b"0123456789" * 20_000)
    certificate = authority.file("localhost")
    with services.nginx(tmp_path, certificate, locations=LOCATIONS % tmp_path) as port:
        yield port


async def get(url: str, **options: Any) -> HttpResult:
    asked = HttpOptions(**{"timeout_sec": 5.0, **options})
    return await probe.run(asked, url, SystemClock(), real_edges())


async def test_a_server_that_has_it_is_asked_in_it(nginx: int, authority: Authority) -> None:
    own = authority.ca.cert_pem.bytes().decode()
    got = await get(f"https://localhost:{nginx}/", ca_pem=own, expected_content="works")
    old = await get(f"https://localhost:{nginx}/", ca_pem=own, http_version="1.1")
    new = await get(f"https://localhost:{nginx}/", ca_pem=own, http_version="2")
    assert (got.protocol, got.status_text, got.error) == ("HTTP/2.0", "200 OK", "")
    assert (got.body_size, got.content_type, got.content_match) == (8, "text/plain", True)
    assert got.headers["Server"].startswith("nginx")
    assert 0 < got.tls_handshake_ms < got.first_byte_ms <= got.total_ms
    assert (old.protocol, old.error) == ("HTTP/1.1", "")
    assert (new.protocol, new.error) == ("HTTP/2.0", "")


async def test_redirects_large_bodies_and_posts(nginx: int) -> None:
    at = f"https://localhost:{nginx}"
    moved = await get(f"{at}/moved", insecure_tls=True)
    large = await get(f"{at}/large/page", insecure_tls=True, expected_content="89012")
    posted = await get(
        f"{at}/said", insecure_tls=True, method="POST", body="x" * 65_536, headers={"X-A": "b"}
    )
    head = await get(f"{at}/large/page", insecure_tls=True, method="HEAD")
    assert (moved.final_url, moved.redirects, moved.status_code) == (f"{at}/said", 1, 200)
    assert (large.body_size, large.error, large.protocol) == (200_000, "", "HTTP/2.0")
    assert (posted.headers["X-Method"], posted.error) == ("POST", "")
    assert (head.status_code, head.body_size, head.error) == (200, 0, "")


async def test_a_server_without_it(authority: Authority) -> None:
    async def old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    async with serving(old, authority.server("localhost")) as port:
        got = await get(f"https://localhost:{port}/", insecure_tls=True)
        new = await get(f"https://localhost:{port}/", insecure_tls=True, http_version="2")
    assert (got.protocol, got.status_code) == ("HTTP/1.1", 200)
    assert new.error == "response: the server does not speak HTTP/2"


def silent(_http: h2.connection.H2Connection, _event: h2.events.Event) -> None:
    """It goes on with the protocol, and answers nothing."""


def well(http: h2.connection.H2Connection, event: h2.events.Event) -> None:
    if isinstance(event, h2.events.StreamEnded):
        http.send_headers(event.stream_id, [(":status", "200"), ("x-own", "yes")])
        http.send_data(event.stream_id, b"hello", end_stream=True)


def announcing(http: h2.connection.H2Connection, event: h2.events.Event) -> None:
    if isinstance(event, h2.events.StreamEnded):
        for _ in range(20):
            http.send_headers(event.stream_id, [(":status", "103")])


def slow(http: h2.connection.H2Connection, event: h2.events.Event) -> None:
    if isinstance(event, h2.events.StreamEnded):
        http.send_headers(event.stream_id, [(":status", "200")])
        http.send_data(event.stream_id, b"half")


def resetting(http: h2.connection.H2Connection, event: h2.events.Event) -> None:
    if isinstance(event, h2.events.RequestReceived):
        http.reset_stream(event.stream_id, 0xD)  # HTTP_1_1_REQUIRED


def leaving(http: h2.connection.H2Connection, event: h2.events.Event) -> None:
    if isinstance(event, h2.events.RequestReceived):
        http.close_connection(0xB)  # ENHANCE_YOUR_CALM


def endless(http: h2.connection.H2Connection, event: h2.events.Event) -> None:
    if isinstance(event, h2.events.StreamEnded):
        http.send_headers(event.stream_id, [(":status", "200")])
    if isinstance(event, (h2.events.StreamEnded, h2.events.WindowUpdated)):
        while room := min(http.local_flow_control_window(1), 16_384):
            http.send_data(1, b"x" * room)


async def test_in_the_clear_where_it_is_known_before() -> None:
    async with serving(speaking(well)) as port:
        got = await get(f"http://localhost:{port}/", http_version="2")
    assert (got.protocol, got.status_code, got.error) == ("HTTP/2.0", 200, "")
    assert (got.headers, got.body_size) == ({"X-Own": "yes"}, 5)


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (announcing, 0, "response: more than 16 responses only announce another (1xx)"),
        (slow, 200, "body: not complete in 1 s"),
        (resetting, 0, "response: the server gives the request up: HTTP_1_1_REQUIRED"),
        (leaving, 0, "response: the server ends the connection: ENHANCE_YOUR_CALM"),
        (silent, 0, "response: no answer in 1 s"),
    ],
)
async def test_servers_that_are_odd(answer: Answer, status: int, error: str) -> None:
    async with serving(speaking(answer)) as port:
        got = await get(f"http://localhost:{port}/", http_version="2", timeout_sec=1.0)
    assert (got.status_code, got.error) == (status, error)


async def test_a_server_that_wants_http_1_1_for_this_is_asked_in_it(authority: Authority) -> None:
    """As web servers do that ask for a client certificate, or for NTLM, at some path only."""
    context = authority.server("localhost")
    context.set_alpn_protocols(["h2", "http/1.1"])
    asked = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        spoken = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        asked.append(spoken)
        if spoken == "h2":
            await speaking(resetting)(reader, writer)
            return
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    async with serving(talk, context) as port:
        got = await get(f"https://localhost:{port}/", insecure_tls=True)
        only = await get(f"https://localhost:{port}/", insecure_tls=True, http_version="2")
    assert asked == ["h2", "http/1.1", "h2"]
    assert (got.protocol, got.status_code, got.error) == ("HTTP/1.1", 200, "")
    assert only.error == "response: the server gives the request up: HTTP_1_1_REQUIRED"


async def test_a_body_without_end_is_read_as_far_as_it_is_wanted() -> None:
    async with serving(speaking(endless)) as port:
        got = await get(f"http://localhost:{port}/", http_version="2")
    assert (got.status_code, got.body_truncated, got.error) == (200, True, "")
    assert got.body_size == 1 << 20


PING = b"\0\0\x08\x06\0\0\0\0\0" + bytes(8)
SETTINGS = b"\0\0\0\x04\0\0\0\0\0"


@pytest.mark.parametrize("more", [PING * 70_000, SETTINGS * 70_000], ids=["pings", "settings"])
async def test_frames_without_end_are_given_up(more: bytes) -> None:
    async with serving(speaking(silent, more=more)) as port:
        got = await get(f"http://localhost:{port}/", http_version="2", timeout_sec=20.0)
    assert got.error == "response: it comes in more than 65,536 pieces"


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\xff" * 100,
        SETTINGS + b"\0\0\x01\x01\x05\0\0\0\x01\xff",
        SETTINGS + b"\xff\xff\xff\x01\x05\0\0\0\x01",
    ],
)
async def test_what_is_no_http2_is_said_so(said: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(said)
        await reader.read()

    async with serving(talk) as port:
        got = await get(f"http://localhost:{port}/", http_version="2", timeout_sec=2.0)
    assert got.error.startswith(("response: HTTP/2: ", "response: no answer in 2 s"))
    assert got.status_code == 0


async def test_a_server_that_wants_a_certificate_says_so_in_http2_too(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = authority.server("localhost")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority.ca.cert_pem.bytes().decode())
    context.set_alpn_protocols(["h2"])
    async with serving(speaking(well), context) as port:
        got = await get(f"https://localhost:{port}/", insecure_tls=True)
    assert got.client_certificate == "required"
    assert "the server wants a client certificate" in got.error
