"""Panels on the sockets of a running controller, in both ways of writing."""

import json
import time
from typing import Any

import httpx
import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.agent_socket import agent_socket
from tests.controller.topology.mtr_reports import ping, report
from tests.running import ControllerProcess, Person

RAW = "/ws/panel/raw"
SHUT_OUT_SEC = 5.0


def panel(controller: ControllerProcess, person: Person, path: str = "/ws/panel") -> Any:
    bearer = {"Authorization": f"Bearer {person.token}"}
    return connect(controller.ws + path, additional_headers=bearer, proxy=None, max_size=None)


def subscribed(socket: ClientConnection, workspace: int, probe: int = 0) -> None:
    ask(socket, {"type": "subscribe", "workspace_id": workspace, "probe_id": probe})


def ask(socket: ClientConnection, said: dict[str, Any]) -> Any:
    socket.send(json.dumps(said))
    return json.loads(socket.recv(5))


def next_of(socket: ClientConnection, kind: str, timeout: float = 10) -> Any:
    """The next frame of this kind; others are passed over."""
    deadline = time.monotonic() + timeout
    while True:
        frame = json.loads(socket.recv(deadline - time.monotonic()))
        if kind in (frame.get("type"), frame.get("event")):
            return frame


def test_the_implementations_way_on_its_own_path(
    controller: ControllerProcess, person: Person
) -> None:
    workspace = person.workspace("w")
    agent = person.agent(workspace)
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    where = {"workspace_id": workspace, "probe_id": probe}
    url = f"{controller.ws}{RAW}?token={person.token}"
    with connect(url, proxy=None) as raw, agent_socket(controller, agent) as speaker:
        assert ask(raw, {"event": "ping"}) == {"event": "pong"}
        expected = {"event": "subscribe_ok", "data": where}
        assert ask(raw, {"event": "subscribe", "data": where}) == expected
        speaker.post("PING", ping(5.0), probe_id=probe, target="198.18.0.1")
        found = json.loads(raw.recv(5))
        assert found["event"] == "probe_data"
        data = found["data"]
        assert {k: data[k] for k in where} == where
        assert (data["type"], data["agent_id"], data["target"]) == ("PING", agent.id, "198.18.0.1")
        assert (data["probe_agent_id"], data["target_agent"]) == (agent.id, 0)
        assert data["payload"]["packet_loss"] == 0.0
        assert len(data["created_at"]) == len("2026-01-01T00:00:00Z")
        assert ask(raw, {"event": "unsubscribe", "data": where})["event"] == "unsubscribe_ok"
        nowhere = {"event": "subscribe", "data": {"workspace_id": 2**31 - 1}}
        assert ask(raw, nowhere) == {"event": "error", "data": {"error": "workspace not found"}}


def test_each_frame_is_answered_in_its_own_way(
    controller: ControllerProcess, person: Person
) -> None:
    with panel(controller, person) as socket, panel(controller, person, RAW) as raw:
        for each in (socket, raw):
            assert ask(each, {"type": "ping"}) == {"type": "pong"}
            assert ask(each, {"event": "ping"}) == {"event": "pong"}


@pytest.mark.parametrize("path", ["/ws/panel", RAW])
def test_a_wrong_token_is_401_before_the_upgrade(controller: ControllerProcess, path: str) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "LgZlIL7JQRkws1o6ZifnCQ==",
    }
    for query, more in (("", {}), ("?token=x", {}), ("", {"Authorization": "Bearer a.b.c"})):
        answer = httpx.get(controller.url + path + query, headers=upgrade | more, verify=False)
        assert answer.status_code == 401
        assert set(answer.json()) == {"error"}
    # A stranger writes no line of a fault: a later one would be there by now.
    httpx.get(controller.url + "/readyz", verify=False)
    assert "uvicorn.error" not in controller.output


