"""A public SDK of ioFog, in a process of its own, talks to the Local API."""

import json
import queue
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from tests.fakes.local_api import LocalApiSite

HERE = Path(__file__).parent / "iofog_sdk"
SECONDS = 40


class SdkMicroservice:
    def __init__(self, port: int, uuid: str) -> None:
        self.heard: queue.Queue[list[Any]] = queue.Queue()
        self.process = subprocess.Popen(
            ["node", "microservice.js", "127.0.0.1", str(port), uuid],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        threading.Thread(target=self._read, daemon=True).start()
        self.hears("ready")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("["):  # it prints what its own log says, too
                self.heard.put(json.loads(line))

    def does(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def hears(self, *expected: Any) -> None:
        assert self.heard.get(timeout=SECONDS) == [*expected]


@contextmanager
def microservices(site: LocalApiSite, *uuids: str) -> Iterator[list[SdkMicroservice]]:
    with ExitStack() as stack:
        yield [stack.enter_context(SdkMicroservice(site.port, uuid)) for uuid in uuids]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[LocalApiSite]:
    made = LocalApiSite(tmp_path)
    made.microservices.configs = {"one": '{"n":1}', "two": "{}"}
    made.microservices.routes = {"one": ["two"]}
    with made.running() as found:
        yield found


def test_a_microservice_gets_its_configuration_and_is_told_of_a_new_one(
    site: LocalApiSite,
) -> None:
    with microservices(site, "one") as [one]:
        one.does("config")
        one.hears("config", {"n": 1})
        one.does("control")
        one.hears("new config")
        site.configure("one", '{"n":2}')
        one.hears("new config")
        one.does("config")
        one.hears("config", {"n": 2})
        site.resources = '[{"id":1,"name":"camera"}]'
        site.portal.call(site.api.resources_changed)
        one.hears("new resources")
        one.does("resources")
        one.hears("resources", [{"id": 1, "name": "camera"}])


def test_a_microservice_that_nobody_knows(site: LocalApiSite) -> None:
    with microservices(site, "nobody") as [one]:
        one.does("config")
        heard = one.heard.get(timeout=SECONDS)
        assert heard[0] == "bad request", heard


def test_messages_from_one_microservice_to_another(site: LocalApiSite) -> None:
    def message(content: str) -> dict[str, str]:
        return {"publisher": "one", "infotype": "text", "tag": "camera", "content": content}

    with microservices(site, "one", "two") as [one, two]:
        one.does("post by HTTP")
        one.hears("receipt", 32, "number")
        two.does("next")
        two.hears("messages", [message("by HTTP")])
        two.does("query one")
        two.hears("query", [message("by HTTP")])
        two.does("messages")
        two.hears("open")
        one.does("messages")
        one.hears("open")
        for number in range(3):
            one.does(f"publish by socket {number}")
            assert one.heard.get(timeout=SECONDS)[:2] == ["receipt", 32]
            two.hears("messages", [message(f"by socket {number}")])
    # the acknowledgement of the last one may have been cut off with its sender
    assert site.ask("POST", "/v2/messages/next", {"id": "two"}).body["count"] <= 1
