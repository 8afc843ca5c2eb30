"""Peers of speed tests: our responder in a thread, and a LibreSpeed server."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from forepost.kit.clock import SystemClock
from forepost.kit.speed.responder import Config, Responder, listening

MIB = os.urandom(1 << 20)


@contextmanager
def responding(**settings: object) -> Iterator[int]:
    """The port of a responder whose token is "token"."""
    config = Config(**{"host": "127.0.0.1", "port": 0, "token": "token", **settings})  # type: ignore[arg-type]
    listener = listening(config.host, config.port)
    thread = threading.Thread(
        target=Responder(config, SystemClock()).serve, args=(listener,), daemon=True
    )
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(2)
        listener.close()
        thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    status: ClassVar = 200

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        chunks = int(parse_qs(url.query).get("ckSize", ["4"])[0])
        size = chunks if url.path.endswith("garbage.php") else 0
        self.send_response(self.status)
        self.send_header("Content-Length", str(size << 20))
        self.end_headers()
        try:
            for _ in range(size):
                self.wfile.write(MIB)
        except OSError:
            self.close_connection = True

    def do_POST(self) -> None:
        left = int(self.headers["Content-Length"])
        try:
            while left > 0 and (data := self.rfile.read(min(left, 1 << 18))):
                left -= len(data)
        except OSError:
            self.close_connection = True
            return
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name there
        """Nobody reads it."""


@contextmanager
def librespeed(status: int = 200) -> Iterator[str]:
    """Base URL of a server that speaks LibreSpeed's protocol, or answers with another status."""
    handler = type("Handler", (_Handler,), {"status": status})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/backend"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
