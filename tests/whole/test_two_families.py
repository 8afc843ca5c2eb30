"""An agent whose controller has addresses of both families, or of the one that it has not itself.

The controller runs on loopback; the far side of the lab hands on to it.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab import nat64
from tests.lab.forward import forwarding
from tests.lab.net import NEAR, Namespace, pair
from tests.lab.resolver import AAAA, A, resolver
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, until

PORT = 8080
NAMED = f"http://controller.example:{PORT}"
WITHIN_SEC = 40.0


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path / "controller").start()
    yield process
    process.end()


@contextmanager
def handed_on(far: Namespace, controller: ControllerProcess, host: str) -> Iterator[None]:
    with far.inside():
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, PORT), family=family)
    with forwarding(listening, lambda: socket.create_connection(("127.0.0.1", controller.port), 5)):
        yield


@contextmanager
def agent_in(near: Namespace, folder: Path, url: str, agent: NewAgent) -> Iterator[AgentProcess]:
    process = AgentProcess(folder / "agent", url, agent)
    process.prefix = ["ip", "netns", "exec", near.name]
    process.start()
    try:
        yield process
    finally:
        process.end()


def made(controller: ControllerProcess) -> tuple[Person, NewAgent, int]:
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    probe = person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=1, timeout_sec=1)
    return person, agent, probe


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("answers", "serves"),
    [
        ({A: "198.18.0.2", AAAA: "2001:db8::2"}, "198.18.0.2"),
        ({A: "198.18.0.2", AAAA: "2001:db8::2"}, "2001:db8::2"),
        ({A: "198.18.0.2"}, "198.18.0.2"),
    ],
    ids=["black-holed-AAAA", "black-holed-A", "no-answer-for-AAAA"],
)
def test_one_family_that_is_dead_keeps_no_agent_away(
    controller: ControllerProcess, tmp_path: Path, answers: dict[int, str], serves: str
) -> None:
    person, agent, probe = made(controller)
    with (
        pair() as (near, far),
        resolver(near, far, answers),
        handed_on(far, controller, serves),
    ):
        dead = "ip6 daddr 2001:db8::2" if serves == "198.18.0.2" else "ip daddr 198.18.0.2 tcp"
        rule = f"add rule inet t c {dead} {'dport 8080 ' if 'tcp' in dead else ''}drop"
        far.run(
            "nft",
            "-f",
            "-",
            stdin="add table inet t\n"
            "add chain inet t c { type filter hook input priority 0 ; }\n"
            f"{rule}\n",
        )
        with agent_in(near, tmp_path, NAMED, agent) as process:
            until(lambda: len(person.results(agent, probe)) > 1, WITHIN_SEC, lambda: process.output)
            assert process.status()["connected"]
            assert "uplink" not in process.status()["problems"]


@pytest.mark.timeout(240)
def test_a_site_with_ipv6_alone_behind_nat64(controller: ControllerProcess, tmp_path: Path) -> None:
    person, agent, probe = made(controller)
    with (
        nat64.site(tmp_path / "site") as (near, far),
        handed_on(far, controller, nat64.SERVER),
    ):
        with agent_in(near, tmp_path, NAMED, agent) as process:
            until(lambda: len(person.results(agent, probe)) > 1, WITHIN_SEC, lambda: process.output)
        literal = f"http://{nat64.SERVER}:{PORT}"
        with agent_in(near, tmp_path / "literal", literal, agent) as process:
            said = "through NAT64 only a name leads there, not an IPv4 address"
            until(lambda: said in str(process.status()), WITHIN_SEC, lambda: process.output)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("own", "answers", "said"),
    [
        (NEAR[1:], {A: "198.18.7.7", AAAA: ""}, "neither of its own nor of a DNS64"),
        ((), {A: "", AAAA: "2001:db8:7::7"}, "this host has no way to IPv6"),
    ],
    ids=["IPv6-only", "IPv4-only"],
)
def test_a_controller_of_the_other_family_only_is_said(
    tmp_path: Path, own: tuple[str, ...], answers: dict[int, str], said: str
) -> None:
    """The resolver is a neighbour, so there is a bit of IPv4 in any case."""
    with (
        pair(near=(*NEAR[:1], *own)) as (near, far),
        resolver(near, far, answers),
        agent_in(near, tmp_path, NAMED, NewAgent(1, 1, "k")) as process,
    ):
        until(lambda: said in str(process.status()), WITHIN_SEC, lambda: process.output)
