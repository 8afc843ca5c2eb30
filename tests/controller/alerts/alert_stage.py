"""A controller with quick timers, a receiver of webhooks, an agent that says what a test says."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.running import ControllerProcess, NewAgent, Person, until

QUICK = {
    "FOREPOST_ALERTS__ALLOW_PRIVATE_TARGETS": "true",
    "FOREPOST_ALERTS__CHECK_SEC": "0.2",
    "FOREPOST_ALERTS__BASELINE_SEC": "0.3",
    "FOREPOST_ALERTS__RETRY_PAUSES_SEC": "[1, 1, 1, 60]",
}


class Hooks:
    """What was posted, by the path it was posted to."""

    def __init__(self) -> None:
        self.came: dict[str, list[Any]] = {}
        self.refused: list[Any] = []
        self.stalled: list[Any] = []
        self.closed = threading.Event()
        self.refusals = 0
        """How many of the next posts are answered with 500."""
        self.stalls = 0
        """How many of the next posts are taken, and never answered."""
        hooks = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if hooks.stalls > 0:
                    hooks.stalls -= 1
                    hooks.stalled.append(body)
                    hooks.closed.wait()
                    return
                refused = hooks.refusals > 0
                hooks.refusals -= refused
                if refused:
                    hooks.refused.append(body)
                else:
                    hooks.came.setdefault(self.path, []).append(body)
                self.send_response(500 if refused else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def close(self) -> None:
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()


class Stage:
    """One workspace with an agent; its rules post to a path of their own."""

    def __init__(self, person: Person, hooks: Hooks, name: str) -> None:
        self.person, self.hooks, self.name = person, hooks, f"/{name}"
        self.workspace = person.workspace(name)
        self.agent = person.agent(self.workspace, "site")
        self.base = f"/workspaces/{self.workspace}"

    def rule(self, **body: Any) -> dict[str, Any]:
        new = {
            "name": f"rule of {self.name}",
            "operator": ">",
            "threshold": 0,
            "severity": "critical",
            "cooldown_minutes": 0,
            "notify_webhook": True,
            "webhook_url": self.hooks.url(self.name),
            **body,
        }
        made: dict[str, Any] = self.person.call("POST", f"{self.base}/alert-rules", new, status=201)
        return made

    def alerts(self, **query: Any) -> list[Any]:
        found = self.person.ask("GET", f"{self.base}/alerts", params=query)
        assert found.status_code == 200, found.text
        data: list[Any] = found.json()["data"]
        return data

    def notice(
        self,
        event: str,
        number: int = 1,
        meanwhile: Callable[[], None] = lambda: None,
        **fields: Any,
    ) -> Any:
        """The webhook that says so; `number`: how many of them there are by then."""

        def such() -> list[Any]:
            meanwhile()
            came = [n for n in self.hooks.came.get(self.name, []) if n["event"] == event]
            return [n for n in came if all(n[k] == v for k, v in fields.items())]

        until(lambda: len(such()) >= number, 8, lambda: f"{event}: {self.hooks.came}")
        assert len(such()) == number
        return such()[-1]

    def noted(self) -> None:
        """All that was told is noted as sent: what is not would be told again after a kill."""

        def states() -> set[str]:
            log = self.person.call("GET", f"{self.base}/deliveries")["data"]
            return {line["state"] for line in log}

        until(lambda: states() <= {"sent", "superseded"}, 8, states)

    def quiet(self, seconds: float = 0.6) -> None:
        """Nothing comes."""
        before = len(self.hooks.came.get(self.name, []))
        time.sleep(seconds)
        assert len(self.hooks.came.get(self.name, [])) == before, self.hooks.came[self.name]

    def speaking(self, agent: NewAgent | None = None) -> AbstractContextManager["Speaker"]:
        return speaking(self.person, agent or self.agent)


class Speaker:
    """An agent of NetWatcher's kind. Every post is acknowledged before the next."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._last = datetime.now(UTC)

    def beat(self) -> None:
        """What an agent says that has nothing to say."""
        self._socket.send(';agent;;ping;0;0;{"ts":"2026-11-21T09:14:47Z"}')
        assert str(self._socket.recv(5)).startswith(";agent;;pong")

    def post(
        self,
        kind: str,
        payload: Any,
        *,
        probe: int = 0,
        target: str = "",
        ago_sec: float = 0.0,
    ) -> None:
        made = max(datetime.now(UTC), self._last + timedelta(microseconds=1))
        self._last = made
        body = {
            "probe_id": probe,
            "created_at": (made - timedelta(seconds=ago_sec)).isoformat(),
            "type": kind,
            "payload": payload,
            "target": target,
        }
        self._socket.send(f";agent;;probe_post;0;0;{json.dumps(body)}")
        while not (answer := str(self._socket.recv(5))).startswith(";agent;;probe_post_ok"):
            assert not answer.startswith(";agent;;probe_post;1;"), answer


@contextmanager
def speaking(person: Person, agent: NewAgent) -> Iterator[Speaker]:
    """The agent is connected."""
    url = person.controller.ws + "/ws"
    with connect(url, additional_headers=agent.headers, proxy=None) as socket:
        socket.send("M")
        assert str(socket.recv(5)).startswith("A")
        socket.send("$1;agent;;_OnNamespaceConnect;0;0;")
        assert socket.recv(5) == "$1;;;;;;"
        yield Speaker(socket)


def quick_controller(folder: Any) -> ControllerProcess:
    controller = ControllerProcess(folder)
    controller.env.update(QUICK)
    return controller
