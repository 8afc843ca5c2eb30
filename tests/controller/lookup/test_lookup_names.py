"""Names by a resolver that may be slow, wrong or silent."""

import socket
import threading
import time
from ipaddress import ip_address

import anyio
import pytest

from forepost.controller.lookup import names as module
from forepost.controller.lookup.names import KEPT_SEC, KEPT_UNKNOWN_SEC, THREADS, Names
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio

GOOGLE = ip_address("8.8.8.8")


class Resolver:
    def __init__(self, names: dict[str, str]) -> None:
        self.names, self.asked = names, 0

    def name_of(self, ip: str) -> str:
        self.asked += 1
        if ip not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return self.names[ip]

    def addresses_of(self, name: str) -> list[str]:
        self.asked += 1
        found = [ip for ip, known in self.names.items() if known == name]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return found


async def test_a_name_is_kept_for_a_while() -> None:
    resolver, clock = Resolver({"8.8.8.8": "dns.google"}), FakeClock()
    names = Names(clock, resolver.name_of)
    assert [await names.of(GOOGLE) for _ in range(3)] == ["dns.google"] * 3
    assert resolver.asked == 1
    resolver.names.clear()
    await clock.advance(KEPT_SEC)
    assert [await names.of(GOOGLE) for _ in range(3)] == [""] * 3
    assert resolver.asked == 2
    resolver.names["8.8.8.8"] = "new.example"
    await clock.advance(KEPT_UNKNOWN_SEC)
    assert await names.of(GOOGLE) == "new.example"
    names.close()


async def test_private_addresses_are_not_asked_for() -> None:
    resolver = Resolver({"10.0.0.1": "router.internal", "127.0.0.1": "localhost"})
    names = Names(FakeClock(), resolver.name_of, resolver.addresses_of)
    assert await names.of(ip_address("10.0.0.1")) == ""
    assert await names.of(ip_address("::1")) == ""
    assert resolver.asked == 0
    assert await names.public_address("router.internal") is None
    names.close()


async def test_the_first_public_address() -> None:
    resolver = Resolver({"10.0.0.1": "a.example", "1.1.1.1": "a.example", "2.2.2.2": "a.example"})
    names = Names(FakeClock(), addresses_of=resolver.addresses_of)
    assert await names.public_address("a.example") == ip_address("1.1.1.1")
    assert await names.public_address("b.example") is None
    names.close()


@pytest.mark.parametrize("name", ["<script>", "a b", "", "x" * 300, "a\nb"])
async def test_what_is_no_name(name: str) -> None:
    names = Names(FakeClock(), lambda _: name)
    assert await names.of(GOOGLE) == ""
    names.close()


async def test_the_least_recent_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 2)
    resolver = Resolver({f"8.8.8.{n}": f"n{n}.example" for n in range(3)})
    names = Names(FakeClock(), resolver.name_of)
    for n in (0, 1, 0, 2, 0, 1):
        assert await names.of(ip_address(f"8.8.8.{n}")) == f"n{n}.example"
    assert resolver.asked == 4
    names.close()


async def test_a_resolver_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT_SEC", 0.1)
    answers = threading.Event()

    def wait(_: str) -> str:
        answers.wait(10)
        return "late.example"

    names = Names(FakeClock(), wait)
    before, began = threading.active_count(), time.monotonic()
    async with anyio.create_task_group() as tasks:
        for n in range(4 * THREADS):
            tasks.start_soon(names.of, ip_address(f"8.8.8.{n}"))
    assert time.monotonic() - began < 8
    assert threading.active_count() - before <= THREADS
    answers.set()
    names.close()
