"""Redis servers: a PONG, a password, what is none."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from forepost.wire.probes.options import WrongOption
from tests.agent.probes.services.asked import asked
from tests.lab import services
from tests.lab.peers import serving, silence

pytestmark = pytest.mark.anyio


async def test_a_real_server(tmp_path: Path) -> None:
    with services.redis(tmp_path) as port:
        got = await asked("REDIS", f"127.0.0.1:{port}")
    assert (got.error, got.role) == ("", "master")
    assert got.version.count(".") == 2
    assert got.answer_ms > 0


async def test_a_password(tmp_path: Path) -> None:
    with services.redis(tmp_path, "--requirepass", "opensesame") as port:
        at = f"127.0.0.1:{port}"
        got = await asked("REDIS", at, password="opensesame")
        named = await asked("REDIS", at, username="default", password="opensesame")
        wrong = await asked("REDIS", at, password="guessed")
        without = await asked("REDIS", at)
    assert (got.error, named.error) == ("", "")
    assert wrong.error == "login: the server refuses: WRONGPASS"
    assert without.error.startswith("ping: the server refuses: NOAUTH")


async def test_a_user_that_may_ping_and_no_more(tmp_path: Path) -> None:
    only = ("--user", "probe", "on", ">opensesame", "+ping")
    with services.redis(tmp_path, *only) as port:
        told = {"username": "probe", "password": "opensesame"}
        got = await asked("REDIS", f"127.0.0.1:{port}", **told)
    assert (got.error, got.version, got.role) == ("", "", "")


def says(answer: bytes, *, again: bool = False) -> Any:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(100):
            writer.write(answer)
            while again:
                writer.write(answer * 1_000)
                await writer.drain()

    return talk


@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (silence, "ping: no answer in 2 s"),
        (says(b"+LOADING\r\n"), "ping: the server says b'LOADING'"),
        (
            says(b"HTTP/1.1 400 Bad Request\r\n"),
            "ping: this is no Redis: 'HTTP/1.1 400 Bad Request'",
        ),
        (says(b"$99999999999\r\n"), "ping: this is no Redis: '$99999999999'"),
        (says(b"$-1\r\n"), "ping: this is no Redis: '$-1'"),
        (says("$\u00b2\r\n".encode("latin-1")), "ping: this is no Redis: '$\u00b2'"),
        (says(b"x" * 1_000, again=True), "ping: more than 64 KiB"),
    ],
)
async def test_what_is_no_pong(talk: Any, error: str) -> None:
    async with serving(talk) as port:
        got = await asked("REDIS", f"127.0.0.1:{port}")
    assert got.error == error


async def test_a_user_needs_a_password() -> None:
    with pytest.raises(WrongOption, match=r"^password: "):
        await asked("REDIS", "127.0.0.1:9", username="me")
