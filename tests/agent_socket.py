"""An agent of NetWatcher's make on the controller's socket, as far as tests need one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.running import ControllerProcess, NewAgent


class AgentSocket:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        socket.send("M")
        assert str(socket.recv(5)).startswith("A")
        socket.send("$1;agent;;_OnNamespaceConnect;0;0;")
        assert socket.recv(5) == "$1;;;;;;"

    def say(self, event: str, body: Any) -> None:
        self._socket.send(f";agent;;{event};0;0;{json.dumps(body)}")

    def next(self, event: str) -> Any:
        """The body of the next message of this event; others are passed over."""
        start = f";agent;;{event};0;0;"
        while not (text := str(self._socket.recv(5))).startswith(start):
            assert text.split(";", 6)[4] != "1", text
        return json.loads(text.removeprefix(start))

    def ask(self, event: str, body: Any, answer: str) -> Any:
        self.say(event, body)
        return self.next(answer)

    def refused(self, event: str, body: Any) -> str:
        """The reason in the error frame that must come back."""
        self.say(event, body)
        start = f";agent;;{event};1;0;"
        while not (text := str(self._socket.recv(5))).startswith(start):
            pass
        return text.removeprefix(start)

    def probes(self) -> list[Any]:
        """The list as it is now; those that were pushed before are passed over."""
        self.say("probe_get", "please")
        self.say("ping", {})
        found: list[Any] | None = None
        while not (text := str(self._socket.recv(5))).startswith(";agent;;pong;"):
            if text.startswith(";agent;;probe_get;0;0;"):
                found = json.loads(text.split(";", 6)[6])
        assert found is not None
        return found

    def pushed(self) -> list[Any]:
        """The next list that comes."""
        found: list[Any] = self.next("probe_get")
        return found

    def post(
        self, kind: str, payload: Any, *, probe_id: int = 0, at: datetime | None = None, **more: Any
    ) -> None:
        """Post a result and wait until it is kept."""
        created = (at or datetime.now(UTC)).isoformat()
        envelope = {
            "probe_id": probe_id,
            "triggered": False,
            "triggered_reason": "",
            "created_at": created,
            "type": kind,
            "payload": payload,
            **more,
        }
        assert self.ask("probe_post", envelope, "probe_post_ok") == {"ok": True}


@contextmanager
def agent_socket(controller: ControllerProcess, agent: NewAgent) -> Iterator[AgentSocket]:
    with connect(controller.ws + "/ws", additional_headers=agent.headers, proxy=None) as socket:
        yield AgentSocket(socket)
