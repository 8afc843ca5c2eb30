"""Mail servers: greeting, extensions, TLS in both ways, a password."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import AuthResult, LoginPassword

from forepost.wire.probes.options import WrongOption
from tests.agent.probes.services.asked import asked
from tests.free_ports import free_port
from tests.lab.certificates import Authority
from tests.lab.peers import serving, silence

pytestmark = pytest.mark.anyio


def lets_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    assert isinstance(data, LoginPassword)
    is_right = (data.login, data.password) == (b"me", b"opensesame")
    return AuthResult(success=is_right, handled=is_right)


@contextmanager
def mail_server(**more: Any) -> Iterator[int]:
    port = free_port()
    server = Controller(Sink(), hostname="127.0.0.1", port=port, **more)
    server.start()
    try:
        yield port
    finally:
        server.stop()


async def test_a_real_server_in_the_clear() -> None:
    with mail_server() as port:
        got = await asked("SMTP", f"127.0.0.1:{port}", helo="probe.example")
        without = await asked("SMTP", f"127.0.0.1:{port}", starttls=True, insecure_tls=True)
    assert (got.error, got.logged_in, got.tls_version) == ("", False, "")
    assert "Python SMTP" in got.greeting
    assert "SMTPUTF8" in got.extensions
    assert without.error == "starttls: the server does not offer it"


async def test_starttls_and_a_password(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    secured = {
        "tls_context": authority.server("localhost"),
        "authenticator": lets_in,
        "auth_required": False,
    }
    own = authority.ca.cert_pem.bytes().decode()
    with mail_server(**secured) as port:
        told = {"starttls": True, "ca_pem": own, "username": "me"}
        got = await asked("SMTP", f"localhost:{port}", **told, password="opensesame")
        wrong = await asked("SMTP", f"localhost:{port}", **told, password="guessed")
        unknown = await asked("SMTP", f"localhost:{port}", starttls=True)
    assert (got.error, got.logged_in, got.tls_version) == ("", True, "TLS 1.3")
    assert got.tls_handshake_ms > 0
    assert (wrong.logged_in, wrong.error) == (False, "login: the server refuses the password: 535")
    assert unknown.error.startswith("tls: ")
    assert unknown.greeting != ""


async def test_inside_tls_from_the_first_byte(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own = authority.ca.cert_pem.bytes().decode()

    async with serving(
        says(b"220 x\r\n", b"250-x\r\n250 SIZE 9\r\n"), authority.server("localhost")
    ) as port:
        got = await asked("SMTP", f"localhost:{port}", tls=True, ca_pem=own)
    assert (got.error, got.extensions, got.tls_version) == ("", ["SIZE 9"], "TLS 1.3")


def says(*answers: bytes) -> Callable[..., Any]:
    """One as it comes, and one to each line."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            writer.write(answer)
            await reader.readline()
        await reader.read()

    return talk


@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (silence, "greeting: no answer in 2 s"),
        (says(b"SSH-2.0-OpenSSH_9\r\n"), "greeting: the server says SSH-2.0-OpenSSH_9"),
        (says(b"554 go away\r\n"), "greeting: the server says 554 go away"),
        (says(b"220-" + b"x" * 70_000 + b"\r\n"), "greeting: more than 64 KiB"),
        (says(b"220-still\r\n" * 6_000), "greeting: more than 64 KiB"),
        (says(b"220 x\r\n", b"550 who are you\r\n"), "hello: the server says 550 who are you"),
        (says(b"220 x\r\n"), "hello: no answer in 2 s"),
    ],
)
async def test_what_goes_wrong_is_told_by_its_part(talk: Any, error: str) -> None:
    async with serving(talk) as port:
        got = await asked("SMTP", f"127.0.0.1:{port}")
    assert got.error == error


async def test_plain_text_put_before_tls_is_refused() -> None:
    """As CVE-2011-0411: what was said in the clear must not be taken for what is said in TLS."""
    injected = b"220 go\r\n250 injected\r\n"
    async with serving(says(b"220 x\r\n", b"250-x\r\n250 STARTTLS\r\n", injected)) as port:
        got = await asked("SMTP", f"127.0.0.1:{port}", starttls=True, insecure_tls=True)
    assert got.error == "starttls: it says more in plain text, where TLS has to begin"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"username": "me", "password": "x"}, "username"),
        ({"username": "me", "tls": True}, "password"),
        ({"tls": True, "starttls": True}, "starttls"),
        ({"helo": "a b"}, "helo"),
        ({"insecure_tls": True}, "tls"),
    ],
)
async def test_what_makes_no_sense_is_refused(options: dict[str, Any], field: str) -> None:
    with pytest.raises(WrongOption, match=rf"^{field}: "):
        await asked("SMTP", "127.0.0.1:9", **options)
