"""DNS against a real server (unbound), and against some that lie."""

import asyncio
import base64
import struct
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import dns.message
import dns.rrset
import pytest

from forepost.agent.edges.host.facts import LinuxHost
from forepost.agent.ports.dialer import Failed
from forepost.agent.probes.dns.probe import run
from forepost.agent.probes.dns.server import server_of
from forepost.kit.clock import SystemClock
from forepost.wire.probes.dns import DnsOptions, DnsResult
from tests.lab.certificates import Authority
from tests.lab.peers import (
    answering_datagrams,
    real_edges,
    rudeness,
    serving,
    silence,
)
from tests.lab.unbound import Unbound, running

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[Unbound]:
    with running(authority.folder, authority.file("localhost")) as unbound:
        yield unbound


async def ask(name: str, **options: object) -> DnsResult:
    asked = DnsOptions(**{"timeout_sec": 3.0, **options})  # type: ignore[arg-type]
    return await run(asked, name, SystemClock(), real_edges())


@pytest.mark.parametrize("protocol", ["udp", "tcp", "dot"])
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
async def test_a_name_is_found(
    server: Unbound,
    authority: Authority,
    protocol: str,
    host: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority.trusted(monkeypatch)
    if protocol == "dot":
        host, port = "localhost", server.tls_port
    else:
        port = server.port
    got = await ask("host.example", dns_server=f"{host}:{port}", protocol=protocol)
    assert got.error == ""
    assert (got.response_code, got.record_type, got.protocol) == ("NOERROR", "A", protocol)
    found = [(one.name, one.type, one.value, one.ttl) for one in got.answers]
    assert sorted(found) == [
        ("host.example.", "A", "198.18.0.7", 300),
        ("host.example.", "A", "198.18.0.8", 300),
    ]
    assert 0 < got.query_time_ms < 1_000
    assert (got.connect_ms > 0) == (protocol != "udp")
    assert got.dns_server == f"{host}:{port}"
    assert (got.target, got.authoritative, got.ignored) == ("host.example", True, 0)
    assert "host.example. 300 IN A 198.18.0.7" in got.raw_response


@pytest.mark.parametrize(
    ("name", "record_type", "answers"),
    [
        ("host.example", "AAAA", ["2001:db8::7"]),
        ("host.example", "aaaa", ["2001:db8::7"]),
        ("host.example", "MX", ["10 mail.example."]),
        ("host.example", "TXT", ["v=one twothree"]),
        ("198.18.0.7", "PTR", ["host.example."]),
        ("alias.example", "CNAME", ["host.example."]),
        ("host.example", "SRV", []),
    ],
)
async def test_every_type_of_record(
    server: Unbound, name: str, record_type: str, answers: list[str]
) -> None:
    got = await ask(name, dns_server=f"127.0.0.1:{server.port}", record_type=record_type)
    assert (got.response_code, [one.value for one in got.answers]) == ("NOERROR", answers)
    assert got.record_type == record_type.upper()


@pytest.mark.parametrize(
    ("name", "code"), [("none.example", "NXDOMAIN"), ("elsewhere.net", "REFUSED")]
)
async def test_an_answer_of_any_code_is_an_answer(server: Unbound, name: str, code: str) -> None:
    got = await ask(name, dns_server=f"127.0.0.1:{server.port}")
    assert (got.response_code, got.error, got.answers) == (code, "", [])
    assert got.query_time_ms > 0


async def test_names_in_any_script_are_asked_for_by_idna_2008() -> None:
    async with answering_datagrams(lambda data: [data[:2] + b"\x81\x85" + data[4:]]) as port:
        got = await ask("Straße.example", dns_server=f"127.0.0.1:{port}")
    assert (got.response_code, got.error) == ("REFUSED", "")
    assert "xn--strae-oqa.example. IN A" in got.raw_response


async def test_what_is_cut_off_is_asked_for_over_tcp(server: Unbound) -> None:
    got = await ask("big.example", dns_server=f"127.0.0.1:{server.port}", record_type="TXT")
    assert (got.response_code, len(got.answers), got.error) == ("NOERROR", 30, "")
    assert got.retried_over_tcp
    assert got.protocol == "udp"


async def test_the_server_of_this_host_is_asked_where_none_is_named(
    tmp_path: Path, unused_port: int
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/resolv.conf").write_text("# none\nsearch example\nnameserver 127.0.0.9\n")
    clock, edges = SystemClock(), real_edges(LinuxHost(tmp_path))
    got = await run(DnsOptions(timeout_sec=0.5), "host.example", clock, edges)
    assert got.dns_server == "127.0.0.9:53"
    assert got.error == "query: connection refused"
    (tmp_path / "etc/resolv.conf").unlink()
    got = await run(DnsOptions(), "host.example", clock, edges)
    assert got.error == "server: none is named, and this host has no nameserver"
    assert got.remote_addr == ""


async def test_a_certificate_that_is_not_trusted_is_an_error_unless_told_otherwise(
    server: Unbound, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = f"localhost:{server.tls_port}"
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nobody.pem"))
    got = await ask("host.example", dns_server=at, protocol="dot")
    assert got.error.startswith("tls: certificate verify failed: ")
    assert got.response_code == "ERROR"
    got = await ask("host.example", dns_server=at, protocol="dot", insecure_tls=True)
    assert got.response_code == "NOERROR"


def answer_to(query: dns.message.Message, address: str) -> bytes:
    response = dns.message.make_response(query)
    name = query.question[0].name
    response.answer.append(dns.rrset.from_text(name, 5, "IN", "A", address))
    return response.to_wire()


def forged(change: Callable[[dns.message.Message], bytes]) -> Callable[[bytes], Sequence[bytes]]:
    """First the forged answer, then the right one."""

    def answers(data: bytes) -> Sequence[bytes]:
        query = dns.message.from_wire(data)
        return [change(dns.message.from_wire(data)), answer_to(query, "198.18.0.1")]

    return answers


def another_id(query: dns.message.Message) -> bytes:
    query.id ^= 1
    return answer_to(query, "198.18.6.6")


def another_name(query: dns.message.Message) -> bytes:
    lying = dns.message.make_query("other.example", "A", id=query.id)
    return answer_to(lying, "198.18.6.6")


def doh(
    status: str = "200 OK", media: str = "application/dns-message", answer: bytes | None = None
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if head.startswith("GET "):
            asked = head.partition("/dns-query?dns=")[2].partition(" HTTP/1.1\r\n")[0]
            assert "=" not in asked
            query = dns.message.from_wire(base64.urlsafe_b64decode(asked + "=" * (-len(asked) % 4)))
        else:
            assert head.startswith("POST /dns-query HTTP/1.1\r\n")
            length = int(head.lower().partition("content-length: ")[2].split("\r\n")[0])
            query = dns.message.from_wire(await reader.readexactly(length))
        assert query.id == 0
        said = answer if answer is not None else answer_to(query, "198.18.0.9")
        top = f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {len(said)}\r\n\r\n"
        writer.write(top.encode() + said)
        await writer.drain()

    return talk


@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (doh(), ""),
        (doh("503 Busy"), "query: HTTP 503 Busy"),
        (doh(media="text/html"), "query: text/html instead of application/dns-message"),
        (doh(answer=another_id(dns.message.make_query("host.example", "A"))), "query: another id"),
    ],
)
async def test_over_https(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, talk: object, error: str
) -> None:
    authority.trusted(monkeypatch)
    async with serving(talk, authority.server("localhost")) as port:  # type: ignore[arg-type]
        got = await ask("host.example", dns_server=f"https://localhost:{port}", protocol="doh")
    assert got.error == error
    if not error:
        assert [one.value for one in got.answers] == ["198.18.0.9"]
        assert got.dns_server == f"https://localhost:{port}/dns-query"
        assert 0 < got.connect_ms < 1_000


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_over_https_with_a_server_that_has_http_2_only(
    server: Unbound, authority: Authority, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    authority.trusted(monkeypatch)
    at = f"https://localhost:{server.https_port}"
    got = await ask("host.example", dns_server=at, protocol="doh", doh_method=method)
    assert got.error == ""
    assert sorted(one.value for one in got.answers) == ["198.18.0.7", "198.18.0.8"]


async def test_over_https_by_get_and_by_address(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is named by its address; the certificate is that of a name."""
    authority.trusted(monkeypatch)
    async with serving(doh(), authority.server("localhost")) as port:
        at = f"https://127.0.0.1:{port}/dns-query{{?dns}}"
        wanted = {"dns_server": at, "protocol": "doh", "doh_method": "GET"}
        wrong = await ask("host.example", **wanted, tls_name="other.example")
        right = await ask("host.example", **wanted, tls_name="localhost")
    assert wrong.error.startswith("tls: certificate verify failed: ")
    assert (right.error, [one.value for one in right.answers]) == ("", ["198.18.0.9"])


async def test_over_tls_by_address(
    server: Unbound, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.trusted(monkeypatch)
    at = f"127.0.0.1:{server.tls_port}"
    for name, begins in (
        ("localhost", ""),
        ("", "tls: certificate verify failed: "),
        ("other.example", "tls: certificate verify failed: "),
    ):
        got = await ask("host.example", dns_server=at, protocol="dot", tls_name=name)
        assert got.error.startswith(begins)
        assert bool(got.error) == bool(begins)


@pytest.mark.parametrize(
    "forge",
    [
        another_id,
        another_name,
        dns.message.Message.to_wire,
        lambda query: struct.pack("!H", query.id) + b"\xff" * 30,
        lambda query: struct.pack("!HHHHHH", query.id, 0x8180, 0, 0, 0, 0),
    ],
    ids=["id", "name", "question", "garbage", "no question"],
)
async def test_what_is_no_answer_to_our_question_is_ignored(
    forge: Callable[[dns.message.Message], bytes],
) -> None:
    async with answering_datagrams(forged(forge)) as port:
        got = await ask("host.example", dns_server=f"127.0.0.1:{port}")
    assert [one.value for one in got.answers] == ["198.18.0.1"]
    assert (got.ignored, got.error) == (1, "")


async def test_silence_lies_and_hang_ups_are_results(unused_port: int) -> None:
    async with answering_datagrams(lambda _: []) as port:
        got = await ask("host.example", dns_server=f"127.0.0.1:{port}", timeout_sec=0.2)
    assert (got.error, got.response_code) == ("query: no answer in 0.2 s", "ERROR")
    assert got.query_time_ms == 0
    async with answering_datagrams(lambda _: [b"lies"] * 3) as port:
        got = await ask("host.example", dns_server=f"127.0.0.1:{port}", timeout_sec=0.2)
    assert got.error.startswith("query: no answer in 0.2 s (6 ignored, the last one: malformed: ")
    got = await ask("host.example", dns_server=f"127.0.0.1:{unused_port}")
    assert got.error == "query: connection refused"
    got = await ask("host.example", dns_server=f"127.0.0.1:{unused_port}", protocol="tcp")
    assert got.error == "connect: connection refused"
    for talk, error in (
        (silence, "no answer in 0.3 s"),
        (rudeness, "connection reset by peer"),
    ):
        async with serving(talk) as port:
            at = f"127.0.0.1:{port}"
            got = await ask("host.example", dns_server=at, protocol="tcp", timeout_sec=0.3)
        assert got.error == f"query: {error}"

    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(2)
        writer.write(b"\x01\x00half")
        await writer.drain()
        writer.write_eof()
        await reader.read()

    async with serving(half) as port:
        got = await ask("host.example", dns_server=f"127.0.0.1:{port}", protocol="tcp")
    assert got.error == "query: the connection was closed without an answer"


async def test_a_cut_off_answer_stands_where_tcp_is_refused() -> None:
    def cut_off(data: bytes) -> Sequence[bytes]:
        response = dns.message.make_response(dns.message.from_wire(data))
        response.flags |= 0x0200
        return [response.to_wire()]

    async with answering_datagrams(cut_off) as port:
        got = await ask("host.example", dns_server=f"127.0.0.1:{port}")
    assert (got.response_code, got.retried_over_tcp) == ("NOERROR", True)
    assert got.error == "retry over TCP: connection refused"


@pytest.mark.parametrize(
    ("name", "record_type", "error"),
    [
        ("a..b", "A", "question: a..b A: "),
        ("a" * 64, "A", "question: "),
        ("host.example", "NOSUCH", "question: host.example NOSUCH: "),
    ],
)
async def test_what_cannot_be_asked_is_a_result(name: str, record_type: str, error: str) -> None:
    got = await ask(name, dns_server="127.0.0.1:9", record_type=record_type)
    assert got.error.startswith(error)
    assert got.remote_addr == ""


@pytest.mark.parametrize(
    ("text", "protocol", "shown"),
    [
        ("192.0.2.1", "udp", "192.0.2.1:53"),
        ("2001:db8::1", "tcp", "[2001:db8::1]:53"),
        ("[2001:db8::1]:5353", "udp", "[2001:db8::1]:5353"),
        ("dns.example", "dot", "dns.example:853"),
        ("dns.example", "doh", "https://dns.example:443/dns-query"),
        ("https://dns.example:8443/q?a=1", "doh", "https://dns.example:8443/q?a=1"),
    ],
)
def test_how_a_server_is_named(text: str, protocol: str, shown: str) -> None:
    assert str(server_of(text, protocol)) == shown  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["http://dns.example", "https://[::1", "a b", ""])
def test_what_is_no_server(text: str) -> None:
    with pytest.raises(Failed):
        server_of(text, "doh")
