"""What is said to a port and expected of it: TCP, inside TLS too, and UDP."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from forepost.agent.probes import tcp, udp
from forepost.kit.clock import SystemClock
from forepost.wire.probes.exchange import written_bytes
from forepost.wire.probes.options import WrongOption, read_options
from forepost.wire.probes.tcp import TcpOptions, TcpResult
from forepost.wire.probes.udp import UdpOptions, UdpResult
from tests.lab import unbound
from tests.lab.certificates import Authority
from tests.lab.net import pair
from tests.lab.peers import answering_datagrams, real_edges, rudeness, serving, silence

pytestmark = pytest.mark.anyio

TOLD: dict[str, Any] = {"interval_sec": 0.1, "timeout_sec": 0.5, "count": 2}


async def connect(target: str, **options: Any) -> TcpResult:
    asked = read_options(TcpOptions, TOLD, options)
    return await tcp.run(asked, target, SystemClock(), real_edges())


async def ask(target: str, **options: Any) -> UdpResult:
    asked = read_options(UdpOptions, TOLD, {"send": "ping", **options})
    return await udp.run(asked, target, SystemClock(), real_edges())


async def banner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """In two pieces, as slow lines bring it."""
    writer.write(b"SSH-2.0-")
    await writer.drain()
    await asyncio.sleep(0.02)
    writer.write(b"OpenSSH_9.2\r\n")
    await reader.read()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(b"said: " + line)


async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


@pytest.mark.parametrize(
    "expected", [{"expect": "OpenSSH"}, {"expect": r"^SSH-2\.0-\w+", "expect_match": "regex"}]
)
async def test_a_banner_that_is_as_expected(expected: dict[str, str]) -> None:
    async with serving(banner) as port:
        got = await connect(f"127.0.0.1:{port}", **expected)
    assert (got.attempts, got.connected, got.unexpected, got.loss_pct) == (2, 2, 0, 0.0)
    assert got.error == ""
    assert all(ms is not None and ms >= 15 for ms in got.answers_ms), "until it was all there"
    assert got.max_ms < 15, "the connect alone"


async def test_a_banner_that_is_not_as_expected_is_a_failure() -> None:
    async with serving(banner) as port:
        got = await connect(f"127.0.0.1:{port}", expect="Dropbear")
    assert (got.connected, got.unexpected, got.timed_out, got.loss_pct) == (0, 2, 0, 100.0)
    assert (got.connects_ms, got.answers_ms) == ([None, None], [])
    assert got.error == "another answer than was expected, and no more in 0.5 s"
    assert "Dropbear" not in got.error


async def test_what_is_said_has_an_answer() -> None:
    async with serving(echo) as port:
        got = await connect(f"127.0.0.1:{port}", send=r"\x50ING\r\n", expect=r"said: PING\r\n")
        any_answer = await connect(f"127.0.0.1:{port}", send=r"x\n")
    assert (got.connected, got.error) == (2, "")
    assert (any_answer.connected, any_answer.error) == (2, "")


@pytest.mark.parametrize(
    ("talk", "counts", "error"),
    [
        (silence, {"timed_out": 2}, "no answer in 0.5 s"),
        (rudeness, {"unexpected": 2}, "connection reset by peer"),
        (chatter, {"unexpected": 2}, "more than 64 KiB, and not what was expected"),
    ],
)
async def test_no_answer_a_reset_and_no_end(talk: Any, counts: dict[str, int], error: str) -> None:
    async with serving(talk) as port:
        got = await connect(f"127.0.0.1:{port}", send="hello", expect="never", timeout_sec=0.5)
    told = {name: getattr(got, name) for name in ("timed_out", "refused", "unexpected")}
    assert told == {"timed_out": 0, "refused": 0, "unexpected": 0, **counts}
    assert (got.loss_pct, got.error) == (100.0, error)


async def test_who_hangs_up_is_told(tmp_path: Path) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"421 too many\r\n")

    async with serving(hang_up) as port:
        got = await connect(f"127.0.0.1:{port}", expect="220")
    assert (got.unexpected, got.error) == (2, "the connection was closed before what was expected")


async def test_inside_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own = authority.ca.cert_pem.bytes().decode()
    async with serving(echo, authority.server("localhost")) as port:
        trusted = {"tls": True, "ca_pem": own, "send": r"x\n", "expect": "said: x"}
        got = await connect(f"localhost:{port}", **trusted)
        by_address = await connect(f"127.0.0.1:{port}", **trusted)
        named = await connect(f"127.0.0.1:{port}", **trusted, server_name="localhost")
        anything = await connect(f"127.0.0.1:{port}", tls=True, insecure_tls=True)
        unknown = await connect(f"localhost:{port}", tls=True)
    assert (got.connected, got.error) == (2, "")
    assert all(ms is not None and ms > 0 for ms in got.tls_ms)
    assert (by_address.unexpected, by_address.connected) == (2, 0)
    assert "TLS: " in by_address.error
    assert (named.connected, anything.connected) == (2, 2)
    assert (unknown.unexpected, unknown.loss_pct) == (2, 100.0)


async def test_a_service_that_answers_datagrams() -> None:
    def pong(heard: bytes) -> list[bytes]:
        return [b"pong:" + heard]

    async with answering_datagrams(pong) as port:
        got = await ask(f"127.0.0.1:{port}", expect="pong:ping")
        other = await ask(f"127.0.0.1:{port}", expect="never")
    assert (got.attempts, got.answered, got.loss_pct, got.error) == (2, 2, 0.0, "")
    assert got.remote_addr == f"127.0.0.1:{port}"
    assert 0 < got.min_ms <= got.avg_ms <= got.max_ms < 500
    assert (other.answered, other.unexpected, other.timed_out) == (0, 2, 0)
    assert other.error == "another answer than was expected, and no more in 0.5 s"


async def test_datagrams_that_are_refused_lost_or_have_no_way(unused_port: int) -> None:
    refused = await ask(f"127.0.0.1:{unused_port}")
    assert (refused.refused, refused.error) == (2, "connection refused")
    async with answering_datagrams(lambda _: []) as port:
        lost = await ask(f"127.0.0.1:{port}")
    assert (lost.timed_out, lost.error) == (2, "no answer in 0.5 s")
    with pair() as (near, _):
        near.ip("route add unreachable 198.18.8.0/24")
        with near.inside():
            nowhere = await ask("198.18.8.1:53")
    assert (nowhere.unreachable, nowhere.error) == (2, "no route to host")


async def test_a_datagram_that_is_the_expected_one_counts_among_others() -> None:
    async with answering_datagrams(lambda _: [b"noise", b"yes"]) as port:
        got = await ask(f"127.0.0.1:{port}", expect="yes")
    assert (got.answered, got.unexpected) == (2, 0)


async def test_a_peer_that_never_stops_is_left_at_the_end_of_the_time() -> None:
    async with answering_datagrams(lambda _: [b"noise"] * 500) as port:
        got = await ask(f"127.0.0.1:{port}", expect="yes")
    assert (got.answered, got.unexpected) == (0, 2)


async def test_a_real_dns_server_by_hand(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    query = r"\xab\xcd\x01\0\0\x01\0\0\0\0\0\0\x04host\x07example\0\0\x01\0\x01"
    with unbound.running(tmp_path, authority.file("localhost")) as server:
        got = await ask(f"127.0.0.1:{server.port}", send=query, expect=r"\xab\xcd\x85\x80")
    assert (got.answered, got.error) == (2, "")


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("PING", b"PING"),
        (r"a\r\n\t\0\\", b"a\r\n\t\0\\"),
        (r"\x00\xff", b"\x00\xff"),
        ("ü", "ü".encode()),
        ("real\r\n", b"real\r\n"),
    ],
)
async def test_bytes_are_written_with_backslashes(text: str, bytes_: bytes) -> None:
    assert written_bytes(text) == bytes_


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"send": "\\"}, "send: a backslash at its end"),
        ({"send": r"\q"}, r"send: '\q' stands for no byte"),
        ({"expect": r"\x1"}, r"expect: '\x1' stands for no byte"),
        ({"expect": "(", "expect_match": "regex"}, "expect: no regular expression"),
        ({"expect_match": "exactly"}, "expect_match"),
        ({"insecure_tls": True}, "tls: insecure_tls needs it"),
        ({"server_name": "x"}, "tls: server_name needs it"),
    ],
)
async def test_what_makes_no_sense_is_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(WrongOption, match="^" + re.escape(reason)):
        read_options(TcpOptions, TOLD, options)


async def test_a_datagram_needs_something_to_say() -> None:
    with pytest.raises(WrongOption, match=r"^send: a service answers only"):
        read_options(UdpOptions, TOLD, {})
