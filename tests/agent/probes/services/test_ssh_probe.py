"""How SSH servers greet, and what else listens there."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.agent.probes.services.asked import asked
from tests.lab import services
from tests.lab.peers import serving, silence

pytestmark = pytest.mark.anyio


async def test_a_real_server(tmp_path: Path) -> None:
    with services.sshd(tmp_path) as port:
        got = await asked("SSH", f"127.0.0.1:{port}")
        expected = await asked("SSH", f"127.0.0.1:{port}", expected_software="OpenSSH_")
        other = await asked("SSH", f"127.0.0.1:{port}", expected_software="Dropbear")
    assert (got.protocol_version, got.error) == ("2.0", "")
    assert got.software.startswith("OpenSSH_")
    assert got.comments.startswith("Debian")
    assert got.remote_addr == f"127.0.0.1:{port}"
    assert 0 < got.tcp_connect_ms < got.total_ms
    assert 0 < got.answer_ms < got.total_ms
    assert expected.error == ""
    assert other.error == "greeting: it is other software than was expected"


def says(greeting: bytes, *, again: bool = False) -> Any:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(greeting * (1_000 if again else 1))
            await writer.drain()
            if not again:
                await reader.read()
                return

    return talk


@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (silence, "greeting: no answer in 2 s"),
        (says(b"SSH-1.5-old\r\n"), "greeting: it speaks version 1.5, and not 2.0"),
        (says(b"SSH-\r\n"), "greeting: it speaks version nothing, and not 2.0"),
        (says(b"SSH-2.0-" + b"x" * 300 + b"\n"), "greeting: it is longer than SSH lets it be"),
        (says(b"220 mail.example ESMTP\r\n", again=True), "greeting: more than 64 KiB"),
        (says(b"no end", again=True), "greeting: more than 64 KiB"),
    ],
)
async def test_what_is_no_greeting(talk: Any, error: str) -> None:
    async with serving(talk) as port:
        got = await asked("SSH", f"127.0.0.1:{port}")
    assert got.error == error


async def test_lines_before_the_greeting_are_passed_over() -> None:
    async with serving(says(b"Welcome\r\nto us\r\nSSH-1.99-Cisco-1.25\n")) as port:
        got = await asked("SSH", f"127.0.0.1:{port}")
    assert (got.protocol_version, got.software, got.error) == ("1.99", "Cisco-1.25", "")


async def test_nobody_listens(unused_port: int) -> None:
    got = await asked("SSH", f"127.0.0.1:{unused_port}")
    assert (got.error, got.answer_ms) == ("connect: connection refused", 0.0)
    assert got.remote_addr == f"127.0.0.1:{unused_port}"
