"""Each type of probe, from the API over a running agent to a chart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.free_ports import free_port
from tests.lab import unbound
from tests.lab.certificates import Authority
from tests.lab.unbound import Unbound
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, until

UDP_QUESTION = r"\xab\xcd\x01\0\0\x01\0\0\0\0\0\0\x04host\x07example\0\0\x01\0\x01"


@pytest.fixture(scope="module")
def dns_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unbound]:
    authority = Authority(tmp_path_factory.mktemp("unbound"))
    with unbound.running(authority.folder, authority.file("localhost")) as server:
        yield server


@pytest.fixture
def person(controller: ControllerProcess) -> Person:
    return controller.person()


def test_every_type_is_measured_and_drawn(
    controller: ControllerProcess, person: Person, dns_server: Unbound, tmp_path: Path
) -> None:
    agent = person.agent(person.workspace("w"))
    often = {"interval_sec": 1, "timeout_sec": 1}
    server = f"127.0.0.1:{dns_server.port}"

    def probe(kind: str, target: str, **metadata: object) -> int:
        return person.probe(agent, type=kind, targets=[target], metadata=metadata, **often)

    answers = {
        "DNS": probe("DNS", "host.example", dns_server=server),
        "HTTP": probe("HTTP", f"{controller.url}/healthz", expected_status=[200]),
        "TCP": probe("TCP", server),
        "UDP": probe("UDP", server, send=UDP_QUESTION),
        "TLS": probe("TLS", f"localhost:{dns_server.tls_port}"),
    }
    lost = {
        "SNMP": probe("SNMP", f"127.0.0.1:{free_port()}"),
        "HTTP": probe("HTTP", f"http://127.0.0.1:{free_port()}/"),
    }
    cannot = probe("WEB", "198.18.0.1")
    process = AgentProcess(tmp_path / "agent", controller.url, agent)
    process.start()
    try:
        for kind, number in (*answers.items(), *lost.items()):
            until(lambda: len(person.results(agent, number)) > 1, 15, lambda: process.output)  # noqa: B023
            (result, *_) = person.results(agent, number)
            assert result["type"] == kind
        for number in answers.values():
            points = drawn(person, agent, number)
            assert any(point["rtt_p50_ms"] and point["loss_pct"] == 0 for point in points), points
        for number in lost.values():
            points = drawn(person, agent, number)
            assert any(point["loss_pct"] == 100 for point in points), points
        assert person.results(agent, cannot) == []
        path = f"/workspaces/{agent.workspace}/agents/{agent.id}/probes/delivery"
        shown = {one["probe_id"]: one for one in person.call("GET", path)["data"]}
        assert (shown[cannot]["state"], shown[cannot]["reason"]) == ("refused", "type WEB")
        assert {shown[number]["state"] for number in answers.values()} == {"running"}
        assert f"probe {cannot}: type WEB" in process.status()["unsupported"]
    finally:
        process.end()


def drawn(person: Person, agent: NewAgent, probe: int) -> list[Any]:
    path = f"/workspaces/{agent.workspace}/probe-data/probes/{probe}/chart"
    (line,) = person.call("GET", path)["lines"]
    return list(line["points"])
