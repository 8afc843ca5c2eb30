"""TLS that begins in plain text, in each protocol that has it, with servers that have it or not."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from forepost.agent.probes import tls
from forepost.kit.clock import SystemClock
from forepost.wire.probes.tls import TlsOptions, TlsResult
from tests.lab.certificates import Authority
from tests.lab.peers import Talk, real_edges, serving, silence

pytestmark = pytest.mark.anyio

MYSQL = b"\x0a8.0.36\0" + bytes(4) + b"12345678\0" + b"\xff\xff\x2d\x02\0\xff\xff"
Steps = list[tuple[bytes, bytes]]
"""What is waited for (its end), and what is said then."""
XMPP = b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"
DIALOGUES: dict[str, Steps] = {
    "smtp": [
        (b"", b"220-mail.example\r\n220 ready\r\n"),
        (b"\r\n", b"250-mail.example\r\n250-SIZE\r\n250 STARTTLS\r\n"),
        (b"STARTTLS\r\n", b"220 go\r\n"),
    ],
    "imap": [(b"", b"* OK hello\r\n"), (b"a STARTTLS\r\n", b"* x\r\na OK go\r\n")],
    "pop3": [(b"", b"+OK hello\r\n"), (b"STLS\r\n", b"+OK go\r\n")],
    "ftp": [(b"", b"220 hello\r\n"), (b"AUTH TLS\r\n", b"234 go\r\n")],
    "ldap": [
        (b"1.3.6.1.4.1.1466.20037", b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00")
    ],
    "xmpp": [
        (b"version='1.0' xmlns:stream='http://etherx.jabber.org/streams' to='localhost'>", XMPP),
        (b"/>", b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
    ],
    "postgres": [(b"\x04\xd2\x16\x2f", b"S")],
    "mysql": [(b"", len(MYSQL).to_bytes(3, "little") + b"\0" + MYSQL), (bytes(23), b"")],
}


@contextmanager
def speaking(steps: Steps, server: ssl.SSLContext) -> Iterator[int]:
    """In a thread: asyncio's server has trouble with a client that has gone after a handshake."""

    def talk() -> None:
        with contextlib.suppress(OSError):
            opened, _ = listener.accept()
            with opened:
                for awaited, said in steps:
                    heard = b""
                    while not heard.endswith(awaited):
                        if not (data := opened.recv(1)):  # and nothing of TLS
                            return
                        heard += data
                    opened.sendall(said)
                with server.wrap_socket(opened, server_side=True) as secured:
                    secured.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


async def measure(port: int, protocol: str) -> TlsResult:
    options = TlsOptions(timeout_sec=5.0, starttls=protocol)  # type: ignore[arg-type]
    return await tls.run(options, f"localhost:{port}", SystemClock(), real_edges())


async def look(talk: Talk, protocol: str) -> TlsResult:
    async with serving(talk) as port:
        return await measure(port, protocol)


