"""Speed tests that a controller asks for: one at a time, each once, each with a result."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import anyio
import msgspec
import pytest

from forepost.agent.settings import SpeedtestSection, SpeedtestServerSection
from forepost.agent.speedtests.idle import wait_until_idle
from forepost.agent.speedtests.queue import MOST_WAITING, SpeedtestQueue
from forepost.wire.speedtests.queue import AskedSpeedtest, SpeedtestResponder
from tests.fakes.clock import START, FakeClock, settle
from tests.fakes.speed import FakeSpeed

pytestmark = pytest.mark.anyio

SERVERS = (
    SpeedtestServerSection(id="7", url="https://speed.example/backend", name="Here", lat="52.1"),
    SpeedtestServerSection(id="8", url="http://other.example:81"),
)
FIGURES = {
    "url", "lat", "lon", "name", "country", "sponsor", "id", "host", "distance", "latency",
    "max_latency", "min_latency", "jitter", "dl_speed", "ul_speed", "test_duration", "packet_loss",
}  # fmt: skip
"""Of the contract."""


class Lab:
    def __init__(self, **settings: Any) -> None:
        self.clock, self.speed = FakeClock(), FakeSpeed()
        self.bytes = 0
        self.known_time: datetime | None = START
        self.queue = SpeedtestQueue(
            SpeedtestSection(**settings),
            self.speed,
            lambda: self.bytes,
            lambda: "ctl",
            self.clock,
            lambda: self.known_time,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.queue.run)
            await settle()
            yield
            tasks.cancel_scope.cancel()


def asked(number: int, **more: Any) -> AskedSpeedtest:
    return AskedSpeedtest(id=number, **more)


async def test_the_payload_is_the_contracts_and_more() -> None:
    lab = Lab(servers=SERVERS)
    async with lab.running():
        lab.queue.take([asked(5, server_id="7")])
        await settle()
    (result,) = lab.queue.results
    assert (result.queue_id, result.success, result.error) == (5, True, "")
    document = msgspec.json.decode(result.data)
    assert set(document) == {"test_data", "timestamp", "error"}
    (figures,) = document["test_data"]
    assert set(figures) >= FIGURES
    assert figures["url"] == "https://speed.example/backend"
    assert (figures["id"], figures["name"], figures["lat"]) == ("7", "Here", "52.1")
    assert (figures["dl_speed"], figures["ul_speed"]) == (1e6, 1e6)
    assert figures["test_duration"] == {
        "ping": 1_000_000_000,
        "download": 8_000_000_000,
        "upload": 8_000_000_000,
        "total": 17_000_000_000,
    }
    assert figures["packet_loss"] == {"sent": 0, "dup": 0, "max": 0}
    assert figures["latency"] == 2
    assert figures["download"]["added_latency"] == 10
    assert set(figures) - FIGURES == {"idle", "download", "upload", "waited", "line_idle"}


async def test_never_two_at_once_and_none_twice() -> None:
    lab = Lab(servers=SERVERS)
    async with lab.running():
        lab.speed.go_on = anyio.Event()
        lab.queue.take([asked(1), asked(2), asked(1)])
        await settle()
        assert (len(lab.speed.plans), lab.queue.progress is not None) == (1, True)
        assert [place.id for place in lab.speed.plans[0].places] == ["7", "8"]
        lab.queue.take([asked(2), asked(1)])
        lab.speed.go_on.set()
        await settle()
        lab.queue.take([asked(1)])
        await settle()
    assert [one.queue_id for one in lab.queue.results] == [1, 2]
    assert (lab.speed.most_at_once, lab.queue.progress) == (1, None)
    lab.queue.kept(2)
    assert len(lab.queue.results) == 2
    lab.queue.kept(1)
    assert [one.queue_id for one in lab.queue.results] == [2]


async def test_every_failure_is_a_result_with_its_reason() -> None:
    lab = Lab(servers=SERVERS)
    async with lab.running():
        lab.speed.error = "latency: no answer in 5 s"
        lab.queue.take([asked(1), asked(2, server_id="9")])
        await settle()
        lab.speed.fault = RuntimeError("a fault of ours")
        lab.queue.take([asked(3), asked(4, expires_at=START - timedelta(seconds=1))])
        await settle()
    assert [(one.success, one.error) for one in lab.queue.results] == [
        (False, "latency: no answer in 5 s"),
        (False, "server '9' is not among speedtest.servers of this agent"),
        (False, "RuntimeError: a fault of ours"),
        (False, "it was too late when its turn came"),
    ]
    unknown = Lab(servers=SERVERS)
    unknown.known_time = None  # a clock that nobody vouches for makes nothing too late
    async with unknown.running():
        unknown.queue.take([asked(5, expires_at=START - timedelta(days=9_000))])
        await settle()
    assert unknown.queue.results[0].success
    none = Lab()
    async with none.running():
        none.queue.take([asked(1)])
        await settle()
    assert none.queue.results[0].error.startswith("no server: none is named in the test")
    assert none.speed.plans == []
    many = Lab(servers=SERVERS)
    many.queue.take([asked(number) for number in range(1, MOST_WAITING + 2)])
    assert [one.error for one in many.queue.results] == ["20 tests are waiting already"]


async def test_a_responder_of_the_controllers_choice() -> None:
    lab = Lab(streams=2, duration_sec=3)
    at = SpeedtestResponder(port=5260, ticket="t", secret="s")
    async with lab.running():
        lab.queue.take([asked(1, server_id="controller", responder=at)])
        await settle()
    (plan,) = lab.speed.plans
    (place,) = plan.places
    assert (place.host, place.port, place.ticket, place.secret) == ("ctl", 5260, "t", "s")
    assert (plan.streams, plan.sec) == (2, 3)
    figures = msgspec.json.decode(lab.queue.results[0].data)["test_data"][0]
    assert (figures["url"], figures["id"]) == ("tcp://198.18.0.9:5260", "controller")


async def test_it_waits_for_an_idle_line_but_not_for_ever() -> None:
    lab = Lab(servers=SERVERS, idle_mbps=1.0, idle_sec=3.0, idle_wait_sec=20.0)
    async with lab.running():
        lab.queue.take([asked(1), asked(2)])
        await settle()
        assert lab.queue.progress is not None
        assert (lab.queue.progress.phase, lab.speed.plans) == ("waiting", [])
        for _ in range(5):
            lab.bytes += 1_000_000
            await lab.clock.advance(1)
        await lab.clock.advance(2)
        assert lab.speed.plans == []
        await lab.clock.advance(1)
        assert len(lab.speed.plans) == 1
        for _ in range(20):
            lab.bytes += 1_000_000
            await lab.clock.advance(1)
    said = [msgspec.json.decode(one.data)["test_data"][0] for one in lab.queue.results]
    assert [(one["line_idle"], one["waited"]) for one in said] == [
        (True, 8_000_000_000),
        (False, 20_000_000_000),
    ]


async def test_what_was_quiet_is_told_by_the_time_that_passed() -> None:
    """A host that slept wakes with a second gone, not with a burst."""
    clock = FakeClock()
    got: list[tuple[bool, float]] = []

    async def wait() -> None:
        got.append(
            await wait_until_idle(lambda: 0, clock, below_bytes_per_sec=1, for_sec=2, most_sec=10)
        )

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await settle()
        await clock.suspend(5)
        await clock.advance(1)
    assert got == [(True, 5)]


def test_public_servers_are_told_as_the_contract_has_them() -> None:
    first, second = Lab(servers=SERVERS).queue.servers
    assert (first.id, first.host, first.name) == ("7", "speed.example", "Here")
    assert (second.host, second.url) == ("other.example:81", "http://other.example:81")
