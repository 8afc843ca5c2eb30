"""What this site does not allow is never reached, and every result says so."""

import logging
from typing import Any

import anyio
import msgspec
import pytest

from forepost.agent.cores.permission import Permission
from forepost.agent.edges.dial.udp import SystemUdp
from forepost.agent.edges.guarded import guarded
from forepost.agent.edges.speed.phases import run as speed_run
from forepost.agent.edges.speed.process import SpeedPlan, SpeedServer
from forepost.agent.probes import PROBES
from forepost.agent.probes.schedule import Scheduler
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.probes import KINDS
from forepost.wire.probes.trafficsim import TrafficSimRun
from forepost.wire.uplink.messages import ProbePost
from tests.agent.probes.test_schedule import probe, site
from tests.fakes.net import FakeNet, fake_edges
from tests.lab.peers import answering, real_edges, serving

pytestmark = pytest.mark.anyio

DENIED = Permission((), ["127.0.0.2"], link_local=True)
WHY = "this site does not allow it: [probes] deny '127.0.0.2'"


async def measured(kind: str, target: str, **options: Any) -> Any:
    edges = msgspec.structs.replace(real_edges(), udp=SystemUdp())
    asked = KINDS[kind].options(timeout_sec=2.0, **options)
    if kind == "TRAFFICSIM":
        asked = TrafficSimRun(timeout_sec=2.0)
    return await PROBES[kind](asked, target, SystemClock(), guarded(edges, DENIED, kind))


@pytest.mark.parametrize(
    ("kind", "target", "options"),
    [
        ("PING", "127.0.0.2", {}),
        ("MTR", "127.0.0.2", {}),
        ("TCP", "127.0.0.2:80", {}),
        ("TLS", "127.0.0.2:443", {}),
        ("HTTP", "http://127.0.0.2/", {}),
        ("HTTP", "http://[::ffff:127.0.0.2]/", {}),
        ("DNS", "a.example", {"dns_server": "127.0.0.2"}),
        ("DNS", "a.example", {"dns_server": "127.0.0.2", "protocol": "tcp"}),
        ("SNMP", "127.0.0.2", {}),
        ("TRAFFICSIM", "127.0.0.2:5000", {}),
    ],
)
async def test_every_type_says_that_it_may_not(
    kind: str, target: str, options: dict[str, Any]
) -> None:
    got = await measured(kind, target, **options)
    assert got.error.endswith(WHY)


async def test_a_redirect_leads_nowhere_that_is_denied() -> None:
    to = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:%d/\r\nContent-Length: 0\r\n\r\n"
    came: list[bytes] = []

    async def note(reader: Any, writer: Any) -> None:
        came.append(await reader.read(1))

    async with (
        serving(note, host="127.0.0.2") as denied,
        serving(answering(to % denied)) as here,
    ):
        got = await measured("HTTP", f"http://127.0.0.1:{here}/")
    assert got.error.endswith(WHY)
    assert (got.redirects, came) == (1, [])


async def test_a_name_is_judged_by_its_address() -> None:
    got = await measured("TCP", "localhost:9")
    assert got.error == "connection refused"
    clock = SystemClock()
    names = FakeNet(clock)
    names.names["inside.example"] = "127.0.0.2"
    edges = guarded(fake_edges(names), DENIED, "TCP")
    told: Any = await PROBES["TCP"](KINDS["TCP"].options(), "inside.example:80", clock, edges)
    assert told.error == WHY


async def test_a_speed_test_obeys_too() -> None:
    place = SpeedServer(host="127.0.0.2", port=9)
    plan = SpeedPlan(places=[place], deny=("127.0.0.2",))
    got = await anyio.to_thread.run_sync(speed_run, plan, SystemClock(), lambda _: None)
    assert got.error.endswith(WHY)


async def test_what_has_no_room_for_it_in_its_result_is_unsupported() -> None:
    async with site() as here:
        posts: list[ProbePost] = []

        async def deliver(post: ProbePost) -> None:
            posts.append(post)

        async with anyio.create_task_group() as tasks:
            scheduler = Scheduler(
                tasks,
                here.clock,
                fake_edges(here.net),
                deliver,
                health=Health(logging.getLogger("test")),
                permission=Permission((), ["SYSINFO", "198.18.0.2", "TRAFFICSIM"]),
            )
            served = probe(3, "TRAFFICSIM", "0.0.0.0:5000", server=True)
            said = scheduler.want(
                [probe(0, "SYSINFO"), probe(1, "PING", "198.18.0.2", "198.18.0.3"), served]
            )
            assert said == [
                "probe 0: SYSINFO: this site does not allow it: [probes] deny 'SYSINFO'",
                "probe 3: TRAFFICSIM: this site does not allow it: [probes] deny 'TRAFFICSIM'",
            ]
            await here.clock.advance(12)
            tasks.cancel_scope.cancel()
        told = {post.target: msgspec.json.decode(post.payload)["error"] for post in posts}
        assert told["198.18.0.2"] == "this site does not allow it: [probes] deny '198.18.0.2'"
        assert told["198.18.0.3"] == ""
