"""The control socket: verbs of this host's command, for whoever may open the agent's folder."""

import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import anyio
import msgspec
from anyio.abc import SocketStream

from forepost.agent.edges.local.reception import Reception
from forepost.agent.edges.local.unix_socket import listen_privately
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid
from forepost.kit.health import Health
from forepost.wire.base import complaint
from forepost.wire.local.control import (
    MOST_REQUEST,
    ControlDone,
    ControlFailed,
    ControlReply,
    ControlRequest,
    ControlSaid,
)

SOCKET: Final = "control.sock"
MOST_CLIENTS: Final = 32
MOST_EACH: Final = 16
REQUEST_SEC: Final = 15.0
"""From the beginning of a connection to the end of its request, and for taking a line."""
READ_BYTES: Final = 1 << 16
SUBJECT: Final = "control socket"
GONE: Final = (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError)

B = TypeVar("B")
Say = Callable[[Any], Awaitable[None]]
"""Sends one piece of an answer that goes on: anything that msgspec encodes. Raises TimeoutError
where the other side does not read."""

_log = logging.getLogger(__name__)


Does = Callable[[B, Say], Awaitable[Any]]
"""Does what was asked for and returns the answer. Raises Invalid for a wrong request. It is
cancelled when whoever asked is gone."""


class Verb(Generic[B]):
    """`body`: the type that a request's body is read as."""

    def __init__(self, body: type[B], does: Does[B]) -> None:
        self.body = body
        self._decoder, self._does = msgspec.json.Decoder(body), does

    async def run(self, body: msgspec.Raw, say: Say) -> Any:
        return await self._does(self._decoder.decode(body), say)


def listening(state_dir: Path) -> socket.socket:
    """Return the listening socket of an agent. The folder is private, and so is the socket."""
    return listen_privately(state_dir / SOCKET, MOST_CLIENTS)


class ControlSocket:
    """Answers the requests of the control socket by a table of verbs."""

    def __init__(self, verbs: Mapping[str, Verb[Any]], clock: Clock, health: Health) -> None:
        self._verbs = verbs
        self._reception = Reception(SUBJECT, clock, health, most=MOST_CLIENTS, most_each=MOST_EACH)

    async def serve(self, listener: socket.socket) -> None:
        """For ever. Raises OSError where the listener is of no use any more."""
        await self._reception.serve(listener, self._talk, self._turn_away)

    async def _turn_away(self, stream: SocketStream) -> None:
        await _send(stream, ControlFailed("too many clients are connected", wrong_request=True))

    async def _talk(self, stream: SocketStream) -> None:
        request = await self._request(stream)
        if isinstance(request, ControlFailed):
            await _send(stream, request)
            return
        reply: ControlDone | ControlFailed | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._leave_with, stream, tasks.cancel_scope)
            reply = await self._carried_out(request, stream)
            tasks.cancel_scope.cancel()
        if reply is not None:
            await _send(stream, reply)

    async def _request(self, stream: SocketStream) -> ControlRequest | ControlFailed:
        said = bytearray()
        with anyio.move_on_after(REQUEST_SEC):
            while b"\n" not in said:
                if len(said) > MOST_REQUEST:
                    return _wrong(f"a request is {MOST_REQUEST} bytes at most")
                try:
                    said += await stream.receive(READ_BYTES)
                except anyio.EndOfStream:
                    return _wrong("the request has no end")
            try:
                return msgspec.json.decode(said.partition(b"\n")[0], type=ControlRequest)
            except msgspec.ValidationError as error:
                return _wrong(complaint(error))
            except msgspec.DecodeError as error:
                return _wrong(f"not JSON: {error}")
            except RecursionError:
                return _wrong("nested too deeply")
        return _wrong(f"no whole request came within {REQUEST_SEC:g} s")

    async def _carried_out(
        self, request: ControlRequest, stream: SocketStream
    ) -> ControlDone | ControlFailed | None:
        """None: whoever asked is gone, or does not read."""
        verb = self._verbs.get(request.do)
        if verb is None:
            return _wrong(f"do: {request.do}: this agent cannot do that")

        gone = False

        async def say(piece: Any) -> None:
            nonlocal gone
            try:
                await _send(stream, ControlSaid(_raw(piece)))
            except GONE:
                gone = True
                raise

        try:
            return ControlDone(_raw(await verb.run(request.body, say)))
        except msgspec.ValidationError as error:
            return _wrong(complaint(error, verb.body))
        except Invalid as error:
            return _wrong(str(error))
        except Exception as error:  # noqa: BLE001 - said to whoever asked
            if gone:
                return None
            _log.exception("%s failed", request.do)
            return ControlFailed(f"a fault of the agent: {type(error).__name__}: {error}")

    async def _leave_with(self, stream: SocketStream, scope: anyio.CancelScope) -> None:
        """Whoever asked goes away, or ends its half: nobody waits for the rest."""
        with contextlib.suppress(OSError, anyio.EndOfStream, anyio.BrokenResourceError):
            while True:
                await stream.receive(READ_BYTES)
        scope.cancel()


async def serve(
    state_dir: Path, verbs: Mapping[str, Verb[Any]], clock: Clock, health: Health
) -> None:
    """Answer the command of this host, for ever."""
    with listening(state_dir) as listener:
        await ControlSocket(verbs, clock, health).serve(listener)


def _wrong(reason: str) -> ControlFailed:
    return ControlFailed(reason, wrong_request=True)


def _raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


async def _send(stream: SocketStream, reply: ControlReply) -> None:
    with anyio.fail_after(REQUEST_SEC):
        await stream.send(msgspec.json.encode(reply) + b"\n")
