"""The Unix socket: JSON objects in, one answer to each, in order."""

import logging
from pathlib import Path
from typing import Final

import anyio
import msgspec
from anyio.abc import ByteStream, SocketStream

from forepost.agent.edges.local import unix_socket
from forepost.agent.edges.local.reception import Reception
from forepost.agent.flows.commands import Commands, NotUnderstood, refusal
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.kit.jsonstream import Broken, JsonStream
from forepost.wire.flows.socket import ERROR, Answer

MOST_CLIENTS: Final = 64
READ_BYTES: Final = 1 << 16
MOST_EACH: Final = 24
"""Of one process; twice as many of one user, so that another always finds a place."""
REQUEST_SEC: Final = 15.0
"""From the first byte of a request to its last, and for taking an answer."""
SILENT_SEC: Final = 600.0
"""Between two requests."""
SUBJECT: Final = "socket clients"
TOO_MANY: Final = Answer(code=ERROR, message="Too many clients are connected already.")
LATE: Final = Answer(code=ERROR, message="No whole request came in time.")

_log = logging.getLogger(__name__)


class FlowSocket:
    """`pretty`: answers in many lines, as the document shows them."""

    def __init__(
        self, commands: Commands, clock: Clock, health: Health, *, pretty: bool = False
    ) -> None:
        self._commands, self._pretty = commands, pretty
        self._clock = clock
        self._reception = Reception(SUBJECT, clock, health, most=MOST_CLIENTS, most_each=MOST_EACH)

    async def serve(self, path: Path, group: str = "") -> None:
        """Until it is cancelled; the path is gone then. Raises unix_socket.InUse, OSError."""
        made = unix_socket.listen(path, group=group)
        try:
            await self._reception.serve(made, self.talk, self._turn_away)
        finally:
            path.unlink(missing_ok=True)  # noqa: ASYNC240 - one system call

    async def _turn_away(self, connection: SocketStream) -> None:
        await self._say(connection, TOO_MANY)

    async def talk(self, connection: ByteStream) -> None:
        """Answer until the other side has said everything, or what is not understood."""
        stream = JsonStream()
        try:
            until_sec = self._clock.monotonic() + SILENT_SEC
            while True:
                try:
                    with anyio.fail_after(max(0.0, until_sec - self._clock.monotonic())):
                        data = await connection.receive(READ_BYTES)
                except anyio.EndOfStream:
                    break
                except TimeoutError:
                    await self._say(connection, LATE)
                    return
                begun = not stream.empty
                for text in stream.feed(data):
                    await self._say(connection, await self._commands.answer(text))
                    self._commands.answered()
                    begun = False
                if not begun:  # else half a request could keep its place a byte at a time
                    patience_sec = SILENT_SEC if stream.empty else REQUEST_SEC
                    until_sec = self._clock.monotonic() + patience_sec
            if not stream.empty:
                raise Broken("parse error: the last request has no end")
        except (Broken, NotUnderstood) as error:
            await self._say(connection, refusal(error))

    async def _say(self, connection: ByteStream, answer: Answer) -> None:
        text = msgspec.json.encode(answer)
        if self._pretty:
            text = msgspec.json.format(text, indent=4)
        with anyio.fail_after(REQUEST_SEC):
            await connection.send(text + b"\n")
