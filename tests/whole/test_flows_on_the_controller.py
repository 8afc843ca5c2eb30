"""A running agent meters a cable; its groups come from the controller, its traffic goes there."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forepost.kit.state_file import unsealed
from tests.agent.flows.test_meters import FAR, NEAR, send_datagrams
from tests.lab.net import Namespace, pair
from tests.lonely import LonelyAgent
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, until

PROGRESS_SEC = 15


@pytest.fixture
def cable() -> Iterator[tuple[Namespace, Namespace]]:
    with pair() as ends:
        yield ends


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path / "controller").start()
    yield process
    process.end()


def metering(
    folder: Path, controller: ControllerProcess, agent: NewAgent, **more: str
) -> AgentProcess:
    """Here, and metering nothing unless `more` says so, with a socket."""
    return AgentProcess(
        folder / "agent",
        controller.url,
        agent,
        FOREPOST_SOCKET__PATH=str(folder / "agent.sock"),
        **more,
    ).start()


def client(folder: Path) -> LonelyAgent:
    """Asks on the agent's socket."""
    asking = LonelyAgent(folder)
    asking.socket = folder / "agent.sock"
    return asking


def groups_at(asking: LonelyAgent) -> dict[str, int]:
    return {
        group["name"]: group["entries"]
        for group in asking.ask(command="list-address-groups")["data"]
    }


def test_groups_of_the_controller_reach_the_agent_and_stay(
    tmp_path: Path, controller: ControllerProcess
) -> None:
    person = controller.person()
    workspace = person.workspace("groups")
    new, other = person.agent(workspace), person.agent(workspace, "other")
    path = f"/workspaces/{workspace}/address-groups"
    many = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(25_000)]
    person.call("POST", path, {"name": "many", "addresses": many}, status=201)
    person.call("POST", path, {"name": "theirs", "agent_ids": [other.id]}, status=201)
    made = person.call("POST", path, {"name": "near", "addresses": [NEAR]}, status=201)
    agent = metering(tmp_path, controller, new)
    try:
        asking = client(tmp_path).ready()
        until(
            lambda: delivery_of(person, workspace, new)["current"],
            PROGRESS_SEC,
            lambda: agent.output,
        )
        assert groups_at(asking) == {"many": 25_000, "near": 1}

        person.call("PATCH", f"{path}/{made['id']}", {"add": [FAR, "192.0.2.0/24"]})
        until(lambda: groups_at(asking).get("near") == 3, 10, lambda: agent.output)
        refused = asking.ask(command="add-group-address", group="near", data=["192.0.2.1"])
        assert refused["code"] != 100

        asking.ask(command="add-group-address", group="ours", data=["192.0.2.1"])
        asking.ask(command="save-address-group", group="ours")
        person.call("POST", path, {"name": "ours"}, status=201)
        until(lambda: delivery_of(person, workspace, new)["problems"], 10)
        said = delivery_of(person, workspace, new)
        assert said["problems"] == ["group ours: a local group has this name, and stays"]
        assert (said["connected"], said["takes_groups"], said["current"]) == (True, True, True)
        never_here = delivery_of(person, workspace, other)
        assert (never_here["takes_groups"], never_here["current"]) == (False, False)

        assert agent.stop() == 0
        controller.stop()
        agent.start()
        asking.ready()
        assert groups_at(asking) == {"many": 25_000, "near": 3, "ours": 1}
    finally:
        agent.end()


def delivery_of(person: Person, workspace: int, agent: NewAgent) -> Any:
    rows = person.call("GET", f"/workspaces/{workspace}/address-groups/delivery")["data"]
    return next(row for row in rows if row["agent_id"] == agent.id)


def test_metered_traffic_is_told_by_device_and_group(
    tmp_path: Path, controller: ControllerProcess, cable: tuple[Namespace, Namespace]
) -> None:
    """The agent meters the far end from here: it reaches its controller as always."""
    near, far = cable
    person = controller.person()
    workspace = person.workspace("traffic")
    new = person.agent(workspace)
    path = f"/workspaces/{workspace}/address-groups"
    person.call("POST", path, {"name": "near", "addresses": [NEAR]}, status=201)
    agent = metering(
        tmp_path,
        controller,
        new,
        FOREPOST_FLOWS__INTERFACES=json.dumps([f"cable@{far.name}"]),
        FOREPOST_FLOWS__LOCAL=json.dumps([FAR]),
        FOREPOST_FLOWS__UPDATE_INTERVAL="1",
    )
    try:
        asking = client(tmp_path).ready()
        until(lambda: asking.ask(command="status")["data"]["interfaces"][0]["running"], 15)
        until(lambda: delivery_of(person, workspace, new)["current"], 10, lambda: agent.output)
        before = time.time()
        send_datagrams(near, 50, 5_300, bytes(100))

        def seen() -> bool:
            listed = asking.ask(command="list-flows", limit=100)["data"]["flows"]
            return any(f["local_port"] == 5_300 and f["other_packets"] == 50 for f in listed)

        until(seen, 10)
        assert agent.stop() == 0  # its part of the minute is in the spool
        agent.start()

        def told() -> Any:
            query = {"by": "group", "from": str(before - 60), "to": str(before + 120)}
            return person.ask("GET", f"/workspaces/{workspace}/flows/top", params=query).json()

        found = until(lambda: (one := told())["rows"] and one, 15, lambda: agent.output)
        (group,) = found["rows"]
        assert (group["name"], group["packets_in"]) == ("near", 50)
        assert group["bytes_in"] == 50 * (14 + 20 + 8 + 100)
        assert found["honesty"]["drop_rate"] == 0
        assert found["honesty"]["packets"] >= 50
        query = {"group": "near", "from": str(before - 60), "to": str(before + 120)}
        talks = person.ask("GET", f"/workspaces/{workspace}/flows/talks", params=query).json()
        # Answers of ICMP (nobody listens on that port) are a flow of their own.
        received = [t["bytes_in"] for t in talks["rows"] if t["device"] == FAR and t["bytes_in"]]
        assert received == [group["bytes_in"]]
    finally:
        agent.end()
    kept = json.loads(unsealed((tmp_path / "agent/wanted-groups.json").read_bytes()))
    (part,) = kept["parts"]
    assert part["groups"] == [{"name": "near", "entries": [NEAR]}]
