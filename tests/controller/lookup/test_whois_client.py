"""The client of WHOIS, against real servers on loopback."""

import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import msgspec
import pytest

from forepost.controller.lookup.store import RegistryText
from forepost.controller.lookup.whois import LONGEST, WhoisClient
from forepost.controller.lookup.whois_text import Server
from forepost.controller.outgoing.calls import Calls
from forepost.kit.errors import Unavailable
from tests.free_ports import free_port
from tests.registry import WhoisServer, text

pytestmark = pytest.mark.anyio


async def ask(
    port: int, query: str, host: str = "127.0.0.1", *, private: bool = True
) -> RegistryText:
    calls = Calls(allow_private=private, timeout_sec=0.5)
    return await WhoisClient(calls, Server(host, port)).ask(query)


async def test_a_query_and_its_answer() -> None:
    with WhoisServer(text("ripe.txt")) as server:
        said = await ask(server.port, "193.0.6.139")
    assert server.asked == ["193.0.6.139"]
    assert said.raw == text("ripe.txt").strip()
    assert said.parsed.netname == "RIPE-NCC"
    assert said.found


async def test_latin_1() -> None:
    with WhoisServer(text("lacnic.txt").encode("latin-1")) as server:
        said = await ask(server.port, "200.160.2.3")
    assert said.parsed.organization == "Núcleo de Informação e Coordenação do Ponto BR"


async def test_from_the_root_to_the_registry() -> None:
    with WhoisServer(text("arin.txt")) as arin:
        refers = text("iana_ip.txt").replace("whois.arin.net", arin.place)
        with WhoisServer(refers) as iana:
            said = await ask(iana.port, "8.8.8.8")
    assert iana.asked == arin.asked == ["8.8.8.8"]
    assert said.parsed.netname == "LVLT-GOGL-8-8-8"
    assert "IANA" not in said.raw


async def test_from_one_registry_to_the_one_that_has_it() -> None:
    with WhoisServer(text("ripe.txt")) as ripe:
        said_first = f"NetName: RIPE-193\nOrgName: RIPE\nReferralServer: whois://{ripe.place}\n"
        with WhoisServer(said_first) as arin:
            said = await ask(arin.port, "193.0.6.139")
    assert said.parsed.netname == "RIPE-NCC"


async def test_registry_and_registrar_both_count() -> None:
    with WhoisServer(text("registrar.txt")) as registrar:
        there = text("verisign.txt").replace("whois.registrar.example", registrar.place)
        with WhoisServer(there) as registry:
            said = await ask(registry.port, "example.com")
    assert said.raw.startswith("Domain Name: EXAMPLE.COM\n")
    assert "Registrant Organization: Internet Assigned Names Authority" in said.raw
    assert said.parsed.organization == "Internet Assigned Names Authority"
    assert said.parsed.abuse_email == "abuse-desk@registrar.example"


async def test_a_registrar_that_cannot_be_reached_costs_its_part_only() -> None:
    there = text("verisign.txt").replace("whois.registrar.example", f"127.0.0.1:{free_port()}")
    with WhoisServer(there) as registry:
        said = await ask(registry.port, "example.com")
    assert said.parsed.registrar == "Example Registrar, Inc."


async def test_a_registry_that_cannot_be_reached() -> None:
    port = free_port()
    with (
        WhoisServer(text("iana_ip.txt").replace("whois.arin.net", f"127.0.0.1:{port}")) as iana,
        pytest.raises(Unavailable, match=rf"WHOIS: 127\.0\.0\.1:{port}: connecting: .*refused"),
    ):
        await ask(iana.port, "8.8.8.8")


async def test_referrals_in_a_circle() -> None:
    servers: list[WhoisServer] = []

    def other(mine: int, _: str) -> str:
        return f"refer: {servers[1 - mine].place}\n"

    with WhoisServer(partial(other, 0)) as one, WhoisServer(partial(other, 1)) as two:
        servers += [one, two]
        assert not (await ask(one.port, "8.8.8.8")).found
        assert [len(server.asked) for server in servers] == [1, 1]


async def test_no_more_than_three_referrals() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(WhoisServer("netname: END\n"))
        servers = [server]
        for n in range(4):
            said_here = f"netname: N{n}\nReferralServer: whois://{servers[-1].place}\n"
            servers.append(stack.enter_context(WhoisServer(said_here)))
        said = await ask(servers[-1].port, "8.8.8.8")
    assert said.parsed.netname == "N0"
    assert server.asked == []


async def test_a_private_server_is_not_asked_unless_that_is_allowed() -> None:
    with (
        WhoisServer("x") as server,
        pytest.raises(
            Unavailable, match=r"127\.0\.0\.1 is not allowed: loopback \(lookups\.allow_private_"
        ),
    ):
        await ask(server.port, "8.8.8.8", private=False)
    assert server.asked == []


async def test_a_name_that_is_not_known() -> None:
    with pytest.raises(Unavailable, match=r"WHOIS: no-such-name\.invalid: its name is not known"):
        await ask(43, "8.8.8.8", "no-such-name.invalid")


async def test_a_very_long_answer_is_cut() -> None:
    with WhoisServer(b"netname: X\n" + b"x" * (2 * LONGEST)) as server:
        said = await ask(server.port, "8.8.8.8")
    assert len(said.raw) == LONGEST
    assert said.parsed.netname == "X"


async def test_a_server_that_says_nothing() -> None:
    with WhoisServer("") as server, pytest.raises(Unavailable, match="it said nothing"):
        await ask(server.port, "8.8.8.8")


async def test_zero_bytes_are_left_out() -> None:
    with WhoisServer(b"netname: A\x00B\n") as server:
        assert (await ask(server.port, "8.8.8.8")).parsed.netname == "AB"


def keep_open(connection: socket.socket, over: threading.Event) -> None:
    over.wait(10)


def reset(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"netname: X\n")
    over.wait(0.2)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


async def talk(do: Callable[[socket.socket, threading.Event], None]) -> RegistryText:
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                do(connection, over)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            return await ask(server.getsockname()[1], "8.8.8.8")
        finally:
            over.set()
            thread.join()


async def test_a_server_that_never_ends() -> None:
    with pytest.raises(Unavailable, match=r"0\.5 s were over while waiting for its answer"):
        await talk(keep_open)


async def test_a_server_that_resets_at_the_end() -> None:
    said = await talk(reset)
    assert msgspec.to_builtins(said.parsed) == {"netname": "X"}
