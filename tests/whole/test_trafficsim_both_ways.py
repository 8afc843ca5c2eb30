"""An AGENT probe between agents of ours: TRAFFICSIM of both directions, from sockets to REST."""

from pathlib import Path
from typing import Any

import pytest

from forepost.agent.probes.schedule import SPREAD_SEC, phase
from tests.free_ports import free_port
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, until

pytestmark = pytest.mark.alone  # no packet may be late

CYCLE_SEC, BACK_SEC = 1.5, 3.0


def port_for(*clients: tuple[int, NewAgent, float]) -> int:
    """Of many free ports that at which these clients (probe, agent) are done first; each takes so
    many seconds from its first turn, whose time depends on the port.
    """

    def done_sec(port: int) -> float:
        target = f"127.0.0.1:{port}"
        return max(
            phase((probe, "TRAFFICSIM", target), str(agent.id), SPREAD_SEC) + takes_sec
            for probe, agent, takes_sec in clients
        )

    return min((free_port() for _ in range(200)), key=done_sec)


def serve(person: Person, agent: NewAgent, port: int) -> None:
    body = {
        "public_ip_override": "127.0.0.1",
        "trafficsim_enabled": bool(port),
        **({"trafficsim_host": "127.0.0.1", "trafficsim_port": port} if port else {}),
    }
    person.call("PATCH", f"/workspaces/{agent.workspace}/agents/{agent.id}", body)


def rows(person: Person, agent: NewAgent, probe: int) -> list[Any]:
    return [row for row in person.results(agent, probe) if row["type"] == "TRAFFICSIM"]


def bidirectional(person: Person, agent: NewAgent, other: NewAgent) -> tuple[int, int]:
    """The probes of both ways, of cycles that last a second."""
    there = person.probe(
        agent,
        type="AGENT",
        agent_targets=[other.id],
        bidirectional=True,
        duration_sec=1,
        metadata={"interval_ms": 20, "payload_size": 172},
    )
    path = f"/workspaces/{agent.workspace}/agents/{other.id}/probes"
    (back,) = [p["id"] for p in person.call("GET", path)["data"] if p["reverse_of"] == there]
    return there, back


def test_both_directions_reach_the_rest_api(tmp_path: Path) -> None:
    """a and b are servers; c is none, so that b measures the way back to it over its socket."""
    controller = ControllerProcess(tmp_path / "controller").start()
    processes: list[AgentProcess] = []
    try:
        person = controller.person()
        workspace = person.workspace("w")
        a, b, c = (person.agent(workspace, name) for name in "abc")
        a_to_b, b_to_a = bidirectional(person, a, b)
        c_to_b, b_to_c = bidirectional(person, c, b)
        serve(person, b, port_for((a_to_b, a, CYCLE_SEC), (c_to_b, c, CYCLE_SEC + BACK_SEC)))
        serve(person, a, port_for((b_to_a, b, CYCLE_SEC)))
        serve(person, c, 0)
        processes = [
            AgentProcess(tmp_path / name, controller.url, agent).start()
            for name, agent in (("b", b), ("a", a), ("c", c))
        ]
        ways = ((a, b, a_to_b), (b, a, b_to_a), (c, b, c_to_b), (b, c, b_to_c))
        for agent, other, probe in ways:
            found = until(
                # The first cycle may begin before the other side has its list; a minute later
                # there is another one.
                lambda agent=agent, probe=probe: [
                    row for row in rows(person, agent, probe) if row["payload"]["receivedPackets"]
                ],
                75,
                lambda: "\n".join(one.output for one in processes),
            )
            assert (found[0]["agent_id"], found[0]["target_agent"]) == (agent.id, other.id)
            payload = found[0]["payload"]
            assert payload["authenticated"] is True
            assert payload["receivedPackets"] == payload["totalPackets"] > 40
            assert (payload["payloadSize"], payload["dscpReceived"]) == (172, 46)
            assert payload["MOS"] > 4
        kept = (tmp_path / "a" / "wanted-probes.json").stat()
        assert kept.st_mode & 0o777 == 0o600
    finally:
        for process in processes:
            process.end()
        controller.end()
