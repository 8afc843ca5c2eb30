"""Verbs that the agent of this host carries out, over its control socket."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
import msgspec
from anyio.streams.buffered import BufferedByteReceiveStream

from forepost.agent.edges.local.control_socket import SOCKET
from forepost.agent.status import SOCKET as STATUS_SOCKET
from forepost.wire.local.control import (
    ControlDone,
    ControlFailed,
    ControlReply,
    ControlRequest,
    ControlSaid,
)

LONGEST_LINE: Final = 16 << 20
T = TypeVar("T")


class NoControl(Exception):
    """No agent answers; the text says why."""


class NotDone(Exception):
    """The agent's own words. `wrong_request`: nothing was done."""

    def __init__(self, failed: ControlFailed) -> None:
        super().__init__(failed.reason)
        self.wrong_request = failed.wrong_request


async def call(state_dir: Path, do: str, body: Any, answer: type[T]) -> T:
    """Have the agent do one thing and return its answer. Raises NoControl, NotDone."""
    async for reply in _replies(state_dir, do, body):
        if isinstance(reply, ControlDone):
            return msgspec.json.decode(reply.body, type=answer)
    raise NoControl(f"{state_dir / SOCKET}: the agent went away in the middle")


async def follow(state_dir: Path, do: str, body: Any, piece: type[T]) -> AsyncIterator[T]:
    """Have the agent do one thing, and give the pieces of its answer as they come. Raises
    NoControl, NotDone.
    """
    async for reply in _replies(state_dir, do, body):
        if isinstance(reply, ControlDone):
            return
        yield msgspec.json.decode(reply.body, type=piece)
    raise NoControl(f"{state_dir / SOCKET}: the agent went away in the middle")


def _why(state_dir: Path) -> str:
    if not (state_dir / STATUS_SOCKET).exists():
        return "does the agent run, and is this its folder (--state-dir)?"
    return "the agent runs with neither [jobs] nor [workloads] in its agent.toml"


async def _replies(state_dir: Path, do: str, body: Any) -> AsyncIterator[ControlSaid | ControlDone]:
    path = state_dir / SOCKET
    request = ControlRequest(do, msgspec.Raw(msgspec.json.encode(body)))
    try:
        async with await anyio.connect_unix(path) as connection:
            # a request is one line, whatever white space a file of JSON has between its words
            line = msgspec.json.encode(request).replace(b"\n", b" ")
            await connection.send(line + b"\n")
            lines = BufferedByteReceiveStream(connection)
            while True:
                line = await lines.receive_until(b"\n", LONGEST_LINE)
                reply: ControlReply = msgspec.json.decode(line, type=ControlReply)
                if isinstance(reply, ControlFailed):
                    raise NotDone(reply)
                yield reply
                if isinstance(reply, ControlDone):
                    return
    except FileNotFoundError:
        raise NoControl(f"{path}: there is no socket; {_why(state_dir)}") from None
    except PermissionError:
        raise NoControl(f"{path}: you may not use it; run as the agent's user") from None
    except (OSError, anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError) as error:
        raise NoControl(f"{path}: {str(error) or type(error).__name__}") from None
