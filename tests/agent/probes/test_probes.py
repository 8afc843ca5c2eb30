import msgspec
import pytest

from forepost.agent.ports.edges import Edges, OutsideView
from forepost.agent.ports.net import Round
from forepost.agent.probes import PROBES, netinfo, ping, sysinfo
from forepost.wire.probes import KINDS
from forepost.wire.probes.netinfo import NetinfoOptions
from forepost.wire.probes.ping import PingOptions, PingResult
from forepost.wire.probes.sysinfo import SysinfoOptions
from tests.fakes.clock import START, FakeClock, settle
from tests.fakes.net import Asked, FakeNet, fake_edges

pytestmark = pytest.mark.anyio


class Lab:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.net = FakeNet(self.clock)
        self.edges: Edges = fake_edges(self.net)

    async def ping(self, options: PingOptions, target: str) -> PingResult:
        import anyio

        got: list[PingResult] = []

        async def run() -> None:
            got.append(await ping.run(options, target, self.clock, self.edges))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run)
            await settle()
            await self.clock.advance(600)
        return got[0]


def test_every_type_of_the_wire_can_be_run() -> None:
    assert set(PROBES) == set(KINDS)


@pytest.mark.parametrize(
    ("interval", "count", "expected"),
    [
        (60, 0, (60, 1.0)),
        (300, 0, (60, 1.0)),
        (1, 0, (1, 1.0)),
        (10, 5, (5, 1.0)),
        (10, 100, (100, 0.1)),
    ],
)
def test_a_round_fits_in_its_interval(
    interval: float, count: int, expected: tuple[int, float]
) -> None:
    assert ping.plan(PingOptions(interval_sec=interval, count=count)) == expected


async def test_a_name_is_resolved_and_its_address_measured() -> None:
    lab = Lab()
    lab.net.names["host.example"] = "198.18.0.2"
    got = await lab.ping(PingOptions(count=3, bind_interface="eth1"), "host.example")
    assert lab.net.asked == [Asked("198.18.0.2", 3, 1.0, 10.0, "eth1")]
    assert (got.addr, got.packets_sent, got.packets_recv) == ("198.18.0.2", 3, 3)
    assert got.packet_loss == 0
    assert got.start_timestamp == START
    assert (got.stop_timestamp - START).total_seconds() == pytest.approx(2.001)


async def test_an_unknown_name_is_a_result_with_its_reason() -> None:
    got = await Lab().ping(PingOptions(), "host.example")
    assert (got.packets_sent, got.packet_loss, got.addr) == (0, 100.0, "host.example")
    assert got.error == "host.example: name or service not known"
    assert got.rtts_ns == []


async def test_no_permission_is_a_result_with_its_reason() -> None:
    lab = Lab()
    lab.net.reason = "no permission to send ICMP"
    got = await lab.ping(PingOptions(), "198.18.0.2")
    assert (got.packets_sent, got.packet_loss) == (0, 100.0)
    assert got.error == "no permission to send ICMP"


def test_a_round_is_summed_up_in_whole_ns() -> None:
    measured = Round(sent=4, rtts_ns=[100, None, 300, 200], duplicates=1, reason="why")
    got = ping.result(measured, "198.18.0.2", START, START)
    assert msgspec.json.decode(msgspec.json.encode(got)) == {
        "start_timestamp": "2026-01-01T00:00:00Z",
        "stop_timestamp": "2026-01-01T00:00:00Z",
        "packets_recv": 3,
        "packets_sent": 4,
        "packets_recv_duplicates": 1,
        "packet_loss": 25.0,
        "addr": "198.18.0.2",
        "min_rtt": 100,
        "max_rtt": 300,
        "avg_rtt": 200,
        "std_dev_rtt": 82,
        "rtts_ns": [100, None, 300, 200],
        "error": "why",
    }


async def test_the_host_is_reported_with_the_documents_names() -> None:
    lab = Lab()
    got = await sysinfo.run(SysinfoOptions(), "", lab.clock, lab.edges)
    document = msgspec.json.decode(msgspec.json.encode(got))
    assert set(document) >= {"hostInfo", "memoryInfo", "CPUTimes", "timestamp"}
    assert document["CPUTimes"] == {"user": 1_000_000_000}


async def test_the_public_address_comes_from_the_controller_or_is_left_out() -> None:
    lab = Lab()
    got = await netinfo.run(NetinfoOptions(), "", lab.clock, lab.edges)
    document = msgspec.json.decode(msgspec.json.encode(got))
    assert "public_address" not in document
    assert document["source"] == "local"
    assert document["geo"] == {}
    assert document["local_address"] == "198.18.0.1"
    assert document["default_gateway"] == "198.18.0.254"

    async def whoami() -> OutsideView | None:
        return OutsideView(
            ip="203.0.113.7", geo={"isp": "Example", "latitude": 52.5, "longitude": 13.4}
        )

    got = await netinfo.run(NetinfoOptions(), "", lab.clock, fake_edges(lab.net, whoami))
    assert (got.public_address, got.source) == ("203.0.113.7", "controller")
    assert (got.internet_provider, got.lat, got.long) == ("Example", "52.5", "13.4")