def test_who_is_removed_from_a_workspace_hears_no_more_of_it(
    controller: ControllerProcess, person: Person
) -> None:
    workspace = person.workspace("w")
    agent = person.agent(workspace)
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    guest = controller.person("panel-guest@example.com", "a good password")
    own = guest.workspace("own")
    members = f"/workspaces/{workspace}/members"
    member = person.admit(guest, workspace, "VIEWER")
    with panel(controller, guest) as theirs, panel(controller, person) as mine:
        subscribed(theirs, workspace)
        subscribed(theirs, own)
        subscribed(mine, workspace)
        person.call("PATCH", f"{members}/{member}", {"role": "USER"})  # another role is no end
        assert ask(theirs, {"type": "ping"}) == {"type": "pong"}
        person.call("DELETE", f"{members}/{member}")
        over = next_of(theirs, "error", SHUT_OUT_SEC)
        assert over == {
            "type": "error",
            "error": "workspace not found",
            "workspace_id": workspace,
        }
        with agent_socket(controller, agent) as speaker:
            speaker.post("PING", ping(5.0), probe_id=probe)
        assert next_of(mine, "probe_data")["probe_id"] == probe
        assert ask(theirs, {"type": "ping"}) == {"type": "pong"}  # and nothing before it


def test_a_session_that_ends_is_said_and_closed(controller: ControllerProcess) -> None:
    person = controller.person("panel-leaver@example.com", "a good password")
    workspace = person.workspace("w")
    with panel(controller, person, RAW) as raw:
        assert ask(raw, {"event": "subscribe", "data": {"workspace_id": workspace}})
        person.call("POST", "/auth/logout")
        assert next_of(raw, "error")["data"]["error"] == "the session has ended"
        with pytest.raises(ConnectionClosed) as closed:
            raw.recv(5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


def test_agents_that_come_and_go_and_maps_that_change_are_told(
    controller: ControllerProcess, person: Person
) -> None:
    workspace = person.workspace("w")
    agent = person.agent(workspace, "edge")
    mtr = person.probe(agent, type="MTR", targets=["203.0.113.9"])
    with panel(controller, person) as socket, panel(controller, person, RAW) as raw:
        subscribed(socket, workspace)
        raw.send(json.dumps({"event": "subscribe", "data": {"workspace_id": workspace}}))
        time.sleep(2.5)  # a turn: what was so before is no news
        agents = f"/workspaces/{workspace}/agents"
        new = person.call("POST", agents, {"name": "new"}, status=201)["agent"]["id"]
        added = next_of(socket, "agent_update")
        assert added == {
            "type": "agent_update",
            "workspace_id": workspace,
            "agent_id": new,
            "event": "added",
            "name": "new",
            "status": "unknown",
            "last_seen_at": None,
        }
        person.call("POST", f"{agents}/{new}/heartbeat")
        back = next_of(socket, "agent_update")
        assert (back["event"], back["status"]) == ("changed", "online")
        with agent_socket(controller, agent) as speaker:
            hops = [("192.0.2.1", 1.0, 0.0), ("203.0.113.9", 2.0, 0.0)]
            speaker.post("MTR", report(hops), probe_id=mtr)
        while True:
            drawn = next_of(socket, "network_map_update")
            if any(node["id"] == "hop:192.0.2.1" for node in drawn["nodes"]):
                break
        assert set(drawn) == {"type", "workspace_id", "nodes", "edges", "generated_at"}
        assert len(drawn["edges"]) == 2
        person.call("DELETE", f"{agents}/{new}")
        gone = next_of(socket, "agent_update")
        assert (gone["event"], gone["agent_id"], gone["name"]) == ("removed", new, "new")
        assert next_of(raw, "agent_update")["data"]["agent_id"] == new
        assert next_of(raw, "network_map_update")["data"]["workspace_id"] == workspace


def test_a_panel_that_does_not_read_slows_nobody_and_takes_little(
    controller: ControllerProcess, person: Person
) -> None:
    """36 MB for a panel that reads nothing, beyond what the kernel keeps."""
    workspace = person.workspace("w")
    agent = person.agent(workspace)
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    assert controller.child is not None
    process = psutil.Process(controller.child.pid)
    payload = {**ping(5.0), "addr": "x" * 60_000}
    with agent_socket(controller, agent) as speaker, panel(controller, person) as deaf:
        subscribed(deaf, workspace)  # from now on it takes 16 frames, and then no more
        speaker.post("PING", payload, probe_id=probe)
        before = process.memory_info().rss
        slowest = 0.0
        for _ in range(600):
            started = time.monotonic()
            speaker.post("PING", payload, probe_id=probe)
            slowest = max(slowest, time.monotonic() - started)
        grown = process.memory_info().rss - before
        assert slowest < 2.0
        assert grown < 30 << 20
        assert next_of(deaf, "gap")["dropped"] > 0
