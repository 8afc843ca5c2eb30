"""A WebSocket of a local face, on websockets' protocol without I/O."""

from collections.abc import AsyncIterator, Mapping
from typing import Final

import anyio
import anyio.lowlevel
from anyio.abc import SocketStream
from websockets.datastructures import Headers
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.protocol import Protocol as FrameProtocol
from websockets.protocol import Side, State
from websockets.server import ServerProtocol

from forepost.agent.edges.local.body_room import BodyRoom, HeldRoom

MOST_MESSAGE: Final = 1 << 20
SEND_SEC: Final = 15.0
"""Whoever does not read for so long is left."""
READ_BYTES: Final = 1 << 16


class NoUpgrade(Exception):
    """What was asked is no handshake of a WebSocket; the text says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class WebSocketLine(FrameProtocol):
    """The server's side, whose pongs may say something else than the ping did."""

    def __init__(self) -> None:
        super().__init__(Side.SERVER, state=State.OPEN, max_size=MOST_MESSAGE)
        self.pongs: Mapping[bytes, bytes] = {}
        """Payload of a ping to that of its pong; any other is given back as it came."""

    def send_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.PONG and frame.data in self.pongs:
            frame = Frame(Opcode.PONG, self.pongs[bytes(frame.data)])
        super().send_frame(frame)


class LocalSocket:
    """`messages` is read by one task; `send` and `ping` may be called by any."""

    def __init__(
        self,
        stream: SocketStream,
        protocol: WebSocketLine,
        path: str,
        *,
        rest: bytes = b"",
        room: HeldRoom | None = None,
        send_sec: float = SEND_SEC,
    ) -> None:
        """`rest`: what came already. `room`: for what came of a message so far."""
        self.path = path
        """With the query, as it came."""
        self.frames = 0
        """How many frames came, pongs among them: whoever sends none is gone."""
        self._stream, self._protocol, self._send_sec = stream, protocol, send_sec
        self._rest, self._room = rest, room or HeldRoom(BodyRoom(), path)
        self._turn = anyio.Lock()
        self._is_left = False

    def answer_pings(self, pongs: Mapping[bytes, bytes]) -> None:
        """Give the pings with these payloads these pongs; said before the first message is read."""
        self._protocol.pongs = pongs

    async def messages(self) -> AsyncIterator[str | bytes]:
        """Texts and bytes as they come, pings answered, until either side closes."""
        parts, text = bytearray(), False
        if self._rest:
            self._protocol.receive_data(self._rest)
            self._rest = b""
        while True:
            for frame in self._protocol.events_received():
                await anyio.lowlevel.checkpoint()  # there may be more of them without a pause
                self.frames += 1
                opcode = getattr(frame, "opcode", None)
                if opcode in (Opcode.TEXT, Opcode.BINARY):
                    parts, text = bytearray(frame.data), opcode is Opcode.TEXT  # type: ignore[union-attr]
                elif opcode is Opcode.CONT:
                    parts += frame.data  # type: ignore[union-attr]
                else:
                    continue
                if not frame.fin:  # type: ignore[union-attr]
                    continue
                try:
                    message = parts.decode() if text else bytes(parts)
                except UnicodeDecodeError:
                    self._protocol.fail(CloseCode.INVALID_DATA, "a text that is not UTF-8")
                    break
                yield message
                parts = bytearray()
                self._room.leave()
            if not await self._more(len(parts)):
                return

    async def _more(self, held: int) -> bool:
        """Take what comes, where there is room for it; False: that was the end."""
        if not self._room.hold(held + len(self._protocol.reader.buffer)):
            self._protocol.fail(CloseCode.TRY_AGAIN_LATER, "too much is on its way at a time")
        await self._flush()
        if self._protocol.state is not State.OPEN:
            return False
        try:
            self._protocol.receive_data(await self._stream.receive(READ_BYTES))
        except anyio.EndOfStream:
            self._protocol.receive_eof()
        return True

    async def send(self, message: str | bytes) -> None:
        """Send one message. Raises TimeoutError where the other side does not read, and
        anyio.ClosedResourceError where it is gone, or did not read before.
        """
        if self._protocol.state is not State.OPEN or self._is_left:
            raise anyio.ClosedResourceError
        if isinstance(message, str):
            self._protocol.send_text(message.encode())
        else:
            self._protocol.send_binary(message)
        await self._flush()

    async def ping(self, payload: bytes) -> None:
        """Send a ping. Raises as `send` does."""
        if self._protocol.state is not State.OPEN or self._is_left:
            raise anyio.ClosedResourceError
        self._protocol.send_ping(payload)
        await self._flush()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Begin the end: `messages` returns when the other side has agreed."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code, reason)
            await self._flush()

    async def _flush(self) -> None:
        async with self._turn:  # what was written first leaves first
            if self._is_left:  # those who wait here do not wait as long, one after the other
                raise anyio.ClosedResourceError
            for data in self._protocol.data_to_send():
                try:
                    with anyio.fail_after(self._send_sec):
                        await (self._stream.send(data) if data else self._stream.send_eof())
                except TimeoutError:
                    self._is_left = True
                    raise


async def upgraded(
    stream: SocketStream, target: str, headers: Mapping[str, str], rest: bytes, room: HeldRoom
) -> LocalSocket:
    """Agree to the handshake. `rest`: what came after the request already. Extensions and
    subprotocols that are offered are let be. Raises NoUpgrade.
    """
    handshake = ServerProtocol()
    answer = handshake.accept(Handshake(target, Headers(dict(headers))))
    if answer.status_code != 101:
        raise NoUpgrade(answer.status_code, str(handshake.handshake_exc))
    for name in ("Date", "Server"):
        answer.headers.pop(name, None)
    handshake.send_response(answer)
    with anyio.fail_after(SEND_SEC):
        await stream.send(b"".join(handshake.data_to_send()))
    return LocalSocket(stream, WebSocketLine(), target, rest=rest, room=room)
