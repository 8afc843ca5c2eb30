"""The transfer engine as a process of its own, executed, not forked; its standard input is the
socket to it.
"""

import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Final

import anyio
import msgspec

from forepost.kit.clock import Clock
from forepost.kit.parent import bare
from forepost.wire.jobs.transfer import (
    MOST_MESSAGE,
    RelayAccess,
    TransferEvent,
    TransferOrder,
    TransferReport,
    TransfersWanted,
    TransferTask,
    framed,
    unframed,
)

MODULE: Final = "forepost.agent.transfer"
FIRST_SEC, LONGEST_SEC = 0.5, 60.0
STEADY_SEC: Final = 60.0
END_SEC: Final = 5.0
READ_BYTES: Final = 256 << 10
_up: Final = msgspec.msgpack.Decoder(TransferReport | TransferEvent)


class TransferProcess:
    """A TransferEngine. The process is begun with the first task, and ends with the last."""

    def __init__(self, order: TransferOrder, clock: Clock) -> None:
        self._order, self._clock = order, clock
        self._tasks: Sequence[TransferTask] = ()
        self._relay: RelayAccess | None = None
        self._wanted = anyio.Event()
        self._report = TransferReport()
        self._changed = anyio.Event()
        self.pid = 0
        """0: there is none."""

    def want(self, tasks: Sequence[TransferTask], relay: RelayAccess | None = None) -> None:
        """Keep exactly these in step from now on."""
        if (list(tasks), relay) != (list(self._tasks), self._relay):
            self._tasks, self._relay = list(tasks), relay
            self._wanted.set()

    def report(self) -> TransferReport:
        """Return how the tasks are, as the engine said last."""
        return self._report

    async def changed(self) -> None:
        """Wait until `report` returns something else."""
        await self._changed.wait()

    async def run(self, tell: Callable[[TransferEvent], None]) -> None:
        """Keep the process running while there are tasks; for ever."""
        pause = FIRST_SEC
        while True:
            while not self._tasks:
                await self._wanted.wait()
                self._wanted = anyio.Event()
            began = self._clock.monotonic()
            problem = await self._run(tell)
            if not self._tasks:
                self._take(TransferReport())
                continue
            self._take(msgspec.structs.replace(self._report, problem=problem))
            if self._clock.monotonic() - began > STEADY_SEC:
                pause = FIRST_SEC
            await self._clock.sleep(pause)
            pause = min(2 * pause, LONGEST_SEC)

    async def _run(self, tell: Callable[[TransferEvent], None]) -> str:
        """Run it once; return why it ended."""
        near, far = socket.socketpair()
        near.setblocking(False)
        with near:
            with far:
                process = _begun(self._order, far)
            self.pid = process.pid
            try:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._say, near)
                    await self._hear(near, tell)
                    tasks.cancel_scope.cancel()
            finally:
                self.pid = 0
                near.close()
                with anyio.CancelScope(shield=True):
                    code = await _ended(process)
        return f"the transfer engine has ended ({code}), and is begun anew"

    async def _say(self, pipe: socket.socket) -> None:
        """Send the tasks whenever they change; with none left the process ends."""
        while True:
            self._wanted = anyio.Event()
            if not self._tasks:
                pipe.shutdown(socket.SHUT_WR)
                return
            wanted = TransfersWanted(tasks=list(self._tasks), relay=self._relay)
            view = memoryview(framed(wanted))
            try:
                while view:
                    await anyio.wait_writable(pipe)
                    view = view[pipe.send(view) :]
            except OSError:
                return
            await self._wanted.wait()

    async def _hear(self, pipe: socket.socket, tell: Callable[[TransferEvent], None]) -> None:
        buffer = bytearray()
        while True:
            await anyio.wait_readable(pipe)
            try:
                data = pipe.recv(READ_BYTES)
            except OSError:
                return
            if not data:
                return
            buffer += data
            for message in unframed(buffer, MOST_MESSAGE):
                word = _up.decode(message)
                if isinstance(word, TransferEvent):
                    tell(word)
                else:
                    self._take(word)

    def _take(self, report: TransferReport) -> None:
        if report != self._report:
            self._report = report
            changed, self._changed = self._changed, anyio.Event()
            changed.set()


def _begun(order: TransferOrder, far: socket.socket) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - this Python, and a module of ours
        [sys.executable, "-P", "-m", MODULE, msgspec.json.encode(order).decode()],
        stdin=far.fileno(),
        env=bare(),
    )


async def _ended(process: "subprocess.Popen[bytes]") -> int:
    """Return its exit code; it is killed where it does not end by itself."""
    with anyio.move_on_after(END_SEC):
        return await anyio.to_thread.run_sync(process.wait, abandon_on_cancel=True)
    process.kill()
    return await anyio.to_thread.run_sync(process.wait)
