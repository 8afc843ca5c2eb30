import threading
import time

import anyio
import pytest

from forepost.agent.edges.names.reverse import (
    KEEP_FAILED_SEC,
    MOST_THREADS,
    ReverseNames,
    system_look_up,
)
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio


class Resolver:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.says: dict[str, str | None] = {}
        self.open = threading.Event()
        self.open.set()

    def look_up(self, address: str) -> str | None:
        self.asked.append(address)
        self.open.wait()
        return self.says.get(address, "")


async def test_a_name_is_looked_up_once() -> None:
    resolver, clock = Resolver(), FakeClock()
    resolver.says["198.18.0.1"] = "r1.example"
    reverse = ReverseNames(clock, resolver.look_up)
    for _ in range(3):
        reverse.want("198.18.0.1")
        names = await reverse.names(["198.18.0.1", "198.18.0.2"], within_sec=2)
        assert names == {"198.18.0.1": "r1.example"}
    assert sorted(resolver.asked) == ["198.18.0.1", "198.18.0.2"]


async def test_a_resolver_that_never_answers_costs_a_bounded_wait_and_few_threads() -> None:
    resolver = Resolver()
    resolver.open.clear()
    reverse = ReverseNames(FakeClock(), resolver.look_up)
    addresses = [f"198.18.0.{number}" for number in range(100)]
    before = threading.active_count()
    started = time.monotonic()
    try:
        assert await reverse.names(addresses, within_sec=0.2) == {}
        assert time.monotonic() - started < 10
        assert threading.active_count() - before <= MOST_THREADS
    finally:
        resolver.open.set()


async def test_where_nobody_could_say_it_is_asked_again_later() -> None:
    resolver, clock = Resolver(), FakeClock()
    resolver.says["198.18.0.1"] = None
    reverse = ReverseNames(clock, resolver.look_up)
    assert await reverse.names(["198.18.0.1"], within_sec=2) == {}
    assert await reverse.names(["198.18.0.1"], within_sec=2) == {}
    assert len(resolver.asked) == 1
    resolver.says["198.18.0.1"] = "r1.example"
    with anyio.fail_after(20):
        await clock.advance(KEEP_FAILED_SEC + 1)
        assert await reverse.names(["198.18.0.1"], within_sec=2) == {"198.18.0.1": "r1.example"}


def test_the_system_knows_its_own_name_and_no_nonsense() -> None:
    assert system_look_up("127.0.0.1")
    assert system_look_up("nonsense") == ""
