"""What an agent of the demo says to the controller: a hello, then its results in batches."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any, Final

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from forepost.cli.demo.sites import DemoSite
from forepost.wire.uplink import neffos
from forepost.wire.uplink.messages import AGENT, FOREPOST, REPORT, Hello, ReportOk
from forepost.wire.uplink.neffos import Frame

BATCH: Final = 250


class Refusal(Exception):
    """The controller did not take what the demo said; the text says why."""


class Conversation:
    """Over an open WebSocket. `boot`: a number of this start of the demo."""

    def __init__(self, socket: ClientConnection, boot: int) -> None:
        self._socket, self._boot, self._seq = socket, boot, 0

    async def greet(self, site: DemoSite) -> None:
        await self._socket.send(neffos.HELLO)
        await self._socket.recv()
        for token, namespace in (("$1", AGENT), ("$2", FOREPOST)):
            await self._send(Frame(namespace, neffos.CONNECT, wait=token))
        hello = Hello(version=site.version, capabilities=[REPORT, "want"], boot=self._boot)
        await self._say("hello", hello)

    async def report(self, posts: Iterable[dict[str, Any]]) -> None:
        """Return when all of it is committed. Raises Refusal."""
        left = iter(posts)
        while batch := list(islice(left, BATCH)):
            results = [{"seq": self._seq + n, "post": post} for n, post in enumerate(batch, 1)]
            self._seq += len(batch)
            await self._say("report", {"boot": self._boot, "results": results})
            await self._taken()

    async def listen(self) -> None:
        """Answer what the controller asks, until the conversation is cancelled."""
        async for message in self._socket:
            await self._heard(message)

    async def _taken(self) -> None:
        while True:
            frame = await self._heard(await self._socket.recv())
            if frame is not None and frame.event == "report_ok":
                answer = msgspec.json.decode(frame.body, type=ReportOk)
                if answer.refused:
                    raise Refusal(answer.refused[0].reason)
                if answer.seq >= self._seq:
                    return

    async def _heard(self, message: str | bytes) -> Frame | None:
        if isinstance(message, bytes):
            return None
        frame = neffos.decode(message) if message.count(";") >= 6 else None
        if frame is not None and frame.event == "want":
            await self._say("have", {"revision": msgspec.json.decode(frame.body)["revision"]})
        return frame

    async def _say(self, event: str, body: Any) -> None:
        await self._send(Frame(FOREPOST, event, msgspec.json.encode(body).decode()))

    async def _send(self, frame: Frame) -> None:
        await self._socket.send(neffos.encode(frame))


@asynccontextmanager
async def conversation(
    url: str, headers: dict[str, str], site: DemoSite, boot: int
) -> AsyncIterator[Conversation]:
    """With the controller at `url`, as the agent that `headers` name."""
    address = url.replace("http", "ws", 1) + "/ws"
    async with connect(address, additional_headers=headers, proxy=None) as socket:
        talking = Conversation(socket, boot)
        await talking.greet(site)
        yield talking
