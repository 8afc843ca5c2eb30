"""The Unix socket: bounded in time, work and places."""

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from forepost.agent.flows import face
from forepost.agent.flows.commands import Commands
from forepost.agent.flows.face import FlowSocket
from forepost.agent.flows.groups import Groups
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.flows.socket import OK, FlowList
from tests.fakes.endless import watched

pytestmark = pytest.mark.anyio


class NoFolder:
    def names(self) -> dict[str, str]:
        return {}

    def read(self, file: str) -> list[str]:
        return []

    def write(self, file: str, entries: list[str]) -> None:
        self.written = entries

    def remove(self, file: str) -> None: ...


@asynccontextmanager
async def served(path: Path, health: Health) -> AsyncIterator[Path]:
    async def flows(_: int, __: int) -> FlowList:
        return FlowList(total=0, flows=[])

    async def reload() -> None: ...

    def status() -> Any:
        return None

    commands = Commands(Groups(), NoFolder(), status, flows, reload, lambda: None)
    at = path / "socket"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(FlowSocket(commands, SystemClock(), health).serve, at)
        while not at.exists():  # noqa: ASYNC110 - it is made in this loop
            await anyio.sleep(0.01)
        yield at
        tasks.cancel_scope.cancel()


async def asked(path: Path, text: bytes) -> Any:
    async with await anyio.connect_unix(path) as connection:
        heard = b""
        try:
            await connection.send(text)
            await connection.send_eof()
            async for data in connection:
                heard += data
        except anyio.BrokenResourceError:
            pass  # it would not read all of it
    return json.loads(heard) if heard else None


@pytest.fixture
def health() -> Health:
    return Health(logging.getLogger("test"))


@pytest.mark.parametrize(
    "values", [b"[]," * 5_000_000, b"{}," * 5_000_000, b"/**/" * 4_000_000, b"1," * 8_000_000]
)
@pytest.mark.timeout(240)
async def test_no_request_stops_the_others(tmp_path: Path, health: Health, values: bytes) -> None:
    request = b'{"command": "lookup-group-address", "data": [' + values[:-1] + b"]}"
    async with served(tmp_path, health) as path, watched() as pauses:
        await asked(path, request)
        assert (await asked(path, b'{"command": "list-address-groups"}'))["data"] == []
    assert pauses.longest_sec < 0.5


@pytest.mark.timeout(240)
async def test_a_million_addresses_are_added_looked_up_and_saved_beside_others(
    tmp_path: Path, health: Health
) -> None:
    entries = [f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in range(300_000)]
    add = {"command": "add-group-address", "group": "g", "data": entries}
    async with served(tmp_path, health) as path, watched() as pauses:
        assert (await asked(path, json.dumps(add).encode()))["data"]["total"] == 300_000
        assert (await asked(path, b'{"command": "save-address-group", "group": "g"}'))["code"] == OK
        look = {"command": "lookup-group-address", "data": entries[:10_000]}
        assert len((await asked(path, json.dumps(look).encode()))["data"]) == 10_000
        look["data"] = entries[:10_001]
        assert "10,000 addresses are the most" in str(await asked(path, json.dumps(look).encode()))
    assert pauses.longest_sec < 0.8


async def test_half_requests_end(
    tmp_path: Path, health: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face, "REQUEST_SEC", 0.5)
    async with served(tmp_path, health) as path:
        async with await anyio.connect_unix(path) as late, anyio.create_task_group() as tasks:

            async def dribble() -> None:
                """A byte at a time is no whole request either."""
                await late.send(b"{")
                with suppress(anyio.BrokenResourceError):
                    while True:
                        await late.send(b" ")
                        await anyio.sleep(0.1)

            tasks.start_soon(dribble)
            with anyio.fail_after(20):
                assert b"No whole request came in time" in await late.receive()
            tasks.cancel_scope.cancel()
        assert (await asked(path, b'{"command": "list-address-groups"}'))["code"] == OK


async def test_who_holds_all_its_places_leaves_some_to_others(
    tmp_path: Path, health: Health
) -> None:
    async with served(tmp_path, health) as path:
        many = [await anyio.connect_unix(path) for _ in range(70)]
        await anyio.sleep(0.1)
        said = await asked(path, b'{"command": "list-address-groups"}')
        assert said["message"] == "Too many clients are connected already."
        for one in many:
            await one.aclose()
        await anyio.sleep(0.1)
        assert (await asked(path, b'{"command": "list-address-groups"}'))["code"] == OK
    assert health.problems == {}


@pytest.mark.anyio
async def test_which_entry_is_wrong_and_why(tmp_path: Path, health: Health) -> None:
    async with served(tmp_path, health) as path:
        added = {
            "command": "add-group-address",
            "group": "g",
            "data": ["198.18.0.1", "198.18.0.300"],
        }
        answer = await asked(path, json.dumps(added).encode())
        assert answer["data"] == {
            "total": 2,
            "errors": 1,
            "wrong": ["'198.18.0.300' is no IPv4, IPv6 or MAC address"],
        }
