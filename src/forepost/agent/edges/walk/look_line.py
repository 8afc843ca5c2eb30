"""A WebSocket over a socket that is there already: an upgrade, a few texts, each with its answer.

Whatever is at the other end: it has so long and so many bytes.
"""

import socket
from collections.abc import Mapping
from typing import Final

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidMessage
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from forepost.kit.clock import Clock

MOST_BYTES: Final = 1 << 20
READ_BYTES: Final = 16_384


class LookLine:
    """Opens a WebSocket over a socket, asks a few questions and closes it; each within a time."""

    def __init__(self, wire: socket.socket, clock: Clock, step_sec: float) -> None:
        self._wire, self._clock, self._step_sec = wire, clock, step_sec
        self._protocol: ClientProtocol | None = None
        self._answer: Response | None = None
        self._texts: list[str] = []
        self._is_closed = False
        self._left = MOST_BYTES
        self._until_sec = 0.0

    def open(self, netloc: str, path: str, headers: Mapping[str, str], manner: str) -> Response:
        """What is answered, which is a switch of protocols. Raises InvalidHandshake, OSError."""
        protocol = ClientProtocol(
            parse_uri(f"ws://{netloc}{path}"), subprotocols=[Subprotocol(manner)]
        )
        self._protocol = protocol
        self._until_sec = self._clock.monotonic() + self._step_sec
        request = protocol.connect()
        for name, value in headers.items():
            request.headers[name] = value
        protocol.send_request(request)
        self._flush()
        while self._answer is None and protocol.handshake_exc is None:
            self._read()
        if protocol.handshake_exc is not None:
            raise protocol.handshake_exc
        assert self._answer is not None
        return self._answer

    @property
    def manner(self) -> str:
        """What they agreed on."""
        return (self._protocol.subprotocol or "") if self._protocol is not None else ""

    def ask(self, words: str) -> str:
        """The next text after these words. Raises OSError, EOFError."""
        assert self._protocol is not None
        self._until_sec = self._clock.monotonic() + self._step_sec
        self._protocol.send_text(words.encode())
        self._flush()
        while not self._texts:
            if self._is_closed:
                raise EOFError("it is closed there")
            self._read()
        return self._texts.pop(0)

    def close(self) -> None:
        self._wire.close()

    def _flush(self) -> None:
        assert self._protocol is not None
        self._wire.settimeout(self._step_sec)
        for data in self._protocol.data_to_send():
            if data:
                self._wire.sendall(data)

    def _read(self) -> None:
        assert self._protocol is not None
        left_sec = self._until_sec - self._clock.monotonic()
        if left_sec <= 0:
            raise TimeoutError
        self._wire.settimeout(left_sec)
        data = self._wire.recv(READ_BYTES)
        self._left -= len(data)
        if self._left < 0:
            raise InvalidMessage("it says too much")
        if not data:
            self._protocol.receive_eof()
            if self._protocol.handshake_exc is None:
                raise EOFError("the connection ends")
            return
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Response):
                self._answer = event
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._texts.append(bytes(event.data).decode(errors="replace"))
            elif isinstance(event, Frame) and event.opcode is Opcode.CLOSE:
                self._is_closed = True
