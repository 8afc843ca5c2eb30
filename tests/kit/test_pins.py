"""Pins, against real TLS servers on loopback."""

import hashlib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from websockets.asyncio.client import connect

from forepost.kit.http import Unreachable, request
from forepost.kit.pins import as_pin, pin_of, pinned

pytestmark = pytest.mark.anyio


class Server:
    """Signed by nobody whom anybody knows; notes whether a request came."""

    def __init__(self, folder: Path) -> None:
        made = trustme.CA().issue_cert("nobody.example")
        chain = made.cert_chain_pems[0].bytes()
        (folder / "cert.pem").write_bytes(chain)
        (folder / "key.pem").write_bytes(made.private_key_pem.bytes())
        known = x509.load_pem_x509_certificate(chain)
        key = known.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.pin = hashlib.sha256(key).hexdigest()
        self.der = known.public_bytes(Encoding.DER)
        self.seen: list[str] = []
        self.folder = folder

    @contextmanager
    def running(self) -> Iterator[int]:
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append(self.headers.get("X-Agent-PSK", ""))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None: ...

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """A handshake that the other side broke off."""

        server = Quiet(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "cert.pem", self.folder / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


async def test_the_pin_is_of_the_public_key(server: Server) -> None:
    assert pin_of(server.der) == server.pin
    shown = ":".join(server.pin[n : n + 2] for n in range(0, 64, 2)).upper()
    assert as_pin(f" {shown} ") == server.pin
    for wrong in ("", "ab", "z" * 64, server.pin + "0"):
        with pytest.raises(ValueError, match="64 hex digits"):
            as_pin(wrong)


async def test_a_server_with_the_pinned_key_is_believed_and_no_other_hears_a_word(
    server: Server,
) -> None:
    secret = {"X-Agent-PSK": "secret"}
    with server.running() as port:
        url = f"https://127.0.0.1:{port}/"
        with pytest.raises(Unreachable):
            await request("GET", url, headers=secret)
        with pytest.raises(Unreachable, match=f"not the pinned one: its pin is {server.pin}"):
            await request("GET", url, headers=secret, tls=pinned("0" * 64))
        assert server.seen == []
        answer = await request("GET", url, headers=secret, tls=pinned(server.pin))
        assert answer.status == 200
        assert server.seen == ["secret"]


async def test_a_websocket_says_nothing_to_another_key(server: Server) -> None:
    secret = {"X-Agent-PSK": "secret"}
    with server.running() as port:
        with pytest.raises(ssl.SSLCertVerificationError, match="not the pinned one"):
            async with connect(
                f"wss://127.0.0.1:{port}/ws",
                ssl=pinned("0" * 64),
                additional_headers=secret,
                proxy=None,
            ):
                pass
        assert server.seen == []
