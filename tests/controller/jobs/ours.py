"""An agent of ours that has jobs, as far as the controller can see."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.running import ControllerProcess, NewAgent

LONG_SEC = 40


class JobsAgent:
    """Spoken by hand: it says of its runs whatever a test wants."""

    def __init__(self, socket: ClientConnection, agent: NewAgent) -> None:
        self.socket, self.agent = socket, agent
        self.deviceid = deviceid_of(agent.id)
        self.runs: dict[int, Any] = {}
        """By number, as they were given last."""
        self.scheduled: list[Any] = []
        self.tags: list[Any] = []
        self.name = ""
        self.revision = ""
        socket.send("M")
        assert str(socket.recv(LONG_SEC)).startswith("A")
        socket.send("$1;forepost;;_OnNamespaceConnect;0;0;")
        self.say("hello", {"version": "0.9.0", "capabilities": ["documents", "jobs"]})

    def say(self, event: str, body: Any) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.socket.send(f";forepost;;{event};0;0;{text}")

    def next(self, event: str, seconds: float = LONG_SEC) -> Any:
        """The body of the next message of this event; others are passed over."""
        start = f";forepost;;{event};0;0;"
        while not (text := str(self.socket.recv(seconds))).startswith(start):
            pass
        return json.loads(text.removeprefix(start))

    def refused(self, event: str, body: Any) -> str:
        """The reason in the error frame that must come back."""
        self.say(event, body)
        start = f";forepost;;{event};1;0;"
        while not (text := str(self.socket.recv(LONG_SEC))).startswith(start):
            pass
        return text.removeprefix(start)

    def is_host(self, *listen: str, **more: Any) -> None:
        self.say("job_host", {"deviceid": self.deviceid, "listen": listen, **more})

    def has(self, revision: str) -> None:
        said = {"document": "jobs", "revision": revision, "state": "applied", "problems": []}
        self.say("have_document", said)

    def takes(self) -> dict[int, Any]:
        """The next document, whole; said to be in use."""
        runs: list[Any] = []
        scheduled: list[Any] = []
        tags: list[Any] = []
        name = ""
        while True:
            part = self.next("want_document")
            if part["document"] != "jobs":
                continue
            if part["part"] == 1:
                runs, scheduled, tags, name = [], [], [], ""
            runs += part["body"]["runs"]
            scheduled += part["body"]["scheduled"]
            tags += part["body"]["tags"]
            name = part["body"]["agent_name"] or name
            if part["part"] == part["parts"]:
                break
        self.runs = {one["run_id"]: one for one in runs}
        self.scheduled, self.revision = scheduled, part["revision"]
        self.tags, self.name = tags, name
        self.has(self.revision)
        return self.runs

    def takes_until(self, true: Any) -> dict[int, Any]:
        """Documents, until one is as it should be."""
        while not true(self.runs):
            self.takes()
        return self.runs

    def report(self, run_id: int, state: str, **more: Any) -> dict[str, Any]:
        wanted = self.runs[run_id]
        return report_of(wanted, state, **more)

    def reports(self, *reports: dict[str, Any]) -> None:
        self.say("job_runs", {"runs": reports})

    def ends(self, run_id: int, state: str = "finished", **more: Any) -> None:
        """Say so, and wait until the controller keeps it."""
        said = self.report(run_id, state, **more)
        self.reports(said)
        while said["uid"] not in self.next("job_runs_kept")["uids"]:
            pass


def report_of(wanted: Any, state: str, **more: Any) -> dict[str, Any]:
    said = {
        "run_id": wanted["run_id"],
        "uid": wanted["uid"],
        "job_id": wanted["job_id"],
        "name": wanted["job"]["name"],
        "state": state,
        "status": "executing script",
    }
    return said | more


def deviceid_of(number: int) -> str:
    return base64.b32encode(sha256(str(number).encode()).digest()[:20]).decode()


@contextmanager
def jobs_agent(
    controller: ControllerProcess, agent: NewAgent, *, has: str | None = "", host: bool = True
) -> Iterator[JobsAgent]:
    """Connected; it says that it has this revision of its document, unless None."""
    with connect(controller.ws + "/ws/agent", additional_headers=agent.headers, proxy=None) as line:
        ours = JobsAgent(line, agent)
        if host:
            ours.is_host()
        if has is not None:
            ours.has(has)
        yield ours
