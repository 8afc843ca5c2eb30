"""The document's frames of the panel's WebSocket, from a running controller."""

import json
import time
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.agent_socket import agent_socket
from tests.controller.topology.mtr_reports import report
from tests.running import ControllerProcess, Person


def panel(controller: ControllerProcess, person: Person) -> Any:
    bearer = {"Authorization": f"Bearer {person.token}"}
    return connect(controller.ws + "/ws/panel", additional_headers=bearer, proxy=None)


def subscribe(socket: ClientConnection, workspace: int) -> None:
    socket.send(json.dumps({"type": "subscribe", "workspace_id": workspace, "probe_id": 0}))
    assert json.loads(socket.recv(5))["type"] == "subscribe_ok"


def next_of(socket: ClientConnection, kind: str) -> Any:
    while (frame := json.loads(socket.recv(10)))["type"] != kind:
        pass
    return frame


def test_network_map_update(controller: ControllerProcess, person: Person) -> None:
    workspace = person.workspace("Production")
    agent = person.agent(workspace)
    probe = person.probe(agent, type="MTR", targets=["8.8.8.8"])
    with panel(controller, person) as socket, agent_socket(controller, agent) as speaker:
        subscribe(socket, workspace)
        time.sleep(2.5)  # what is so at first is no news
        speaker.post(
            "MTR", report([("192.0.2.1", 1.0, 0.0), ("8.8.8.8", 5.0, 0.0)]), probe_id=probe
        )
        found = next_of(socket, "network_map_update")
    assert set(found) == {"type", "workspace_id", "nodes", "edges", "generated_at"}
    assert found["workspace_id"] == workspace
    assert {node["type"] for node in found["nodes"]} == {"agent", "hop", "destination"}
    assert len(found["edges"]) == 2
    assert found["generated_at"].endswith("Z")


def test_speedtest_update(controller: ControllerProcess, person: Person) -> None:
    workspace = person.workspace("Production")
    agent = person.agent(workspace)
    with panel(controller, person) as socket, agent_socket(controller, agent) as speaker:
        subscribe(socket, workspace)
        queue = f"/workspaces/{workspace}/agents/{agent.id}/speedtest-queue"
        made = person.call("POST", queue, {}, status=201)
        assert next_of(socket, "speedtest_update")["status"] == "pending"
        speaker.ask("speedtest_queue_get", {}, "speedtest_queue")
        found = next_of(socket, "speedtest_update")
        example = {
            "type": "speedtest_update",
            "workspace_id": workspace,
            "agent_id": agent.id,
            "queue_id": made["id"],
            "status": "running",
        }
        assert {k: found[k] for k in example} == example
