"""Serves a local HTTP face: HTTP/1.1 by h11, WebSockets by websockets' protocol without I/O.

Who speaks is checked by the guard, and everything is bounded, before the face hears of a request:
headers, body, the time for both, and the number of connections.
"""

import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

import anyio
import anyio.lowlevel
import h11
import msgspec
from anyio.abc import SocketAttribute, SocketStream

from forepost.agent.cores.local_guard import Guard
from forepost.agent.edges.local.body_room import BodyRoom, HeldRoom
from forepost.agent.edges.local.reception import Reception
from forepost.agent.edges.local.websocket import LocalSocket, NoUpgrade, upgraded
from forepost.kit.clock import Clock
from forepost.kit.health import Health

MOST_CLIENTS: Final = 2_048
MOST_HEAD: Final = 16 << 10
"""Bytes of a request line with its headers."""
MOST_BODY: Final = 1 << 20
REQUEST_SEC: Final = 15.0
"""From the first byte of a request to its last, and for taking an answer."""
IDLE_SEC: Final = 75.0
"""Between two requests."""
READ_BYTES: Final = 1 << 16
MAY_SWITCH: Final = h11.MIGHT_SWITCH_PROTOCOL  # type: ignore[attr-defined]  # not in its __all__
VERSION: Final = "13"
"""Of the WebSocket protocol (RFC 6455)."""
LOOPBACK: Final = "127.0.0.1"
UNDERSTOOD: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class LocalRequest(msgspec.Struct, frozen=True):
    method: str
    path: str
    """As it came, without the query."""
    query: str
    headers: Mapping[str, str]
    """By lower-case name; of several of one name the last."""
    body: bytes = b""
    peer: tuple[str, int] = ("", 0)
    """Address and port of who asks."""
    here: tuple[str, int] = ("", 0)
    """Where it was asked."""


class LocalAnswer(msgspec.Struct, frozen=True):
    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    then: Callable[[], None] | None = None
    """Called when the answer is sent: for what ends the process, say."""


Talk = Callable[[LocalSocket], Awaitable[None]]


class Face(Protocol):
    """What is served. Its faults are answered with 500, and end nothing else."""

    def guard(self, peer: str) -> Guard:
        """Who may speak from this address; asked for with every request, as names of this host may
        change.
        """
        ...

    async def answer(self, request: LocalRequest) -> LocalAnswer:
        """Answer a whole request that the guard let through."""
        ...

    async def talk(self, request: LocalRequest) -> Talk | LocalAnswer:
        """Return what to do with a WebSocket that is asked for, or the answer that refuses it."""
        ...

    def refused(self, status: int, reason: str) -> LocalAnswer:
        """Put the refusal of a request into the words of this face."""
        ...


class LocalHttp:
    """Serves one face to many connections at a time."""

    def __init__(
        self,
        name: str,
        face: Face,
        clock: Clock,
        health: Health,
        *,
        most_body: int = MOST_BODY,
        request_sec: float = REQUEST_SEC,
        idle_sec: float = IDLE_SEC,
        most_clients: int = MOST_CLIENTS,
        most_each: int = MOST_CLIENTS,
    ) -> None:
        """`name`: of the face, in what is said of its health. `most_each`: connections of one
        address.
        """
        self._face, self._most_body = face, most_body
        self._request_sec, self._idle_sec = request_sec, idle_sec
        self._reception = Reception(name, clock, health, most=most_clients, most_each=most_each)
        self._room, self._turns = BodyRoom(), anyio.Lock()

    async def serve(self, listener: socket.socket) -> None:
        """For ever. Raises OSError where the listener is of no use any more."""
        port = int(listener.getsockname()[1])

        async def one(stream: SocketStream) -> None:
            await _Connection(
                stream,
                self._face,
                port,
                self._room,
                self._turns,
                self._most_body,
                self._request_sec,
                self._idle_sec,
            ).run()

        await self._reception.serve(listener, one, self._turn_away)

    async def _turn_away(self, stream: SocketStream) -> None:
        answer = self._face.refused(503, "too many connections")
        await stream.send(_one_answer(answer))


