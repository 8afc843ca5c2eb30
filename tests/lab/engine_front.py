"""A front of a container engine that refuses what is older than a minimum, as newer engines do."""

import json
import re
import socket
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Final

from tests.lab.container_engine import ContainerEngine

REALLY: Final = 41
"""What Debian's engine speaks: 1.41."""


class EngineFront(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, place: Path, engine: Path, oldest: int, newest: int) -> None:
        self.engine, self.oldest, self.newest = engine, oldest, newest
        self.refused: list[str] = []
        self.broken: dict[str, bytes] = {}
        """Containers that cannot be shown: the status and body of the answer."""
        super().__init__(str(place), _Handler)


class _Handler(socketserver.StreamRequestHandler):
    server: EngineFront

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return
            head += line
        first, rest = head.split(b"\r\n", 1)
        asked = re.search(rb" /v1\.(\d+)/", first)
        if asked is not None and not self.server.oldest <= int(asked[1]) <= self.server.newest:
            self.server.refused.append(first.decode())
            self._answer(
                b"400 Bad Request",
                {
                    "message": f"client version 1.{int(asked[1])} is too old. Minimum supported API"
                    f" version is 1.{self.server.oldest}, please upgrade your client"
                },
            )
            return
        for number, answer in self.server.broken.items():
            if f"/containers/{number}/json".encode() in first:
                self.wfile.write(b"HTTP/1.1 %s" % answer)
                return
        first = re.sub(rb" /v1\.\d+/", f" /v1.{REALLY}/".encode(), first)
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect(str(self.server.engine))
            size = re.search(rb"content-length: (\d+)", rest.lower())
            body = self.rfile.read(int(size[1])) if size else b""
            engine.sendall(first + b"\r\nConnection: close\r\n" + rest + body)
            if b" /version " in first:
                self._versions(engine)
                return
            while data := engine.recv(1 << 16):
                self.wfile.write(data)

    def _versions(self, engine: socket.socket) -> None:
        data = b""
        while more := engine.recv(1 << 16):
            data += more
        told = json.loads(data.partition(b"\r\n\r\n")[2])
        told |= {
            "ApiVersion": f"1.{self.server.newest}",
            "MinAPIVersion": f"1.{self.server.oldest}",
        }
        self._answer(b"200 OK", told)

    def _answer(self, status: bytes, what: object) -> None:
        body = json.dumps(what).encode()
        self.wfile.write(
            b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (status, len(body), body)
        )


@contextmanager
def front(
    engine: ContainerEngine, *, oldest: int, newest: int
) -> Iterator[tuple[str, EngineFront]]:
    """The URL of the front, and the front, whose versions a test may change."""
    place = engine.folder / f"front-{oldest}-{newest}"
    with EngineFront(place, engine.socket, oldest, newest) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"unix://{place}", server
        finally:
            server.shutdown()
            thread.join()
    place.unlink()
