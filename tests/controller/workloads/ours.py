"""An agent of ours that runs microservices, as far as the controller can see."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from websockets.sync.client import ClientConnection, connect

from forepost.wire.workloads.manifest import Microservice, fingerprint
from tests.running import ControllerProcess, NewAgent, Person


class WorkloadsAgent:
    """Spoken by hand: it says that it runs whatever a test wants."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.manifests: dict[str, Any] = {}
        """By name, as they were given last."""
        self.registries: list[Any] = []
        self.revision = ""
        socket.send("M")
        assert str(socket.recv(40)).startswith("A")
        socket.send("$1;forepost;;_OnNamespaceConnect;0;0;")
        hello = {"version": "0.9.0", "capabilities": ["documents", "workloads"]}
        self.say("hello", hello)

    def say(self, event: str, body: Any) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.socket.send(f";forepost;;{event};0;0;{text}")

    def next(self, event: str, seconds: float = 40) -> Any:
        """The body of the next message of this event; others are passed over."""
        start = f";forepost;;{event};0;0;"
        while not (text := str(self.socket.recv(seconds))).startswith(start):
            pass
        return json.loads(text.removeprefix(start))

    def refused(self, event: str, body: Any) -> str:
        """The reason in the error frame that must come back."""
        self.say(event, body)
        start = f";forepost;;{event};1;0;"
        while not (text := str(self.socket.recv(40))).startswith(start):
            pass
        return text.removeprefix(start)

    def has(self, revision: str, *problems: str, state: str = "applied") -> None:
        said = {"document": "workloads", "revision": revision, "state": state}
        self.say("have_document", said | {"problems": problems})

    def takes(self) -> dict[str, Any]:
        """The next document, whole; said to be in use."""
        found: list[Any] = []
        registries: list[Any] = []
        while True:
            part = self.next("want_document")
            assert part["document"] == "workloads"
            if part["part"] == 1:
                found, registries = [], []
            found += part["body"]["microservices"]
            registries += part["body"]["registries"]
            if part["part"] == part["parts"]:
                break
        self.manifests = {one["name"]: one for one in found}
        self.registries, self.revision = registries, part["revision"]
        self.has(self.revision)
        return self.manifests

    def status(self, name: str, **more: Any) -> dict[str, Any]:
        """It runs as it was given last, unless something else is said."""
        manifest = self.manifests[name]
        print_of = fingerprint_of(manifest)
        return {
            "uuid": manifest["uuid"],
            "state": "RUNNING",
            "wanted": print_of,
            "running": print_of,
            **more,
        }

    def reports(self, *statuses: dict[str, Any], **engine: Any) -> None:
        self.say("microservices", {"engine": engine, "microservices": statuses})

    def runs_all(self) -> None:
        self.reports(*(self.status(name) for name in self.manifests))


def fingerprint_of(manifest: dict[str, Any]) -> str:
    return fingerprint(msgspec.convert(manifest, Microservice))


@contextmanager
def workloads_agent(
    controller: ControllerProcess, agent: NewAgent, *, has: str | None = ""
) -> Iterator[WorkloadsAgent]:
    """Connected; it says that it has this revision of its document, unless None."""
    with connect(controller.ws + "/ws/agent", additional_headers=agent.headers, proxy=None) as line:
        ours = WorkloadsAgent(line)
        if has is not None:
            ours.has(has)
        yield ours


def standing(person: Person, path: str, agent: NewAgent) -> tuple[str, str]:
    """State and reason of a microservice on one agent."""
    for row in person.call("GET", path)["agents"]:
        if row["agent_id"] == agent.id:
            return row["state"], row["reason"]
    return "", ""