@pytest.mark.parametrize("protocol", DIALOGUES)
async def test_it_goes_on_in_tls(
    protocol: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    authority.trusted(monkeypatch)
    with speaking(DIALOGUES[protocol], authority.server("localhost")) as port:
        got = await measure(port, protocol)
    assert (got.error, got.trusted, got.name_matches) == ("", True, True)
    assert got.certificate is not None
    assert got.starttls_ms > 0


@pytest.mark.parametrize(
    ("protocol", "said", "why"),
    [
        ("smtp", b"554 no\r\n", "it does not go on in TLS: 554 no"),
        ("smtp", b"220 a\r\n250 SIZE\r\n", "it does not go on in TLS: it offers no STARTTLS"),
        ("imap", b"* BYE\r\n", "it does not go on in TLS: * BYE"),
        ("pop3", b"+OK\r\n-ERR no\r\n", "it does not go on in TLS: -ERR no"),
        ("pop3", b"+OK\r\n+OK\r\n+OK injected\r\n", "it says more in plain text"),
        ("ftp", b"220 x\r\n502 no\r\n", "it does not go on in TLS: 502 no"),
        ("postgres", b"N", "it does not go on in TLS: PostgreSQL without TLS"),
        ("ldap", b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00", "it does not go on"),
        ("mysql", b"\x08\0\0\0\xff\x69\x04Blocked"[:12], "it does not go on in TLS: "),
        ("xmpp", b"<stream:features></stream:features>", "it does not go on in TLS: it offers"),
        ("imap", b"x" * 100_000, "more than 64 KiB before TLS"),
    ],
)
async def test_what_does_not_go_on_is_told(protocol: str, said: bytes, why: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await reader.read()

    got = await look(talk, protocol)
    assert got.error.startswith(f"starttls: {why}")
    assert (got.tls_version, got.certificate) == ("", None)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_what_was_shown_before_a_client_certificate_was_wanted_is_kept(
    version: ssl.TLSVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    authority.trusted(monkeypatch)
    server = authority.server("localhost", intermediate=True)
    server.verify_mode = ssl.CERT_REQUIRED
    server.maximum_version = version
    authority.ca.configure_trust(server)
    ours = authority.ca.issue_cert("agent.example")
    key = ours.private_key_pem.bytes().decode()
    async with serving(silence, server) as port:

        async def measured(**options: str) -> TlsResult:
            asked = TlsOptions(timeout_sec=5.0, **options)  # type: ignore[arg-type]
            return await tls.run(asked, f"localhost:{port}", SystemClock(), real_edges())

        got = await measured()
        welcome = await measured(
            client_certificate_pem=ours.cert_chain_pems[0].bytes().decode(), client_key_pem=key
        )
    assert got.error.startswith("the server wants a client certificate: ")
    assert (got.client_certificate, got.trusted, got.name_matches) == ("required", True, True)
    assert got.tls_version == version.name.replace("TLSv1_", "TLS 1.")
    assert len(got.certificate_chain) == 2
    assert got.earliest_not_after == min(one.not_after for one in got.certificate_chain)  # type: ignore[type-var]
    assert (welcome.error, welcome.client_certificate) == ("", "asked")


def negative_serial(der: bytes) -> bytes:
    place = der.index(b"\x02", 10)  # after the version
    return der[: place + 2] + bytes([der[place + 2] | 0x80]) + der[place + 3 :]


def odd_time(der: bytes) -> bytes:
    place = der.index(b"\x17\x0d")
    return der[: place + 2] + b"991332256199Z" + der[place + 15 :]


def bad_name(der: bytes) -> bytes:
    place = der.index(b"\x87\x04")  # an address of the SAN
    return der[:place] + b"\x88\x04" + der[place + 2 :]


def unknown_key(der: bytes) -> bytes:
    oid = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
    return der.replace(oid, oid[:-1] + b"\x7f")


@pytest.mark.parametrize(
    ("odd", "unreadable"),
    [(negative_serial, ()), (odd_time, ("not_before",)), (bad_name, ()), (unknown_key, ())],
)
def test_one_odd_field_never_costs_the_others(
    odd: Callable[[bytes], bytes], unreadable: tuple[str, ...], tmp_path: Path
) -> None:
    from forepost.agent.probes.certificates import read

    leaf = Authority(tmp_path).ca.issue_cert("a.example", "192.0.2.1")
    whole = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    harmed = odd(whole)
    assert harmed != whole
    got, was = read(harmed), read(whole)
    assert set(got.unreadable) <= {*unreadable, "key"}
    assert set(unreadable) <= set(got.unreadable)
    assert (got.subject, got.not_after, got.names) == (was.subject, was.not_after, was.names)
    assert was.key == "EC secp256r1"
    assert was.key_bits == 256
    assert was.signature == "sha256_ecdsa"
    assert got.serial == was.serial or got.serial.startswith("-")
