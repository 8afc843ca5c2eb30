"""A subject comes in by its folder and one name in the list of slices, and by nothing else."""

import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from forepost.cli.control import call, follow
from tests.fakes.made_up.agent import PORT
from tests.free_ports import free_port
from tests.running import AgentProcess, NewAgent

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
CODE = """
import anyio
from forepost.agent import settings
from forepost.agent.main import run
from forepost.agent.slices import SLICES, AgentSlice
from forepost.kit.program import run_program

def until_stopped():
    slices = [*SLICES, AgentSlice("tests.fakes.made_up.agent")]
    anyio.run(run, settings.read(None), 60.0, slices)
    return 0

raise SystemExit(run_program("agent", until_stopped))
"""
LONG_SEC = 40


def own(event: str, body: Any) -> str:
    return f";forepost;;{event};0;0;{json.dumps(body)}"


class HandSpoken:
    """A controller spoken by hand: greets, then says what the test puts in `words`."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.words: list[str] = []
        self.port = 0

    async def converse(self, peer: ServerConnection) -> None:
        try:
            async for message in peer:
                text = str(message)
                self.heard.append(text)
                if text == "M":
                    await peer.send("Aabc")
                elif "_OnNamespaceConnect" in text:
                    await peer.send(text.partition(";")[0] + ";;;;;;")
                elif ";hello;" in text:
                    await peer.send(own("hello", {"version": "1", "capabilities": ["documents"]}))
                    for word in self.words:
                        await peer.send(word)
        except ConnectionClosed:
            return

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        server = await serve(self.converse, "127.0.0.1", self.port, compression=None)
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            yield

    async def hears(self, text: str, agent: AgentProcess) -> str:
        with anyio.move_on_after(LONG_SEC):
            while True:
                for one in self.heard:
                    if text in one:
                        return one
                await anyio.sleep(0.02)
        raise AssertionError(f"{text} was not said: {self.heard}\n{agent.output}")


class Face:
    """Asks what the subject shows of itself on loopback."""

    def __init__(self) -> None:
        self.port = free_port()

    def now(self) -> Any:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/", timeout=5).json()
        except httpx.TransportError:
            return None

    async def shows(self, wanted: Any, agent: AgentProcess) -> None:
        found: Any = None
        with anyio.move_on_after(LONG_SEC):
            while found != wanted:
                await anyio.sleep(0.05)
                found = await anyio.to_thread.run_sync(self.now)
        assert found == wanted, agent.output


@pytest.mark.timeout(200)
async def test_a_document_a_talk_a_face_and_a_verb_come_with_it(tmp_path: Path) -> None:
    controller, face = HandSpoken(), Face()
    controller.words = [
        own("lamp_mend", 7),
        own("lamp_mend", "seven"),
        own("lamp_mend", 7),
        own("want_document", {"document": "lamps", "revision": "r1", "parts": 2, "body": "red"}),
        own(
            "want_document",
            {"document": "lamps", "revision": "r1", "part": 2, "parts": 2, "body": "blue"},
        ),
    ]
    async with controller.listening():
        url = f"http://127.0.0.1:{controller.port}"
        environment = {PORT: str(face.port), "PYTHONPATH": f"{ROOT}"}
        folder = tmp_path / "agent"
        agent = AgentProcess(folder, url, NewAgent(1, 1, "k"), **environment)
        agent.arguments = ["-c", CODE]
        agent.start()
        try:
            assert '"lamps"' in await controller.hears(";hello;", agent)
            await controller.hears('have_document;0;0;{"document":"lamps","revision":""', agent)
            await controller.hears(";forepost;;lamp_broke;0;0;7", agent)
            await controller.hears(";forepost;;lamp_thanks;0;0;7", agent)
            have = await controller.hears('"revision":"r1"', agent)
            assert json.loads(have.split(";", 6)[6]) == {
                "document": "lamps",
                "revision": "r1",
                "state": "applied",
                "problems": ["lamp blue: there is none"],
            }
            await face.shows({"lit": ["red", "blue"], "mended": [7]}, agent)
            pieces = [one async for one in follow(folder, "lamps.count", ["red", "pink"], dict)]
            assert pieces == [{"red": 1}, {"pink": 0}]
            assert await call(folder, "lamps.count", [], int) == 2
            said = agent.status()["problems"]["what the controller says"]
            assert said.startswith("2 messages are passed over, the last one: lamp 7 is mended")
            os.kill(agent.pid, signal.SIGHUP)
            await face.shows({"lit": ["green"], "mended": [7]}, agent)
            assert await anyio.to_thread.run_sync(agent.stop) == 0
            assert (folder / "mended").read_text() == "[7]"
        finally:
            agent.end()
    agent.start()  # without its controller
    try:
        await face.shows({"lit": ["red", "blue"], "mended": []}, agent)
        lamps = {"document": "lamps", "revision": "r2", "body": "red"}
        too_many = {"document": "lamps", "revision": "r3", "parts": 4, "body": "red"}
        controller.words = [
            own("want_document", lamps),
            *(own("want_document", {**too_many, "part": part}) for part in range(1, 5)),
        ]
        async with controller.listening():
            have = await controller.hears('"revision":"r3"', agent)
            assert json.loads(have.split(";", 6)[6]) == {
                "document": "lamps",
                "revision": "r3",
                "state": "failed",
                "problems": ["4 lamps; 3 are the most"],
            }
            await face.shows({"lit": ["red"], "mended": []}, agent)
            controller.words = [';agent;;deactivate;0;0;{"reason":"deleted"}']
        async with controller.listening():
            await face.shows({"lit": [], "mended": []}, agent)
    finally:
        agent.end()


async def test_what_is_off_is_not_imported(tmp_path: Path) -> None:
    """Neither is what it would need."""
    folder = tmp_path / "agent"
    agent = AgentProcess(folder, "", NewAgent(1, 1, "k"), PYTHONPATH=f"{ROOT}")
    agent.arguments = ["-c", CODE.replace('made_up.agent")', 'no_such_module", lambda _: False)')]
    agent.start()
    try:
        with anyio.fail_after(LONG_SEC):
            while agent.status() is None:  # noqa: ASYNC110 - another process
                await anyio.sleep(0.05)
        assert agent.stop() == 0
    finally:
        agent.end()
