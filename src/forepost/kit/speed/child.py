"""Starts the responder of speed tests, and ends it."""

import subprocess
import sys
from collections.abc import Callable

import anyio
import msgspec
from anyio.streams.buffered import BufferedByteReceiveStream

from forepost.kit.parent import bare
from forepost.kit.speed.responder import Config, Ready

MOST_LINE = 4_096


class NotServed(Exception):
    """The text says why."""


def nothing(_port: int) -> None:
    """Nobody wants to know the port."""


async def serve(config: Config, started: Callable[[int], None] = nothing) -> None:
    """Until it is cancelled; `started` gets the port. Raises NotServed when it ends by itself."""
    command = [sys.executable, "-P", "-m", "forepost.kit.speed.responder"]
    async with await anyio.open_process(command, env=bare(), stderr=subprocess.DEVNULL) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            await child.stdin.send(msgspec.json.encode(config) + b"\n")
            line = await BufferedByteReceiveStream(child.stdout).receive_until(b"\n", MOST_LINE)
            ready = msgspec.json.decode(line, type=Ready)
            if ready.error:
                raise NotServed(ready.error)
            started(ready.port)
            raise NotServed(f"it ended with {await child.wait()}")
        except (anyio.BrokenResourceError, anyio.IncompleteRead, msgspec.MsgspecError) as error:
            raise NotServed(f"it did not start: {error!r}") from None
        finally:
            if child.returncode is None:
                child.terminate()
