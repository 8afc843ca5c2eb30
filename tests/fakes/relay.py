"""A relay as a controller has it, without runs and rights; it lies as a test says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal, Self
from urllib.parse import parse_qs, urlsplit

import anyio
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from forepost.wire.jobs import relay as wire
from forepost.wire.jobs.transfer import RelayAccess
from tests.free_ports import free_port

Lie = Literal["", "flips", "silent", "closes", "text", "empty", "strange", "garbage"]
KEY = {"X-Agent-PSK": "key"}


class LyingRelay:
    """On loopback."""

    def __init__(self) -> None:
        self.port = free_port()
        self.lie: Lie = ""
        self.asked: list[dict[str, str]] = []
        """The parameters of each line."""
        self.keys: list[str] = []
        self.lines: set[ServerConnection] = set()
        self._waiting: dict[tuple[str, ...], tuple[ServerConnection, anyio.Event]] = {}
        self._partners: dict[ServerConnection, ServerConnection] = {}

    @property
    def access(self) -> RelayAccess:
        return RelayAccess(url=f"http://127.0.0.1:{self.port}", headers=KEY, proxy="none")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        async with serve(self._serve, "127.0.0.1", self.port, compression=None):
            yield self

    async def cut(self) -> None:
        """Close all lines."""
        for line in [*self.lines]:
            await line.close()

    async def _serve(self, line: ServerConnection) -> None:
        assert line.request is not None
        query = parse_qs(urlsplit(line.request.path).query)
        asked = {name: values[0] for name, values in query.items()}
        self.asked.append(asked)
        self.keys.append(line.request.headers["X-Agent-PSK"])
        self.lines.add(line)
        with suppress(ConnectionClosed):
            try:
                await self._pair(line, asked)
            finally:
                self.lines.discard(line)
                if (partner := self._partners.pop(line, None)) is not None:
                    await partner.close(wire.NOBODY)

    async def _pair(self, line: ServerConnection, asked: dict[str, str]) -> None:
        pair = sorted((asked[wire.ME], asked[wire.PEER]))
        key = (asked[wire.RUN], *pair, asked[wire.LINE])
        if self.lie == "silent":
            await line.wait_closed()
            return
        if self.lie == "closes":
            return
        if key in self._waiting:
            other, met = self._waiting.pop(key)
            self._partners |= {line: other, other: line}
            met.set()
        else:
            met = anyio.Event()
            self._waiting[key] = line, met
            await met.wait()
        number = 0
        async for frame in line:
            number += 1
            assert isinstance(frame, bytes)
            await self._partners[line].send(self._told(frame, number))

    def _told(self, frame: bytes, number: int) -> bytes | str:
        match self.lie:
            case "text":
                return "a text" if number > 1 else frame
            case "empty":
                return b"" if number > 1 else frame
            case "garbage":
                return bytes(len(frame)) if number > 1 else frame
            case "strange":
                return bytes(5_000) if number == 1 else frame
            case "flips":
                at = len(frame) // 2
                return frame[:at] + bytes([frame[at] ^ 1]) + frame[at + 1 :]
            case _:
                return frame
