"""Verbs of these tests' own, asked for by the command's half."""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from logging import getLogger
from pathlib import Path
from typing import Annotated, Any

import anyio
import anyio.to_thread
import msgspec
import pytest
from msgspec import Meta

from forepost.agent.edges.local.control_socket import SOCKET, ControlSocket, Say, Verb, listening
from forepost.cli.control import NoControl, NotDone, call, follow
from forepost.kit.clock import SystemClock
from forepost.kit.errors import Invalid
from forepost.kit.health import Health
from forepost.wire.local.control import MOST_REQUEST

pytestmark = pytest.mark.anyio


class Count(msgspec.Struct):
    to: Annotated[int, Meta(ge=1, le=100)]


class Counter:
    """Counts aloud; `stopped` is set when somebody went away in the middle."""

    def __init__(self) -> None:
        self.stopped = anyio.Event()

    async def count(self, body: Count, say: Say) -> dict[str, int]:
        if body.to == 13:
            raise Invalid("to: not this one")
        if body.to == 66:
            raise LookupError("of the test")
        if body.to == 67:
            raise FileNotFoundError("of the test")
        for number in range(1, body.to + 1):
            await say(number)
        return {"counted": body.to}

    async def wait(self, _body: dict[str, Any], say: Say) -> None:
        await say("waiting")
        try:
            await anyio.sleep_forever()
        finally:
            self.stopped.set()


@asynccontextmanager
async def agent(folder: Path) -> AsyncIterator[Counter]:
    counter = Counter()
    verbs: dict[str, Verb[Any]] = {
        "count": Verb(Count, counter.count),
        "wait": Verb(dict[str, Any], counter.wait),
    }
    control = ControlSocket(verbs, SystemClock(), Health(getLogger("test")))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(control.serve, listening(folder))
        yield counter
        tasks.cancel_scope.cancel()


async def test_one_answer_and_one_that_goes_on(tmp_path: Path) -> None:
    async with agent(tmp_path):
        assert (tmp_path / SOCKET).stat().st_mode & 0o777 == 0o600
        assert await call(tmp_path, "count", Count(3), dict[str, int]) == {"counted": 3}
        assert [n async for n in follow(tmp_path, "count", Count(4), int)] == [1, 2, 3, 4]


async def test_json_of_several_lines_is_one_request(tmp_path: Path) -> None:
    """As a file has it: what came behind the first line was lost."""
    async with agent(tmp_path):
        body = msgspec.Raw(b'{\r\n\t"to": 3\n}\n')
        assert await call(tmp_path, "count", body, dict[str, int]) == {"counted": 3}


@pytest.mark.parametrize(
    ("do", "body", "reason", "wrong"),
    [
        ("count", {"to": 0}, "to: expected `int` >= 1", True),
        ("count", {}, "body: object missing required field `to`", True),
        ("count", {"to": 13}, "to: not this one", True),
        ("count", {"to": 66}, "a fault of the agent: LookupError: of the test", False),
        ("count", {"to": 67}, "a fault of the agent: FileNotFoundError: of the test", False),
        ("jump", {}, "do: jump: this agent cannot do that", True),
        ("", {}, "do: expected `str` of length >= 1", True),
    ],
)
async def test_what_is_not_done_is_said(
    tmp_path: Path, do: str, body: Any, reason: str, *, wrong: bool
) -> None:
    async with agent(tmp_path):
        with pytest.raises(NotDone) as not_done:
            await call(tmp_path, do, body, object)
        assert (str(not_done.value), not_done.value.wrong_request) == (reason, wrong)
        assert await call(tmp_path, "count", Count(1), dict[str, int]) == {"counted": 1}


async def test_who_goes_away_is_not_worked_for(tmp_path: Path) -> None:
    async with agent(tmp_path) as counter:
        async for said in follow(tmp_path, "wait", {}, str):
            assert said == "waiting"
            break
        with anyio.fail_after(20):
            await counter.stopped.wait()


async def test_who_goes_away_while_it_is_told_is_no_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with agent(tmp_path):
        for _ in range(10):
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(str(tmp_path / SOCKET))
                line.sendall(b'{"do":"count","body":{"to":100}}\n')
            assert await call(tmp_path, "count", Count(1), dict[str, int]) == {"counted": 1}
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


async def test_no_agent_and_one_that_ends_in_the_middle(tmp_path: Path) -> None:
    with pytest.raises(NoControl, match="does the agent run"):
        await call(tmp_path, "count", Count(1), object)
    heard, may_end = anyio.Event(), anyio.Event()

    async def an_agent() -> None:
        async with agent(tmp_path):
            heard.set()
            await may_end.wait()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(an_agent)
        await heard.wait()
        followed = follow(tmp_path, "wait", {}, str)
        assert await anext(followed) == "waiting"
        may_end.set()
        with pytest.raises(NoControl):
            await anext(followed)


def raw(folder: Path, words: bytes) -> Any:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(20)
        line.connect(str(folder / SOCKET))
        line.sendall(words)
        if not words.endswith(b"\n"):
            line.shutdown(socket.SHUT_WR)
        heard = b""
        while data := line.recv(65_536):
            heard += data
    return json.loads(heard)


async def test_words_that_are_no_request(tmp_path: Path) -> None:
    async with agent(tmp_path):
        for words, reason in [
            (b"", "the request has no end"),
            (b'{"do":"count"', "the request has no end"),
            (b"nonsense\n", "not JSON: "),
            (b"[]\n", "body: expected `object`"),
            (b'{"do":"count","body":' + b"[" * 20_000 + b"\n", "nested too deeply"),
            (b"x" * (MOST_REQUEST + 1) + b"\n", "not JSON: "),
        ]:
            heard = await anyio.to_thread.run_sync(raw, tmp_path, words)
            assert heard["type"] == "failed"
            assert heard["wrong_request"] is True
            assert heard["reason"].startswith(reason)
