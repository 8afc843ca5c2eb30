"""A zone whose servers keep their answers back costs nobody but its own names."""

import socket
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import anyio
import pytest

from forepost.agent.edges.names.addresses import Names
from forepost.agent.edges.names.questions import MOST, MOST_IN_ZONE
from forepost.agent.ports.net import Resolved

pytestmark = pytest.mark.anyio

GOOD = [(socket.AF_INET, socket.SOCK_RAW, 0, "", ("198.18.0.1", 0))]


class Resolver:
    """Stands where the C library's does: names below `silent` wait until it is `released`, the
    family that is `withheld` too.
    """

    def __init__(self) -> None:
        self.released = threading.Event()
        self.asked: list[tuple[str, int]] = []
        self.withheld: set[int] = set()
        self.lock = threading.Lock()

    def __call__(
        self, host: str, _port: Any, family: int = 0, *_: Any, flags: int = 0, **more: Any
    ) -> Any:
        if flags:
            raise socket.gaierror(socket.EAI_NONAME, "numeric only")
        with self.lock:
            self.asked.append((host, family))
        if "silent" in host.lower() or family in self.withheld:
            self.released.wait(30)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return GOOD


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    one = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", one)
    yield one
    one.released.set()


async def test_a_hundred_names_of_a_silent_zone_keep_no_other_waiting(resolver: Resolver) -> None:
    names = Names()
    got: dict[str, Resolved] = {}

    async def resolve(name: str) -> None:
        got[name] = await names.resolve(name, family="auto", timeout_sec=3)

    async with anyio.create_task_group() as tasks:
        for number in range(100):
            tasks.start_soon(resolve, f"h{number}.silent.example")
        await anyio.sleep(0.2)
        with anyio.fail_after(2):
            fine = await names.resolve("fine.example.com", family="auto", timeout_sec=2)
        assert fine == Resolved(("198.18.0.1",))
        assert len(resolver.asked) == MOST_IN_ZONE + 1
    assert {one.reason.split(": ")[1] for one in got.values()} == {
        "no answer from the resolver in 3 s"
    }


async def test_who_asks_the_same_joins_and_a_name_is_asked_for_once(resolver: Resolver) -> None:
    names = Names()
    async with anyio.create_task_group() as tasks:
        for number in range(50):
            name = "One.silent.example" if number % 2 else "one.silent.example"
            tasks.start_soon(partial(names.resolve, name, family="4", timeout_sec=0.3))
    again = await names.resolve("one.silent.example", family="4", timeout_sec=0.1)
    assert not again.address
    assert resolver.asked == [("one.silent.example", socket.AF_INET)]
    resolver.released.set()
    with anyio.fail_after(5):
        while (await names.resolve("one.silent.example", family="4", timeout_sec=5)).reason != (
            "one.silent.example: temporary failure in name resolution"
        ):
            pass


async def test_a_family_that_is_kept_back_keeps_the_other_waiting_no_longer_than_a_second(
    resolver: Resolver,
) -> None:
    resolver.withheld = {socket.AF_UNSPEC, socket.AF_INET6}
    names = Names()
    for _ in range(3):
        with anyio.fail_after(2.5):
            got = await names.resolve("half.example", family="auto", timeout_sec=10)
        assert got == Resolved(("198.18.0.1",))
    # The two that are not answered were asked once, for all three.
    families = [family for _, family in resolver.asked]
    assert families.count(socket.AF_UNSPEC) == families.count(socket.AF_INET6) == 1


async def test_the_wait_for_a_place_is_told(resolver: Resolver) -> None:
    names = Names()
    async with anyio.create_task_group() as tasks:
        for number in range(MOST_IN_ZONE):
            name = f"h{number}.silent.example"
            tasks.start_soon(partial(names.resolve, name, family="4", timeout_sec=1))
        await anyio.sleep(0.1)
        got: list[Resolved] = []

        async def late() -> None:
            got.append(await names.resolve("fine.Silent.example", family="4", timeout_sec=5))

        tasks.start_soon(late)
        await anyio.sleep(0.3)
        resolver.released.set()
    assert got[0].reason == "fine.silent.example: temporary failure in name resolution"
    assert 0.25 < got[0].waited_sec < 5


async def test_what_is_beyond_all_bounds_is_refused_with_a_reason(resolver: Resolver) -> None:
    names = Names()
    got: list[Resolved] = []

    async def resolve(name: str) -> None:
        got.append(await names.resolve(name, family="4", timeout_sec=0.5))

    async with anyio.create_task_group() as tasks:
        for number in range(MOST + 5):
            tasks.start_soon(resolve, f"h.silent{number}.example")
    refused = [one for one in got if "look-ups of names are without an answer" in one.reason]
    assert len(refused) == 5
