"""Nothing is heard while much is sent over a slow line: that is no silence, unless it stands."""

import socket
from itertools import count

import anyio
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from forepost.agent.uplink.connection import Connection, UplinkSocket
from forepost.kit.clock import SystemClock

pytestmark = pytest.mark.anyio
SILENT_SEC = 1.5
TAKEN = 60
"""Messages that the other side takes, one after the other."""


async def test_what_goes_on_up_is_no_silence_and_what_stands_is() -> None:
    taken: list[int] = []
    ended = anyio.Event()

    async def takes_slowly(peer: ServerConnection) -> None:
        for _ in range(TAKEN):
            taken.append(len(await peer.recv()))
            await anyio.sleep(4 * SILENT_SEC / TAKEN)
        await ended.wait()

    async def send(line: UplinkSocket) -> None:
        try:
            for _ in count():
                await line.send(b"x" * 4_000)
        except ConnectionClosed:
            return

    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        url = f"ws://127.0.0.1:{listening.getsockname()[1]}"
        async with serve(takes_slowly, sock=listening, ping_interval=None, max_queue=1):
            async with (
                Connection(url, proxy=None, compression=None, close_timeout=0.1) as line,
                anyio.create_task_group() as tasks,
            ):
                tasks.start_soon(send, line)
                with anyio.fail_after(20 * SILENT_SEC):
                    await line.silence(SystemClock(), SILENT_SEC)
            ended.set()
    assert len(taken) == TAKEN  # it was cut afterwards
