"""Lists that are pushed to an agent of NetWatcher's make while its probes are made and edited."""

import socket
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.sync.client import connect
from websockets.uri import parse_uri

from tests.agent_socket import AgentSocket
from tests.running import ControllerProcess, NewAgent

PING_SEC = 5.0


@pytest.fixture
def controller(tmp_path: Any) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path / "controller")
    process.env["FOREPOST_HTTP__PING_SEC"] = str(PING_SEC)
    process.start()
    yield process
    process.end()


def own(probes: list[Any]) -> set[int]:
    return {probe["id"] for probe in probes} - {0}


def of(agent: NewAgent) -> str:
    return f"/workspaces/{agent.workspace}/agents/{agent.id}/probes"


def test_probes_that_are_made_take_none_out(controller: ControllerProcess) -> None:
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    with connect(controller.ws + "/ws", additional_headers=agent.headers, proxy=None) as line:
        peer = AgentSocket(line)
        peer.probes()
        made: set[int] = set()
        for number in range(12):
            made.add(person.probe(agent, type="PING", targets=[f"198.18.0.{number + 1}"]))
        seen: set[int] = set()
        while seen != made:
            pushed = own(peer.pushed())
            assert seen <= pushed, "one that was made just now is out again"
            seen = pushed


@pytest.mark.parametrize("restarts", [False, True])
def test_what_was_edited_while_the_agent_was_away_is_gone_from_its_first_list(
    controller: ControllerProcess, *, restarts: bool
) -> None:
    """It runs on while it is away, and measures as it did: it has to lose the probe first."""
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    edited, other = (
        person.probe(agent, type="PING", targets=[f"198.18.0.{number}"]) for number in (1, 2)
    )
    with connect(controller.ws + "/ws", additional_headers=agent.headers, proxy=None) as line:
        assert own(AgentSocket(line).probes()) == {edited, other}
    person.call("PATCH", f"{of(agent)}/{edited}", {"count": 7})
    if restarts:
        controller.stop()
        controller.start()
    with connect(controller.ws + "/ws", additional_headers=agent.headers, proxy=None) as line:
        peer = AgentSocket(line)
        peer.say("probe_get", "please")
        assert own(peer.pushed()) == {other}
        assert [one["count"] for one in peer.pushed() if one["id"] == edited] == [7]


class SlowLine:
    """A WebSocket that nobody reads unless it is asked to: no ping is answered before."""

    def __init__(self, controller: ControllerProcess, agent: NewAgent) -> None:
        self._socket = socket.create_connection(("127.0.0.1", controller.port), timeout=30)
        self._protocol = ClientProtocol(parse_uri(controller.ws + "/ws"))
        request = self._protocol.connect()
        for name, value in agent.headers.items():
            request.headers[name] = value
        self._protocol.send_request(request)
        self._texts: deque[str] = deque()
        self._flush()
        while self._protocol.state is not State.OPEN:
            self._read()

    def send(self, text: str) -> None:
        self._protocol.send_text(text.encode())
        self._flush()

    def recv(self, _timeout: float = 0) -> str:
        while not self._texts:
            self._read()
        return self._texts.popleft()

    def close(self) -> None:
        self._socket.close()

    def _read(self) -> None:
        data = self._socket.recv(65_536)
        assert data, "the connection was cut off"
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._texts.append(bytes(event.data).decode())
        self._flush()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            self._socket.sendall(data)


def test_an_agent_that_stops_probes_and_answers_no_ping_meanwhile_is_not_cut_off(
    controller: ControllerProcess,
) -> None:
    """It reads nothing for longer than the keep-alive waits, 5 s and twice that, and is silent."""
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    line = SlowLine(controller, agent)
    try:
        peer = AgentSocket(line)  # type: ignore[arg-type]  # as much of it as is used
        assert own(peer.probes()) == {probe}
        person.call("PATCH", f"{of(agent)}/{probe}", {"count": 7})
        assert own(peer.pushed()) == set()
        time.sleep(5 * PING_SEC)
        assert [one["count"] for one in peer.pushed() if one["id"] == probe] == [7]
        assert peer.ask("ping", {"ts": ""}, "pong") == {"ok": True}
    finally:
        line.close()
