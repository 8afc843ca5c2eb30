"""A change of address, link or route has NETINFO measured at once, and noise has not."""

from collections.abc import Iterator

import anyio
import pytest

from forepost.agent.edges.host.rtnetlink import RouteChanges
from forepost.agent.edges.system import system_edges
from forepost.agent.probes.moves import facts, told, watch
from forepost.agent.probes.schedule import Scheduler
from forepost.kit.clock import SystemClock
from forepost.wire.probes.netinfo import Interface, Route
from forepost.wire.probes.probe import Probe
from forepost.wire.uplink.messages import ProbePost
from tests.fakes.clock import START, FakeClock, settle
from tests.fakes.net import FakeChanges, FakeHost, FakeNet, fake_edges
from tests.lab.net import Namespace, pair

pytestmark = pytest.mark.anyio


@pytest.fixture
def near() -> Iterator[Namespace]:
    with pair() as (found, _):
        yield found


def interface(name: str, *addresses: str, flags: tuple[str, ...] = ("up", "running")) -> Interface:
    return Interface(
        name=name, index=1, type="ethernet", mtu=1500, flags=list(flags), is_default=False,
        ipv4=[one for one in addresses if ":" not in one],
        ipv6=[one for one in addresses if ":" in one],
    )  # fmt: skip


class MovingHost(FakeHost):
    def __init__(self) -> None:
        self.addresses = ["198.18.0.1/24"]

    def network(self) -> "tuple[list[Interface], list[Route], object]":  # type: ignore[override]
        _, routes, default = super().network()
        return [interface("eth0", *self.addresses)], routes, default


def test_link_local_addresses_and_bare_links_are_no_facts() -> None:
    found = facts(
        [interface("eth0", "198.18.0.1/24", "fe80::1/64"), interface("veth1"),
         interface("eth1", "2001:db8::1/64", flags=("up",))],
        [Route(destination="0.0.0.0/0", gateway="198.18.0.254", interface="eth0", metric=0),
         Route(destination="fe80::/64", gateway="::", interface="eth0", metric=0),
         Route(destination="198.18.0.0/24", gateway="0.0.0.0", interface="eth0", metric=0)],
    )  # fmt: skip
    assert found == {
        "address 198.18.0.1/24 on eth0",
        "address 2001:db8::1/64 on eth1",
        "link eth0",
        "route 0.0.0.0/0 via 198.18.0.254 on eth0",
        "route 198.18.0.0/24 on eth0",
    }


def test_a_reason_is_short() -> None:
    assert told(frozenset({"link a"}), frozenset({"link b"})) == "link b is new; link a is gone"
    many = frozenset(f"address {n}" for n in range(9))
    assert told(frozenset(), many).endswith("and 4 more")


async def test_several_changes_are_one_and_a_flapping_link_is_bounded() -> None:
    clock, changes, host = FakeClock(), FakeChanges(), MovingHost()
    edges = fake_edges(FakeNet(clock), host=host, changes=changes)
    asked: list[str] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch, edges, clock, lambda _, reason: asked.append(reason))
        await settle()
        changes.some.set()  # something that is no change
        await clock.advance(1)
        assert asked == []
        host.addresses = ["198.18.0.1/24", "198.18.0.9/24"]
        changes.some.set()
        await clock.advance(0.1)
        host.addresses = ["198.18.0.9/24"]
        changes.some.set()
        await clock.advance(1)
        assert asked == [
            "address 198.18.0.9/24 on eth0 is new; address 198.18.0.1/24 on eth0 is gone"
        ]
        for number in range(100):
            host.addresses = [f"198.18.1.{number}/24"]
            changes.some.set()
            await clock.advance(0.1)
        assert len(asked) in (2, 3)
        await clock.advance(10)
        assert "198.18.1.99/24" in asked[-1]
        tasks.cancel_scope.cancel()


async def test_a_new_address_of_this_host_is_a_result_within_a_second(near: Namespace) -> None:
    clock, posts = SystemClock(), list[ProbePost]()

    async def deliver(post: ProbePost) -> None:
        posts.append(post)

    probe = Probe(
        id=0, created_at=START, updated_at=START, workspace_id=1, agent_id=1, type="NETINFO",
        interval_sec=600,
    )  # fmt: skip
    with near.inside(), system_edges(clock) as edges:
        async with anyio.create_task_group() as tasks:
            scheduler = Scheduler(tasks, clock, edges, deliver)
            scheduler.want([probe])
            tasks.start_soon(watch, edges, clock, scheduler.now)
            await anyio.sleep(0.2)
            posts.clear()
            near.ip("addr add 198.18.7.7/24 dev cable")
            with anyio.fail_after(10):
                while not any(post.triggered for post in posts):  # noqa: ASYNC110 - a real kernel
                    await anyio.sleep(0.02)
            tasks.cancel_scope.cancel()
    post = next(post for post in posts if post.triggered)
    assert (post.type, post.probe_id) == ("NETINFO", 0)
    assert "address 198.18.7.7/24 on cable is new" in post.triggered_reason
    assert b"198.18.7.7/24" in bytes(post.payload)


async def test_the_kernel_is_heard(near: Namespace) -> None:
    with near.inside():
        changes = RouteChanges()
        changes._opened()
    try:
        with anyio.move_on_after(0.1) as quiet:
            await changes.wait()
        assert quiet.cancelled_caught
        for number in range(20):
            near.ip(f"route add 198.19.{number}.0/24 via 198.18.0.2")
        with anyio.fail_after(10):
            await changes.wait()
        with anyio.move_on_after(0.1) as quiet:
            await changes.wait()
        assert quiet.cancelled_caught, "all of it came at once"
    finally:
        changes.close()
