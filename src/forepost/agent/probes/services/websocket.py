"""Opens a WebSocket (RFC 6455), and waits for a message or for the answer to a ping."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final, cast

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI

import forepost
from forepost.agent.ports.dialer import Failed
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.awaited import AwaitedAnswer
from forepost.agent.probes.http.url import Url, url_of
from forepost.agent.probes.services.service import Service
from forepost.kit.clock import Clock
from forepost.wire.probes.exchange import written_bytes
from forepost.wire.probes.websocket import WebsocketOptions, WebsocketResult

SCHEMES: Final = {"ws": "http", "wss": "https"}
MOST_BYTES: Final = 65_536
"""Of one message, and of what comes until the one that is expected."""
AGENT: Final = f"forepost/{forepost.__version__}"
GOING_AWAY: Final = 1_001


async def run(
    options: WebsocketOptions, target: str, clock: Clock, edges: Edges
) -> WebsocketResult:
    scheme, mark, rest = target.partition("://")
    scheme, rest = (scheme.lower(), rest) if mark else ("wss", target)

    def url() -> Url:
        if scheme not in SCHEMES:
            raise Failed("denied", f"{target!r}: the scheme is neither ws nor wss")
        return url_of(f"{SCHEMES[scheme]}://{rest}")

    async def talk(service: Service) -> None:
        socket = _Socket(service, url(), options)
        await socket.open()
        if options.send or options.expect:
            answer = AwaitedAnswer(
                options.expect, options.expect_match, edges.search, options.timeout_sec
            )
            await socket.hear(answer, options)
        else:
            began = clock.monotonic()
            await socket.ping()
            service.know(ping_ms=(clock.monotonic() - began) * 1e3)
        await socket.leave()

    service = Service(options, target, clock, edges)
    alpn = ("http/1.1",) if scheme == "wss" else None
    await service.run(lambda: url().at, talk, alpn=alpn)
    return WebsocketResult(**service.told())


class _Socket:
    def __init__(self, service: Service, url: Url, options: WebsocketOptions) -> None:
        path, _, query = url.path.partition("?")
        host, port = url.at.host, url.at.port
        uri = WebSocketURI(url.scheme == "https", host, port, path, query)
        offered = [cast("Subprotocol", one) for one in options.subprotocols]
        self._protocol = ClientProtocol(uri, subprotocols=offered or None, max_size=MOST_BYTES)
        self._service, self._url, self._options = service, url, options
        self._bytes = 0

    async def open(self) -> None:
        with self._service.part("upgrade"):
            request = self._protocol.connect()
            headers = {
                "Host": self._url.host_header,
                "User-Agent": f"forepost/{forepost.__version__}",
            }
            for name, value in {**headers, **self._options.headers}.items():
                if name in request.headers:
                    del request.headers[name]
                request.headers[name] = value
            self._protocol.send_request(request)
            async for event in self._events():
                if not isinstance(event, Response):
                    continue
                self._service.know(status_code=event.status_code)
                wrong = self._protocol.handshake_exc
                if wrong is not None:
                    raise Failed("wrong", _reason(event, wrong))
                chosen = self._protocol.subprotocol or ""
                self._service.know(subprotocol=chosen)
                if self._options.subprotocols and not chosen:
                    raise Failed("wrong", "the server takes none of the subprotocols")
                return

    async def hear(self, answer: AwaitedAnswer, options: WebsocketOptions) -> None:
        with self._service.part("message", late="not the one that is expected"):
            if options.send:
                self._protocol.send_text(written_bytes(options.send))
            messages, message = 0, bytearray()
            async for event in self._events():
                if not isinstance(event, Frame) or event.opcode not in _OF_MESSAGES:
                    continue
                if event.opcode is not Opcode.CONT:
                    message.clear()
                message += event.data
                if not event.fin:
                    continue
                messages += 1
                self._service.know(messages=messages)
                if await answer.is_in(bytes(message)):
                    return

    async def ping(self) -> None:
        with self._service.part("ping"):
            self._protocol.send_ping(b"forepost")
            async for event in self._events():
                if isinstance(event, Frame) and event.opcode is Opcode.PONG:
                    return

    async def leave(self) -> None:
        with self._service.part("close"):
            self._protocol.send_close(GOING_AWAY)
            await self._flush()

    async def _events(self) -> AsyncIterator[object]:
        """Say what there is to say, and yield what comes, without an end."""
        while True:
            await self._flush()
            data = await self._service.receive()
            if data:
                self._bytes += len(data)
                self._protocol.receive_data(data)
            else:
                self._protocol.receive_eof()
            for event in self._protocol.events_received():
                yield event
            await self._flush()
            self._check(ended=not data)

    def _check(self, *, ended: bool) -> None:
        wrong = self._protocol.parser_exc
        if wrong is not None and not isinstance(wrong, EOFError):
            raise Failed("wrong", str(wrong))
        if ended or self._protocol.close_rcvd is not None:
            closed = self._protocol.close_rcvd
            said = f", with {closed}" if closed is not None else ""
            raise Failed("closed", f"the server closed it{said}")
        if self._bytes > MOST_BYTES:
            raise Failed("wrong", f"more than {MOST_BYTES >> 10} KiB, and not what was expected")

    async def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                await self._service.say(data)


_OF_MESSAGES: Final = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


def _reason(response: Response, wrong: Exception) -> str:
    if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
        return f"status {response.status_code} {response.reason_phrase}".rstrip()
    return str(wrong)
