"""`python -m forepost.agent.transfer ORDER`: standard input is the socket to the agent."""

import os
import resource
import socket
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Final

import anyio
import msgspec

from forepost.agent.transfer.engine import Engine
from forepost.kit import parent
from forepost.kit.clock import Clock, SystemClock
from forepost.kit.folder_lock import FolderLock, Taken
from forepost.wire.jobs.transfer import (
    MOST_MESSAGE,
    TransferEvent,
    TransferOrder,
    TransferReport,
    TransfersWanted,
    TransferWord,
    framed,
    unframed,
)

CALM_SEC: Final = 0.5
"""Between two reports."""
MOST_EVENTS: Final = 10_000
"""That wait for the agent; the oldest go beyond."""
TOGETHER: Final = 256
"""Events of one write."""
NICER: Final = 5
"""Whoever measures goes before."""
READ_BYTES: Final = 256 << 10

_wanted = msgspec.msgpack.Decoder(TransfersWanted)


class _Line:
    """The socket to the agent."""

    def __init__(self, pipe: socket.socket, clock: Clock) -> None:
        pipe.setblocking(False)
        self._pipe, self._clock = pipe, clock
        self._events: deque[TransferEvent] = deque(maxlen=MOST_EVENTS)
        self._news = anyio.Event()

    def tell(self, event: TransferEvent) -> None:
        self._events.append(event)
        self._news.set()

    async def receive(self, engine: Engine) -> None:
        """Until the agent is gone."""
        buffer = bytearray()
        while True:
            await anyio.wait_readable(self._pipe)
            data = self._pipe.recv(READ_BYTES)
            if not data:
                return
            buffer += data
            for message in unframed(buffer, MOST_MESSAGE):
                wanted = _wanted.decode(message)
                engine.want(wanted.tasks, wanted.relay)

    async def report(self, engine: Engine) -> None:
        last: TransferReport | None = None
        while True:
            engine.news = anyio.Event()
            found = engine.report()
            if found != last:
                await self._send(found)
                last = found
            while self._events:
                count = min(TOGETHER, len(self._events))
                await self._send(*(self._events.popleft() for _ in range(count)))
            await self._clock.sleep(CALM_SEC)
            if not self._events and engine.report() == last:
                self._news = anyio.Event()
                with anyio.move_on_after(1.0):
                    await engine.news.wait()

    async def _send(self, *words: TransferWord) -> None:
        view = memoryview(b"".join(framed(word) for word in words))
        while view:
            with suppress(BlockingIOError):
                view = view[self._pipe.send(view) :]
            if view:
                await anyio.wait_writable(self._pipe)


async def _run(order: TransferOrder, pipe: socket.socket) -> None:
    clock = SystemClock()
    line = _Line(pipe, clock)
    engine = Engine(order, clock, line.tell)
    try:
        async with anyio.create_task_group() as tasks:
            await tasks.start(engine.run)
            tasks.start_soon(line.report, engine)
            await line.receive(engine)
            tasks.cancel_scope.cancel()
    except* ConnectionError:
        pass  # the agent is gone


def _many_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main(argument: str) -> None:
    parent.follow()
    with suppress(OSError):
        os.nice(NICER)
    _many_files()
    order = msgspec.json.decode(argument, type=TransferOrder)
    state_dir = Path(order.state_dir)
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with FolderLock.take(state_dir), socket.socket(fileno=os.dup(0)) as pipe:
            anyio.run(_run, order, pipe)
    except Taken as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1])
    # Threads that wait for a disk or a member end with the process.
    os._exit(0)
