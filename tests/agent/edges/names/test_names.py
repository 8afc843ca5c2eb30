import socket
import threading
from typing import Any

import pytest

from forepost.agent.edges.names.addresses import Names, numeric
from forepost.agent.ports.net import Family, Resolved

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("198.18.0.1", "198.18.0.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[::1]", "::1"),
        ("fe80::1%lo", "fe80::1"),
        ("[fe80::1%25lo]", "fe80::1"),
        ("fe80::1%1", "fe80::1"),
    ],
)
def test_an_address_is_decoded_without_a_thread(text: str, host: str) -> None:
    found = numeric(text)
    assert found is not None
    assert found[1][0] == host


@pytest.mark.parametrize("text", ["", "host.example", "198.18.0.256", "a\0b", "é" * 300])
def test_what_is_no_address_is_none(text: str) -> None:
    assert numeric(text) is None


@pytest.mark.parametrize(
    ("name", "family", "expected"),
    [
        ("198.18.0.1", "auto", Resolved(("198.18.0.1",))),
        ("[::1]", "6", Resolved(("::1",))),
        ("::1", "4", Resolved(reason="::1 is no IPv4 address")),
        ("localhost", "4", Resolved(("127.0.0.1",))),
        ("[fe80::1%25lo]", "auto", Resolved(("fe80::1%lo",))),
    ],
)
async def test_names_and_addresses_are_resolved(
    name: str, family: Family, expected: Resolved
) -> None:
    assert await Names().resolve(name, family=family, timeout_sec=5) == expected


async def test_a_name_that_cannot_be_one_is_a_reason() -> None:
    got = await Names().resolve("a" * 300, family="auto", timeout_sec=5)
    assert not got.address
    assert "is no host name" in got.reason


async def test_an_unknown_name_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*asked: Any, flags: int = 0, **more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    got = await Names().resolve("host.example", family="auto", timeout_sec=5)
    assert got == Resolved(reason="host.example: name or service not known")


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),  # IDNA 2003 asked for fass.example
        ("BÜCHER。example", "xn--bcher-kva.example"),
        ("_sip._udp.exämple", "_sip._udp.xn--exmple-cua"),
        ("Host_1.Example.", "Host_1.Example."),
    ],
)
async def test_a_name_is_asked_for_in_its_a_labels(
    monkeypatch: pytest.MonkeyPatch, name: str, asked: str
) -> None:
    names: list[str] = []

    def found(host: str, *_: Any, flags: int = 0, **more: Any) -> Any:
        if flags:
            raise socket.gaierror(socket.EAI_NONAME, "numeric only")
        names.append(host)
        return [(socket.AF_INET, socket.SOCK_RAW, 0, "", ("198.18.0.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    got = await Names().resolve(name, family="auto", timeout_sec=5)
    assert got.address == "198.18.0.1"
    assert [one.lower() for one in names] == [asked.lower()]


async def test_a_name_that_idna_does_not_know_is_a_reason() -> None:
    got = await Names().resolve("\U0001f4a9.example", family="auto", timeout_sec=5)
    assert "is no host name" in got.reason


async def test_a_resolver_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang(*asked: Any, flags: int = 0, **more: Any) -> Any:
        if not flags:
            released.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    got = await Names().resolve("host.example", family="auto", timeout_sec=0.05)
    released.set()
    assert got == Resolved(reason="host.example: no answer from the resolver in 0.05 s")
