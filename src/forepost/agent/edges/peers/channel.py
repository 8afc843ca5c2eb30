"""A connection to another agent, of one thread at a time: bytes of a known number, both ways."""

import contextlib
import socket
import ssl
import threading
from typing import Final

CONNECT_SEC: Final = 10.0
BUFFER_BYTES: Final = 4 << 20
_BBR: Final = b"bbr"


class ChannelEnded(Exception):
    """The other side is gone, or silent for too long; the text says which."""


class RelayRefused(ChannelEnded):
    """There is no line through the controller any more; `code`: of `wire.jobs.relay`, or 0."""

    def __init__(self, reason: str, code: int = 0) -> None:
        super().__init__(f"the controller's relay: {reason}")
        self.code = code


class Channel:
    """A socket under TLS. `close` may be called by any thread, and ends what another waits for."""

    def __init__(
        self, connection: ssl.SSLSocket, address: str, *, is_relayed: bool = False
    ) -> None:
        """`is_relayed`: whether the bytes pass through the controller."""
        self._socket = connection
        self.address, self.is_relayed = address, is_relayed
        self._lock = threading.Lock()
        self._is_closed = False

    @property
    def socket(self) -> ssl.SSLSocket:
        return self._socket

    def read_exactly(self, view: memoryview) -> None:
        """Fill the view. Raises ChannelEnded."""
        at = 0
        try:
            while at < len(view):
                count = self._socket.recv_into(view[at:])
                if not count:
                    raise ChannelEnded("it has closed the connection")
                at += count
        except TimeoutError:
            raise ChannelEnded("it is silent") from None
        except (OSError, ValueError) as error:
            raise ChannelEnded(str(error)) from None

    def read(self, count: int) -> bytes:
        data = bytearray(count)
        self.read_exactly(memoryview(data))
        return bytes(data)

    def write(self, data: bytes | memoryview) -> None:
        """Raises ChannelEnded."""
        try:
            self._socket.sendall(data)
        except TimeoutError:
            raise ChannelEnded("it takes nothing any more") from None
        except (OSError, ValueError) as error:
            raise ChannelEnded(str(error)) from None

    def bound(self, sec: float | None) -> None:
        """How long each read and write may last from now on."""
        with contextlib.suppress(OSError):
            self._socket.settimeout(sec)

    def close(self) -> None:
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._socket.close()


def accepted(raw: socket.socket, context: ssl.SSLContext, address: str) -> Channel:
    """Greet who has dialed. Raises ChannelEnded."""
    try:
        tune(raw)
        raw.settimeout(CONNECT_SEC)
        return Channel(context.wrap_socket(raw, server_side=True), address)
    except (OSError, ValueError) as error:
        raw.close()
        raise ChannelEnded(str(error)) from None


def dialed(host: str, port: int, context: ssl.SSLContext) -> Channel:
    """Reach another agent. Raises ChannelEnded."""
    raw: socket.socket | None = None
    try:
        raw = socket.create_connection((host, port), CONNECT_SEC)
        tune(raw)
        return Channel(context.wrap_socket(raw), f"{host}:{port}")
    except (OSError, ValueError) as error:
        if raw is not None:
            raw.close()
        raise ChannelEnded(str(error)) from None


def relayed(raw: socket.socket, context: ssl.SSLContext, *, is_server: bool) -> Channel:
    """Speak TLS on a socket whose bytes pass through the controller. Raises ChannelEnded."""
    try:
        raw.settimeout(CONNECT_SEC)
        return Channel(
            context.wrap_socket(raw, server_side=is_server), "the relay", is_relayed=True
        )
    except (OSError, ValueError) as error:
        raw.close()
        raise ChannelEnded(str(error)) from None


def tune(raw: socket.socket) -> None:
    """BBR, where the kernel has it: a lossy line is filled all the same."""
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(OSError):
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, _BBR)
