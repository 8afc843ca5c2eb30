"""The Unix socket: JSON objects in, one answer to each, in order."""

import logging
from pathlib import Path
from typing import Final

import anyio
import msgspec
from anyio.abc import ByteStream, SocketStream

from forepost.agent.edges import unix_socket
from forepost.agent.flows.commands import Commands, NotUnderstood, refusal
from forepost.kit.jsonstream import Broken, JsonStream
from forepost.wire.flow_socket import ERROR, Answer

MOST_CLIENTS: Final = 64
READ_BYTES: Final = 1 << 16
TOO_MANY: Final = Answer(code=ERROR, message=f"{MOST_CLIENTS} clients are connected already.")

_log = logging.getLogger(__name__)


class Face:
    """`pretty`: answers in many lines, as the document shows them."""

    def __init__(self, commands: Commands, *, pretty: bool = False) -> None:
        self._commands, self._pretty = commands, pretty
        self._clients = 0

    async def serve(self, path: Path, group: str = "") -> None:
        """Until it is cancelled; the path is gone then. Raises unix_socket.InUse, OSError."""
        made = unix_socket.listen(path, group=group)
        listener = await anyio.abc.SocketListener.from_socket(made)
        try:
            async with listener:
                await listener.serve(self._client)
        finally:
            path.unlink(missing_ok=True)  # noqa: ASYNC240 - one system call

    async def _client(self, connection: SocketStream) -> None:
        async with connection:
            if self._clients >= MOST_CLIENTS:
                await self._say(connection, TOO_MANY)
                return
            self._clients += 1
            try:
                await self.talk(connection)
            except anyio.BrokenResourceError:
                return  # it went away without waiting for its answer
            finally:
                self._clients -= 1

    async def talk(self, connection: ByteStream) -> None:
        """Answer until the other side has said everything, or what is not understood."""
        stream = JsonStream()
        try:
            while True:
                try:
                    data = await connection.receive(READ_BYTES)
                except anyio.EndOfStream:
                    break
                for text in stream.feed(data):
                    await self._say(connection, await self._commands.answer(text))
                    self._commands.answered()
            if not stream.empty:
                raise Broken("parse error: the last request has no end")
        except (Broken, NotUnderstood) as error:
            await self._say(connection, refusal(error))

    async def _say(self, connection: ByteStream, answer: Answer) -> None:
        text = msgspec.json.encode(answer)
        if self._pretty:
            text = msgspec.json.format(text, indent=4)
        await connection.send(text + b"\n")
