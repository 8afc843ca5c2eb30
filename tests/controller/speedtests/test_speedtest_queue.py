"""Speed tests asked for over REST, run by an agent of NetWatcher's make, watched on a panel."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.agent_socket import agent_socket
from tests.running import ControllerProcess, NewAgent, Person

DATA = {
    "test_data": [{"id": "1234", "dl_speed": 12_500_000.0, "ul_speed": 2_500_000.0}],
    "timestamp": "2026-11-21T09:14:27Z",
}


@pytest.fixture
def agent(person: Person) -> NewAgent:
    return person.agent(person.workspace("w"))


def queue(agent: NewAgent) -> str:
    return f"/workspaces/{agent.workspace}/agents/{agent.id}/speedtest-queue"


@contextmanager
def panel(
    controller: ControllerProcess, person: Person, workspace: int
) -> Iterator[ClientConnection]:
    bearer = {"Authorization": f"Bearer {person.token}"}
    with connect(controller.ws + "/ws/panel", additional_headers=bearer, proxy=None) as socket:
        socket.send(json.dumps({"type": "subscribe", "workspace_id": workspace, "probe_id": 0}))
        assert json.loads(socket.recv(5))["type"] == "subscribe_ok"
        yield socket


def told(socket: ClientConnection) -> list[Any]:
    """State and error of the next update."""
    while (frame := json.loads(socket.recv(5)))["type"] != "speedtest_update":
        pass
    return [frame["queue_id"], frame["status"], frame["error"]]


def test_a_test_is_asked_for_run_and_kept(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    with panel(controller, person, agent.workspace) as watching:
        body = {"server_id": "1234", "server_name": "Somewhere"}
        first = person.call("POST", queue(agent), body, status=201)
        assert (first["status"], first["server_id"]) == ("pending", "1234")
        second = person.call("POST", queue(agent), {}, status=201)
        assert told(watching) == [first["id"], "pending", ""]
        assert told(watching) == [second["id"], "pending", ""]
        with agent_socket(controller, agent) as socket:
            handed = socket.ask("speedtest_queue_get", {}, "speedtest_queue")
            assert [one["id"] for one in handed] == [first["id"]]
            assert told(watching) == [first["id"], "running", ""]
            assert socket.ask("speedtest_queue_get", {}, "speedtest_queue") == []
            result = {"queue_id": first["id"], "success": True, "data": DATA}
            assert socket.ask("speedtest_result", result, "speedtest_result_ok") == {"ok": True}
            assert told(watching) == [first["id"], "completed", ""]
            # The next one is pushed to an agent that has asked before.
            pushed = socket.next("speedtest_queue")
            assert [one["id"] for one in pushed] == [second["id"]]
            assert told(watching) == [second["id"], "running", ""]
            failed = {"queue_id": second["id"], "success": False, "error": "no route"}
            socket.ask("speedtest_result", failed, "speedtest_result_ok")
            assert told(watching) == [second["id"], "failed", "no route"]
            again = socket.refused("speedtest_result", failed)
            assert again == "queue_id: no test of this agent is open by that number"
    listed = person.call("GET", queue(agent))
    assert listed["total"] == 2
    assert [one["status"] for one in listed["data"]] == ["failed", "completed"]
    find = f"/workspaces/{agent.workspace}/probe-data/find?type=SPEEDTEST&probeId=0"
    (row,) = person.call("GET", find)["data"]
    assert (row["payload"], row["target"], row["agent_id"]) == (DATA, "1234", agent.id)


def test_cancelling_and_bounds(person: Person, agent: NewAgent) -> None:
    tests = [person.call("POST", queue(agent), {}, status=201) for _ in range(20)]
    refused = person.call("POST", queue(agent), {}, status=409)
    assert refused == {"error": "20 tests of this agent are waiting already"}
    one = f"{queue(agent)}/{tests[0]['id']}"
    person.call("DELETE", one)
    assert person.call("GET", one)["status"] == "cancelled"
    assert person.call("DELETE", one, status=409) == {"error": "the test is cancelled"}
    person.call("GET", f"{queue(agent)}/999999", status=404)


def test_servers_that_an_agent_found(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    servers = [{"id": "7", "name": "Here", "lat": "52.1", "lon": "13.2", "distance": 4.5}]
    with agent_socket(controller, agent) as socket:
        socket.ask("speedtest_servers", servers, "speedtest_servers_ok")
        many = servers * 51
        assert "length <= 50" in socket.refused("speedtest_servers", many)
    path = f"/workspaces/{agent.workspace}/agents/{agent.id}/speedtest-servers"
    (found,) = person.call("GET", path)["data"]
    assert (found["id"], found["name"], found["distance"]) == ("7", "Here", 4.5)
