"""Speed tests from the API over a running agent to its result, against each kind of server."""

import json
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from tests.free_ports import free_port
from tests.lab.speed import librespeed
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, until

SHORT = {"FOREPOST_SPEEDTEST__DURATION_SEC": "0.5", "FOREPOST_SPEEDTEST__STREAMS": "2"}


def test_against_another_agent_the_controller_and_a_public_server(tmp_path: Path) -> None:
    port, own_port = free_port(), free_port()
    process = ControllerProcess(tmp_path / "controller")
    process.env["FOREPOST_SPEEDTEST__LISTEN"] = f"127.0.0.1:{own_port}"
    with librespeed() as url:
        controller = process.start()
        person = controller.person()
        workspace = person.workspace("w")
        agent, other = person.agent(workspace), person.agent(workspace, "other")
        here = {"public_ip_override": "127.0.0.1"}
        person.call("PATCH", f"/workspaces/{workspace}/agents/{other.id}", here)
        servers = json.dumps([{"id": "7", "url": url, "name": "Here"}])
        listen = {"FOREPOST_SPEEDTEST__LISTEN": f"127.0.0.1:{port}"}
        agents = [
            AgentProcess(
                tmp_path / "agent",
                controller.url,
                agent,
                **SHORT,
                FOREPOST_SPEEDTEST__SERVERS=servers,
            ),
            AgentProcess(tmp_path / "other", controller.url, other, **listen),
        ]
        try:
            for one in agents:
                one.start()
            offers = f"/workspaces/{workspace}/agents/{agent.id}/speedtest-servers"
            wanted = {"7", "controller", f"agent:{other.id}"}
            until(
                lambda: {one["id"] for one in person.call("GET", offers)["data"]} == wanted,
                15,
                lambda: agents[0].output + agents[1].output + process.output,
            )
            frames = watched(controller, person, agent, ["", "controller", f"agent:{other.id}"])
            nobody = ended(person, agent, "agent:999")
            assert nobody["error"] == "no address of agent 999 is known in this workspace"
        finally:
            for ending in (*agents, process):
                ending.end()
    results = [one for one in frames if one["type"] == "probe_data"]
    assert [one["data"]["target"] for one in results] == ["", "controller", f"agent:{other.id}"]
    for one in results:
        (figures,) = one["data"]["payload"]["test_data"]
        assert figures["dl_speed"] > 1e6
        assert figures["ul_speed"] > 1e6
    updates = [one for one in frames if one["type"] == "speedtest_update"]
    assert {one["status"] for one in updates} == {"pending", "running", "completed"}
    phases = {one["progress"]["phase"] for one in updates if "progress" in one}
    assert {"download", "upload"} <= phases


def watched(
    controller: ControllerProcess, person: Person, agent: NewAgent, servers: list[str]
) -> list[Any]:
    """What a panel hears while these tests are asked for, until the last one has ended."""
    frames: list[Any] = []
    bearer = {"Authorization": f"Bearer {person.token}"}
    with connect(controller.ws + "/ws/panel", additional_headers=bearer, proxy=None) as socket:
        socket.send(json.dumps({"type": "subscribe", "workspace_id": agent.workspace}))
        asked = [ask(person, agent, server) for server in servers]
        done = 0
        while done < len(asked):
            frame = json.loads(socket.recv(15))
            if frame["type"] in ("speedtest_update", "probe_data"):
                if frame["type"] == "speedtest_update" or frame["probe_type"] == "SPEEDTEST":
                    frames.append(frame)
                done += frame.get("status") in ("completed", "failed", "expired")
    return frames


def ask(person: Person, agent: NewAgent, server: str) -> int:
    path = f"/workspaces/{agent.workspace}/agents/{agent.id}/speedtest-queue"
    return int(person.call("POST", path, {"server_id": server}, status=201)["id"])


def ended(person: Person, agent: NewAgent, server: str) -> Any:
    number = ask(person, agent, server)
    path = f"/workspaces/{agent.workspace}/agents/{agent.id}/speedtest-queue/{number}"

    def found() -> Any:
        test = person.call("GET", path)
        return test if test["completed_at"] else None

    return until(found, 5)
