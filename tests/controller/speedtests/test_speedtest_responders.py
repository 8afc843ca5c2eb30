"""Tests against other agents: who is told of whom, and what only those two and we know."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from forepost.kit.speed.terms import secret_of
from tests.agent_socket import AgentSocket, agent_socket
from tests.running import ControllerProcess, NewAgent, Person, until


@contextmanager
def ours(controller: ControllerProcess, agent: NewAgent, port: int) -> Iterator[AgentSocket]:
    """An agent that speaks our namespace too, and answers tests on this port."""
    with agent_socket(controller, agent) as socket:
        socket._socket.send("$2;forepost;;_OnNamespaceConnect;0;0;")
        hello = {"version": "0.1.0", "capabilities": ["speedtest"], "speedtest_port": port}
        socket._socket.send(f";forepost;;hello;0;0;{json.dumps(hello)}")
        yield socket


def queue(agent: NewAgent) -> str:
    return f"/workspaces/{agent.workspace}/agents/{agent.id}/speedtest-queue"


def offered(person: Person, agent: NewAgent) -> list[Any]:
    path = f"/workspaces/{agent.workspace}/agents/{agent.id}/speedtest-servers"
    return list(person.call("GET", path)["data"])


def failed(person: Person, agent: NewAgent, socket: AgentSocket, server: str) -> str:
    """Why a test against it fails; the agent is not bothered with it."""
    test = person.call("POST", queue(agent), {"server_id": server}, status=201)
    assert socket.ask("speedtest_queue_get", {}, "speedtest_queue") == []
    return str(until(lambda: person.call("GET", f"{queue(agent)}/{test['id']}")["error"], 5))


def test_an_agent_gets_a_ticket_that_nobody_else_sees(
    controller: ControllerProcess, person: Person
) -> None:
    workspace = person.workspace("w")
    agent, other = person.agent(workspace), person.agent(workspace, "other")
    body = {"public_ip_override": "198.18.0.9"}
    person.call("PATCH", f"/workspaces/{workspace}/agents/{other.id}", body)
    with ours(controller, agent, 0) as socket, ours(controller, other, 5260):
        (server,) = until(lambda: offered(person, agent), 5)
        assert (server["id"], server["host"]) == (f"agent:{other.id}", "198.18.0.9:5260")
        test = person.call("POST", queue(agent), {"server_id": server["id"]}, status=201)
        (order,) = socket.ask("speedtest_queue_get", {}, "speedtest_queue")
        responder = order["responder"]
        key = hashlib.sha256(other.psk.encode()).hexdigest()
        assert (responder["host"], responder["port"]) == ("198.18.0.9", 5260)
        assert responder["secret"] == secret_of(key, responder["ticket"])
        shown = person.call("GET", f"{queue(agent)}/{test['id']}")
        assert "responder" not in shown
        assert shown["status"] == "running"


def test_what_cannot_be_tested_fails_at_once_with_its_reason(
    controller: ControllerProcess, person: Person
) -> None:
    workspace = person.workspace("w")
    agent, quiet = person.agent(workspace), person.agent(workspace, "quiet")
    stranger = person.agent(person.workspace("v"))
    for one in (quiet, stranger):
        path = f"/workspaces/{one.workspace}/agents/{one.id}"
        person.call("PATCH", path, {"public_ip_override": "198.18.0.9"})
    with ours(controller, stranger, 5260), ours(controller, agent, 0) as socket:
        assert offered(person, agent) == []
        for server, reason in {
            f"agent:{stranger.id}": f"no address of agent {stranger.id} is known in this workspace",
            f"agent:{quiet.id}": f"agent {quiet.id} answers no speed tests: speedtest.listen is not"
            " set there",
            "controller": "this controller answers no speed tests: speedtest.listen is not set",
        }.items():
            assert failed(person, agent, socket, server) == reason
    with agent_socket(controller, quiet) as netwatchers:
        reason = failed(person, quiet, netwatchers, f"agent:{agent.id}")
        assert reason == "the agent does not know how to test against forepost's responders"
