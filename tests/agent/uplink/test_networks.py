"""Whose network a hop is in: asked of the controller, beside the measuring, and kept."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from forepost.agent.node import Identity, Node
from forepost.agent.ports.edges import Network
from forepost.agent.ports.trace import Hop, Traced
from forepost.agent.probes import mtr
from forepost.agent.uplink.networks import KEEP_SEC, PAUSE_SEC, KnownNetworks, ask_controller
from forepost.wire.probes.mtr import MtrOptions
from tests.fakes.clock import START, FakeClock
from tests.fakes.net import FakeNet, fake_edges
from tests.fakes.trace import FakeReverse, FakeTrace
from tests.registry import write_mmdb
from tests.running import ControllerProcess

pytestmark = pytest.mark.anyio

GOOGLE = Network(asn=15169, organization="GOOGLE")


class Controller:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.knows: Network | None = GOOGLE

    async def ask(self, address: str) -> Network | None:
        self.asked.append(address)
        return self.knows


async def test_an_address_is_asked_for_once_a_day() -> None:
    clock, controller = FakeClock(), Controller()
    networks = KnownNetworks(clock, controller.ask)
    for _ in range(3):
        found = await networks.of(["8.8.8.8", "10.0.0.1", "198.18.0.1"], within_sec=1)
        assert found == {"8.8.8.8": GOOGLE}
    assert controller.asked == ["8.8.8.8"]
    await clock.advance(KEEP_SEC)
    await networks.of(["8.8.8.8"], within_sec=1)
    assert controller.asked == ["8.8.8.8", "8.8.8.8"]


async def test_a_controller_that_cannot_tell_is_left_alone_for_a_while() -> None:
    clock, controller = FakeClock(), Controller()
    controller.knows = None
    networks = KnownNetworks(clock, controller.ask)
    hops = [f"8.8.{n}.8" for n in range(20)]
    assert await networks.of(hops, within_sec=1) == {}
    assert len(controller.asked) <= 4
    before = len(controller.asked)
    await networks.of(hops, within_sec=1)
    assert len(controller.asked) == before
    await clock.advance(PAUSE_SEC)
    controller.knows = GOOGLE
    assert len(await networks.of(hops, within_sec=1)) == 20


async def test_an_address_in_no_network_is_not_asked_for_again() -> None:
    controller = Controller()
    controller.knows = Network()
    networks = KnownNetworks(FakeClock(), controller.ask)
    for _ in range(2):
        assert await networks.of(["8.8.8.8"], within_sec=1) == {}
    assert controller.asked == ["8.8.8.8"]


async def test_hops_of_a_trace_have_their_networks() -> None:
    clock = FakeClock()
    trace, reverse = FakeTrace(clock), FakeReverse()
    trace.found = Traced(
        hops=[
            Hop(ttl=1, hosts=["10.0.0.1"], rtts_ns=[1]),
            Hop(ttl=2, hosts=["8.8.8.8"], rtts_ns=[2]),
        ],
        reached=True,
    )
    networks = KnownNetworks(clock, Controller().ask)
    edges = fake_edges(FakeNet(clock), trace=trace, reverse=reverse, networks=networks)
    result = await mtr.run(MtrOptions(), "8.8.8.8", clock, edges)
    hosts = [hop["hosts"] for hop in json.loads(msgspec.json.encode(result))["report"]["hops"]]
    assert hosts == [
        [{"ip": "10.0.0.1", "hostname": ""}],
        [{"ip": "8.8.8.8", "hostname": "", "asn": 15169, "as_org": "GOOGLE"}],
    ]


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[ControllerProcess]:
    """With its own /etc/hosts, so that no resolver is asked for names."""
    google = {"autonomous_system_number": 15169, "autonomous_system_organization": "GOOGLE"}
    database = write_mmdb(tmp_path / "asn.mmdb", "GeoLite2-ASN", {"8.8.8.0/24": google})
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n8.8.8.8 a.example\n9.9.9.9 b.example\n")
    process = ControllerProcess(tmp_path / "controller")
    mount = 'mount --bind "$0" /etc/hosts && exec "$@"'
    process.prefix = ["unshare", "--mount", "sh", "-c", mount, str(hosts)]
    process.env["FOREPOST_LOOKUPS__GEOIP_ASN"] = str(database)
    process.start()
    try:
        yield process
    finally:
        process.end()


async def test_a_controller_with_a_database_is_asked(
    controller: ControllerProcess, tmp_path: Path
) -> None:
    person = controller.person()
    agent = person.agent(person.workspace("Production"))
    node = Node(name="a", version="1", state_dir=tmp_path, started_at=START)
    assert await ask_controller(node, "8.8.8.8") is None  # not enrolled
    node.keep(
        Identity(
            url=controller.url,
            workspace_id=agent.workspace,
            agent_id=agent.id,
            psk=agent.psk,
        )
    )
    assert await ask_controller(node, "8.8.8.8") == GOOGLE
    assert await ask_controller(node, "9.9.9.9") == Network()
