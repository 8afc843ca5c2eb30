"""A line of so many bytes a second each way: a TCP proxy of loopback with a token bucket."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

PIECE: Final = 512
BURST_SEC: Final = 0.2
BUFFER: Final = 4_096
"""Of the proxy's own sockets, so that what is sent waits at its sender."""


class SlowLine:
    """`rate` may be changed at any time; `carried`: bytes up and down since the start."""

    def __init__(self, to_port: int, rate: float) -> None:
        self._to_port, self.rate = to_port, rate
        self.carried = {"up": 0, "down": 0}
        self._sockets: list[socket.socket] = []
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        for one in [self._listener, *self._sockets]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _start(self, what: object, *given: object) -> None:
        threading.Thread(target=what, args=given, daemon=True).start()  # type: ignore[arg-type]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket()
                far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
                self._sockets += [near, far]
                try:
                    far.connect(("127.0.0.1", self._to_port))
                except OSError:
                    near.close()
                    continue
                self._start(self._carry, near, far, "up")
                self._start(self._carry, far, near, "down")

    def _carry(self, source: socket.socket, sink: socket.socket, way: str) -> None:
        tokens, last = 0.0, time.monotonic()
        with suppress(OSError):
            while piece := source.recv(PIECE if self.rate < 1e6 else 65_536):
                while tokens < len(piece):
                    now = time.monotonic()
                    most = max(BURST_SEC * self.rate, len(piece))
                    tokens, last = min(most, tokens + (now - last) * self.rate), now
                    if tokens < len(piece):
                        time.sleep((len(piece) - tokens) / self.rate)
                tokens -= len(piece)
                sink.sendall(piece)
                self.carried[way] += len(piece)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def slow_line(to_port: int, kbit: float) -> Iterator[SlowLine]:
    line = SlowLine(to_port, kbit * 1_000 / 8)
    try:
        yield line
    finally:
        line.close()
