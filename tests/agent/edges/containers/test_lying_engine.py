"""An engine, or who sits in its place, that answers what no engine answers: it is away, whatever it
was asked, and nobody else's fault.
"""

import json
import socketserver
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from threading import Thread

import pytest

from forepost.agent.edges.containers.docker import DockerEngine
from forepost.agent.ports.containers import EngineAway, EngineRefused
from forepost.wire.workloads.manifest import Microservice, VolumeMapping

pytestmark = pytest.mark.anyio

ASKED = Microservice(
    uuid="a", image="x:1", volumes=[VolumeMapping(source="v", target="/v", type="volume")]
)
DEEP = b'{"a":' * 20_000 + b"1" + b"}" * 20_000
ANSWERS = {
    "html": b"<html>proxy</html>",
    "nothing": b"",
    "half": b'{"Id": "ab',
    "null": b"null",
    "number": b"7",
    "list": b"[]",
    "list of numbers": b"[1, 2]",
    "list of objects": b"[{}]",
    "object": b"{}",
    "wrong types": b'{"Id": 7, "id": [], "State": "x", "Volumes": 3, "Config": null, "Name": {}}',
    "not utf-8": b'"\xff\xfe"',
    "deep": DEEP,
    "deep message": b'{"message":' + b"[" * 900 + b"]" * 900 + b"}",
    "long line": b'{"status":"' + b"x" * 400_000 + b'"}\n',
}


async def _all_lines(engine: DockerEngine) -> None:
    async for _ in engine.lines("c", since=None, tail=None, follow=False):
        pass


async def _all_hints(engine: DockerEngine) -> None:
    async for _ in engine.hints():
        pass


CALLS: dict[str, Callable[[DockerEngine], Awaitable[object]]] = {
    "facts": lambda engine: engine.facts(),
    "containers": lambda engine: engine.containers(),
    "usage": lambda engine: engine.usage("c"),
    "is_held": lambda engine: engine.is_held("c", "/l"),
    "hints": _all_hints,
    "create": lambda engine: engine.create(ASKED, "x:1", ""),
    "start": lambda engine: engine.start("c"),
    "stop": lambda engine: engine.stop("c"),
    "remove": lambda engine: engine.remove("c"),
    "lines": _all_lines,
    "image": lambda engine: engine.image(ASKED, None),
    "pull": lambda engine: engine.pull(ASKED, None, lambda _: None),
    "images": lambda engine: engine.images(),
    "remove_image": lambda engine: engine.remove_image("x:1"),
}


class _Liar(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    body = b""
    status = 200
    content_type = "application/json"


class _Handler(socketserver.StreamRequestHandler):
    server: _Liar

    def handle(self) -> None:
        head, size = b"", 0
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return
            head += line
            if line.lower().startswith(b"content-length:"):
                size = int(line.partition(b":")[2])
        self.rfile.read(size)
        status, body = self.server.status, self.server.body
        if b" /version " in head:
            versions = {"ApiVersion": "1.41", "MinAPIVersion": "1.12"}
            status, body = 200, json.dumps(versions).encode()
        with suppress(OSError):
            self.wfile.write(
                b"HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n"
                b"\r\n%s" % (status, self.server.content_type.encode(), len(body), body)
            )


@contextmanager
def liar() -> Iterator[tuple[_Liar, str]]:
    place = Path(mkdtemp(prefix="fpl-", dir="/tmp")) / "s"
    with _Liar(str(place), _Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server, f"unix://{place}"
        finally:
            server.shutdown()
            thread.join()
            place.unlink()
            place.parent.rmdir()


# aiodocker leaves the body of an answer that should have none to the garbage
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("call", CALLS)
async def test_whatever_it_answers_it_is_away_or_refuses(call: str) -> None:
    wrong: list[str] = []
    with liar() as (server, url):
        for status in (200, 201, 204, 500, 404):
            for content_type in ("application/json", "text/plain"):
                for name, body in ANSWERS.items():
                    server.status, server.content_type = status, content_type
                    server.body = b"" if status == 204 else body
                    engine = DockerEngine(url, "agent-1", lambda: "")
                    try:
                        await CALLS[call](engine)
                    except (EngineAway, EngineRefused):
                        pass
                    except Exception as error:  # noqa: BLE001 - what the test is about
                        wrong.append(f"{status} {content_type} {name}: {error!r:.120}")
                    finally:
                        await engine.close()
    assert wrong == []
