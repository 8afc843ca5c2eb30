"""A meter as a process of its own, executed, not forked; the socket to it is its standard input."""

import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

import anyio
import msgspec

from forepost.agent.edges.capture.seqpacket import Ended, FramePipe
from forepost.agent.edges.closable import Closable
from forepost.kit.parent import bare
from forepost.wire.flows.meter import MESSAGE, Down, MeterOrder

MODULE: Final = "forepost.agent.meter"
BUFFER_BYTES: Final = 1 << 20


class MeterProcess(Closable):
    """Runs from now on; ends when it is closed."""

    def __init__(self, order: MeterOrder) -> None:
        """Raises OSError. `order.descriptors` are of this process; they keep their numbers."""
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        far.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        self._pipe = FramePipe(near)
        with far:
            self._process = subprocess.Popen(  # noqa: S603 - this Python, and a module of ours
                [sys.executable, "-P", "-m", MODULE, msgspec.json.encode(order).decode()],
                stdin=far.fileno(),
                pass_fds=list(order.descriptors.values()),
                env=bare(),
            )
        self.pid = self._process.pid

    async def frames(self, most: int) -> Sequence[tuple[bytes, list[int]]]:
        """Wait for frames and the descriptors that come with them; empty when it is gone."""
        got: list[tuple[bytes, list[int]]] = []
        try:
            while not got:
                await anyio.wait_readable(self._pipe)
                while len(got) < most and (frame := self._pipe.receive()) is not None:
                    got.append(frame)
        except Ended:
            return got
        return got

    def say(self, word: Down) -> None:
        """Nothing happens where it is gone: `frames` tells."""
        try:
            self._pipe.send(MESSAGE + msgspec.msgpack.encode(word))
        except Ended:
            return

    async def ended(self, within_sec: float) -> int | None:
        """Return its exit code, the signal that killed it as a negative number; None: not yet."""
        with anyio.move_on_after(within_sec):
            return await anyio.to_thread.run_sync(self._process.wait, abandon_on_cancel=True)
        return None

    def close(self) -> None:
        self._pipe.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
