"""TRAFFICSIM servers of the list: started, kept, changed in place, stopped; and its clients."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import msgspec
import pytest

from forepost.agent.edges.dial.udp import SystemUdp
from forepost.agent.ports.udp import UdpPort
from forepost.agent.probes.measurements import measurements
from forepost.agent.probes.schedule import Scheduler
from forepost.agent.probes.trafficsim.server import Allowed
from forepost.agent.probes.trafficsim.servers import AGAIN_SEC, ServerPlace, servers
from forepost.agent.probes.triggers import Triggers
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.probes.mtr import MtrOptions
from forepost.wire.probes.probe import Probe, ProbeTarget
from forepost.wire.probes.trafficsim import TrafficSimResult, TrafficSimRun
from forepost.wire.uplink.messages import ProbePost
from tests.fakes.clock import START, FakeClock
from tests.fakes.net import FakeNet, fake_edges
from tests.lab.trafficsim_peers import netwatcher_client

pytestmark = pytest.mark.anyio

KEY = b"k" * 32


def probe(*targets: tuple[str, int | None], number: int = 0, **more: Any) -> Probe:
    return Probe(
        id=number,
        created_at=START,
        updated_at=START,
        workspace_id=1,
        agent_id=2,
        type="TRAFFICSIM",
        targets=[
            ProbeTarget(
                id=0,
                created_at=START,
                updated_at=START,
                probe_id=number,
                target=target,
                agent_id=agent_id,
            )
            for target, agent_id in targets
        ],
        **more,
    )


BACK = {
    "bidirectional": True,
    "trafficsim": {
        "bidirectional": True,
        "bidirectional_server": True,
        "client_probe_id": 42,
        "client_agent_id": 1,
    },
}


def test_the_servers_of_one_place_are_one_that_knows_all_its_clients() -> None:
    found, wrong = servers(
        [
            probe(("0.0.0.0:5000", 1), server=True, metadata=BACK),
            probe(
                ("0.0.0.0:5000", None),
                ("", 1),
                ("", 3),
                server=True,
                metadata={"compatible_agents": [3]},
            ),
            probe(("0.0.0.0:6000", 4), server=True, enabled=False),
            probe(("nowhere", 4), server=True, number=9),
            probe(("198.18.0.1:5000", 4), number=8),
        ],
        {1: KEY},
    )
    assert found == {
        ServerPlace(2, "0.0.0.0", 5000): {
            1: Allowed(key=KEY, way_back=42),
            3: Allowed(compatible=True),
        }
    }
    assert wrong == ["probe 9: server TRAFFICSIM: 'nowhere': no port"]


def test_a_client_gets_the_key_of_its_pair_and_no_metadata_gives_it_one() -> None:
    asked = {"key": "eA==", "agent_id": 7, "trafficsim": {"voip_mode": True, "payload_size": 200}}
    wanted, unsupported = measurements(
        [probe(("198.18.0.1:5000", 1), ("198.18.0.9:5000", None), number=8, metadata=asked)],
        {1: KEY},
    )
    assert unsupported == []
    mine = wanted[8, "TRAFFICSIM", "198.18.0.1:5000"].options
    assert isinstance(mine, TrafficSimRun)
    assert (mine.key, mine.agent_id, mine.target_agent) == (KEY, 2, 1)
    assert (mine.voip, mine.gap_ms, mine.size, mine.codepoint) == (True, 20, 200, 46)
    other = wanted[8, "TRAFFICSIM", "198.18.0.9:5000"].options
    assert isinstance(other, TrafficSimRun)
    assert other.key == b""


def test_loss_of_trafficsim_asks_for_an_mtr_towards_the_same_host() -> None:
    mtr = (2, "MTR", "198.18.0.9")
    six = (3, "MTR", "2001:db8::9")
    running = {mtr: MtrOptions(), six: MtrOptions()}
    lossy = TrafficSimResult(timestamp=START, total_packets=60, loss_percentage=20)
    asked = Triggers().asked((8, "TRAFFICSIM", "198.18.0.9:5000"), lossy, running, 0)
    assert asked == {mtr: "TRAFFICSIM of probe 8 lost 20 % towards 198.18.0.9:5000"}
    asked = Triggers().asked((8, "TRAFFICSIM", "[2001:db8::9]:5000"), lossy, running, 0)
    assert list(asked) == [six]
    nothing = TrafficSimResult(timestamp=START)
    assert Triggers().asked((8, "TRAFFICSIM", "198.18.0.9:5000"), nothing, running, 0) == {}


class Counting(SystemUdp):
    """Remembers what was opened."""

    def __init__(self) -> None:
        self.opened: list[UdpPort] = []

    def listening(self, host: str, port: int, *, interface: str = "") -> list[UdpPort]:
        ports = super().listening(host, port, interface=interface)
        self.opened += ports
        return ports


class Site:
    def __init__(self, tasks: anyio.abc.TaskGroup, clock: Any) -> None:
        self.udp, self.health = Counting(), Health(__import__("logging").getLogger("test"))
        self.posts: list[ProbePost] = []
        edges = fake_edges(FakeNet(clock), udp=self.udp)
        self.scheduler = Scheduler(tasks, clock, edges, self.deliver, health=self.health)

    async def deliver(self, post: ProbePost) -> None:
        self.posts.append(post)

    def want(self, port: int, *clients: int, metadata: Any = None) -> None:
        targets = [(f"127.0.0.1:{port}", None), *(("", client) for client in clients)]
        self.scheduler.want([probe(*targets, server=True, metadata=metadata)])


@asynccontextmanager
async def site(clock: Any) -> AsyncIterator[Site]:
    async with anyio.create_task_group() as tasks:
        made = Site(tasks, clock)
        yield made
        tasks.cancel_scope.cancel()


async def answered(agent_id: int, port: int) -> bool:
    async with netwatcher_client(agent_id, port) as peer:
        peer.say("HELLO", 1, dst=2)
        await anyio.sleep(0.1)
        return bool(peer.heard)


async def test_a_server_goes_on_where_only_its_clients_change_and_ends_with_its_place(
    unused_port: int,
) -> None:
    async with site(SystemClock()) as here:
        here.want(unused_port, 1)
        await anyio.sleep(0.05)
        assert here.scheduler.running == 1
        assert await answered(1, unused_port)
        assert not await answered(3, unused_port)
        here.want(unused_port, 1)
        here.want(unused_port, 1, 3)
        assert await answered(3, unused_port)
        assert len(here.udp.opened) == 1
        here.scheduler.want([])
        await anyio.sleep(0.05)
        assert not await answered(1, unused_port)
        assert here.scheduler.running == 0


async def test_a_port_in_use_is_a_problem_with_its_reason_and_it_tries_again() -> None:
    clock = FakeClock()
    (taken,) = SystemUdp().listening("127.0.0.1", 0)
    port = taken.port
    async with site(clock) as here:
        here.want(port, 1)
        await clock.advance(1)
        subject = f"server TRAFFICSIM 127.0.0.1:{port}"
        assert here.health.problems == {subject: f"port {port}: address already in use"}
        taken.close()
        await clock.advance(AGAIN_SEC)
        assert here.health.problems == {}
        assert len(here.udp.opened) == 1
        here.scheduler.want([])
        await clock.advance(0)
        assert here.health.problems == {}


async def test_the_way_back_is_posted_under_the_probe_that_the_controller_named(
    unused_port: int,
) -> None:
    clock = FakeClock()
    async with site(clock) as here:
        targets = ((f"127.0.0.1:{unused_port}", 1),)
        here.scheduler.want([probe(*targets, server=True, metadata=BACK)])
        await clock.advance(1)
        async with netwatcher_client(1, unused_port) as peer:
            await peer.cycle(2, 30, 0.005)
            await anyio.sleep(0.05)
            await clock.advance(2)
            assert here.posts == []
            await clock.advance(4)
    (post,) = here.posts
    assert (post.probe_id, post.type, post.target_agent) == (42, "TRAFFICSIM", 1)
    assert post.target.startswith("127.0.0.1:")
    assert (post.created_at - START).total_seconds() == pytest.approx(
        1, abs=0.01
    )  # its first packet
    result = msgspec.json.decode(post.payload)
    assert result["totalPackets"] == result["receivedPackets"] >= 15