class _Refused(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class _Fault(Exception):
    """Of the face, whose files and peers may be gone too: that is not the client's doing."""


class _Connection:
    def __init__(
        self,
        stream: SocketStream,
        face: Face,
        port: int,
        room: BodyRoom,
        turns: anyio.Lock,
        most_body: int,
        request_sec: float,
        idle_sec: float,
    ) -> None:
        """`turns`: of all connections, so that the rest of the agent has its turn between two."""
        self._stream, self._face, self._port = stream, face, port
        peer = stream.extra(SocketAttribute.remote_address)  # noqa: S610 - not Django's
        here = stream.extra(SocketAttribute.local_address)  # noqa: S610
        self._peer, self._here = _plain(peer), _plain(here)
        self._room, self._turns, self._most_body = HeldRoom(room, self._peer[0]), turns, most_body
        self._request_sec, self._idle_sec = request_sec, idle_sec
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEAD)
        self._method = ""

    async def run(self) -> None:
        """Answer request after request until either side has enough."""
        while await self._begun():
            try:
                talk = await self._exchange()
            finally:
                self._room.leave()
            if talk is not None:
                try:
                    await talk
                finally:
                    self._room.leave()
                return
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return
            self._http.start_next_cycle()

    async def _begun(self) -> bool:
        """Wait for the first byte of the next request; False: there is none."""
        if self._http.trailing_data[0]:
            return True
        with anyio.move_on_after(self._idle_sec):
            try:
                self._http.receive_data(await self._stream.receive(READ_BYTES))
            except anyio.EndOfStream:
                return False
            return True
        return False

    async def _exchange(self) -> Awaitable[None] | None:
        """One request and its answer; or the conversation that a WebSocket is now for."""
        try:
            request = await self._request()
            if request is None:
                return None
            async with self._turns:
                await anyio.lowlevel.checkpoint()
            upgrades = request.headers.get("upgrade", "").lower() == "websocket"
            guard = self._face.guard(self._peer[0])
            why = guard.refusal(request.headers, self._port, upgrades=upgrades)
            if why:
                raise _Refused(403, why)
            if upgrades:
                return await self._upgrade(request)
            answer = await self._answer(request)
            self._hold(len(answer.body))
        except _Refused as refused:
            answer = self._face.refused(refused.status, str(refused))
        except h11.RemoteProtocolError as error:
            answer = self._face.refused(error.error_status_hint, str(error))
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            raise
        except Exception:
            await self._say(self._face.refused(500, "a fault of the agent; its log says which"))
            raise
        await self._say(answer)
        if answer.then is not None:
            answer.then()
        return None

    async def _answer(self, request: LocalRequest) -> LocalAnswer:
        try:
            return await self._face.answer(request)
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise _Fault from error

    async def _request(self) -> LocalRequest | None:
        """A whole request within its bounds; None: the other side went away in the middle."""
        with anyio.move_on_after(self._request_sec):
            head = await self._event()
            if not isinstance(head, h11.Request):
                return None
            method = self._method = head.method.decode("ascii")
            if method not in UNDERSTOOD:
                raise _Refused(501, f"{method}: not a method that is understood")
            if not head.target.startswith(b"/") and (method, head.target) != ("OPTIONS", b"*"):
                raise _Refused(400, "the target of a request is a path: this is no proxy")
            path, _, query = head.target.decode("latin-1").partition("?")
            headers = {name.decode("ascii"): text.decode("latin-1") for name, text in head.headers}
            if head.http_version == b"1.0":
                headers.setdefault("host", LOOPBACK)  # it needs none, and no browser speaks it
            if len(head.target) + sum(len(n) + len(text) for n, text in head.headers) > MOST_HEAD:
                raise _Refused(431, f"headers: longer than {MOST_HEAD} bytes")
            body = await self._body(headers)
            if body is None:
                return None
            return LocalRequest(method, path, query, headers, body, self._peer, self._here)
        raise _Refused(408, f"no whole request came within {self._request_sec:g} s")

    async def _body(self, headers: Mapping[str, str]) -> bytes | None:
        told = headers.get("content-length", "0")
        if int(told) > self._most_body:
            raise _Refused(413, f"body: longer than {self._most_body} bytes")
        self._hold(int(told))
        if self._http.they_are_waiting_for_100_continue:
            await self._stream.send(
                self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b""
            )
        body = bytearray()
        while True:
            event = await self._event()
            if isinstance(event, h11.Data):
                body += event.data
                if len(body) > self._most_body:
                    raise _Refused(413, f"body: longer than {self._most_body} bytes")
                self._hold(len(body))
            elif isinstance(event, h11.EndOfMessage):
                return bytes(body)
            else:
                return None

    def _hold(self, size: int) -> None:
        """Raises _Refused where too much is on its way already."""
        if not self._room.hold(size):
            raise _Refused(503, "too much is on its way at a time")

    async def _event(self) -> "type[h11.NEED_DATA | h11.PAUSED] | h11.Event":
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            try:
                self._http.receive_data(await self._stream.receive(READ_BYTES))
            except anyio.EndOfStream:
                self._http.receive_data(b"")

    async def _say(self, answer: LocalAnswer) -> None:
        """A small answer is one segment. After a refusal half a request may still come: the end.

        Raises TimeoutError where it is not taken: nothing more is said then.
        """
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        whole = self._http.their_state in (h11.DONE, MAY_SWITCH)
        headers = [
            ("content-type", answer.content_type),
            ("content-length", str(len(answer.body))),
            *answer.headers,
            *([] if whole else [("connection", "close")]),
        ]
        parts = (
            h11.Response(status_code=answer.status, headers=headers),
            h11.Data(data=b"" if self._method == "HEAD" else answer.body),
            h11.EndOfMessage(),
        )
        with anyio.fail_after(self._request_sec):
            await self._stream.send(b"".join(self._http.send(part) or b"" for part in parts))

    async def _upgrade(self, request: LocalRequest) -> Awaitable[None] | None:
        if request.method != "GET":
            raise _Refused(405, f"{request.method}: a WebSocket is asked for with GET")
        if request.headers.get("sec-websocket-version") != VERSION:
            answer = self._face.refused(426, f"Sec-WebSocket-Version: only {VERSION} is understood")
            known = (*answer.headers, ("sec-websocket-version", VERSION))
            await self._say(msgspec.structs.replace(answer, headers=known))
            return None
        found = await self._face.talk(request)
        if isinstance(found, LocalAnswer):
            await self._say(found)
            return None
        rest, _ = self._http.trailing_data
        target = f"{request.path}?{request.query}" if request.query else request.path
        try:
            line = await upgraded(self._stream, target, request.headers, rest, self._room)
        except NoUpgrade as refused:
            raise _Refused(refused.status, str(refused)) from None
        return found(line)


def _plain(address: Any) -> tuple[str, int]:
    return str(address[0]).partition("%")[0], int(address[1])


def _one_answer(answer: LocalAnswer) -> bytes:
    head = (
        f"HTTP/1.1 {answer.status} \r\ncontent-type: {answer.content_type}\r\n"
        f"content-length: {len(answer.body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + answer.body
