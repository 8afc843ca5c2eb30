"""Registries on loopback for tests: a server of WHOIS, one of RDAP, GeoIP databases."""

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]

TEXTS = Path(__file__).parent / "fakes/registries"


def text(name: str) -> str:
    """What a registry says, in its own format."""
    return (TEXTS / name).read_text()


def write_mmdb(path: Path, kind: str, records: Mapping[str, Any]) -> Path:
    """A database of IPv4 networks with these records, moved to its place at once."""
    writer = MMDBWriter(4, kind, languages=["en"], int_type="auto", float_type="f64")
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    new = path.with_suffix(".new")
    writer.to_db_file(str(new))
    new.replace(path)
    return path


class _Threads:
    server: socketserver.TCPServer

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


class WhoisServer(_Threads):
    """Says `answer(query)` and closes; `asked` has the lines that came."""

    def __init__(self, answer: Callable[[str], bytes | str] | bytes | str) -> None:
        self.asked: list[str] = []
        asked, say = self.asked, answer if callable(answer) else lambda _: answer

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                line = self.rfile.readline(1_000).decode()
                assert line.endswith("\r\n"), line
                asked.append(line.removesuffix("\r\n"))
                said = say(asked[-1])
                try:
                    self.wfile.write(said.encode() if isinstance(said, str) else said)
                except OSError:  # who asked has had enough
                    return

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            address_family = socket.AF_INET

        self.server = Server(("127.0.0.1", 0), Handler)


class RdapServer(_Threads):
    """`answers`: path -> (status, body) or a place to go to."""

    def __init__(self, answers: Mapping[str, tuple[int, str] | str]) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                assert "application/rdap+json" in self.headers["accept"]
                answer = answers.get(self.path, (404, json.dumps({"errorCode": 404})))
                if isinstance(answer, str):
                    self.send_response(302)
                    self.send_header("Location", answer)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                status, body = answer
                self.send_response(status)
                self.send_header("Content-Type", "application/rdap+json")
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://{self.place}"
