"""What an agent of the demo says to the controller: a hello, then its results in batches."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any, Final

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from forepost.cli.demo.readings import Readings
from forepost.cli.demo.sites import DemoSite
from forepost.cli.demo.work import DemoWork
from forepost.kit.clock import SystemClock
from forepost.wire.jobs.delivery import JOBS, RUNS_KEPT, RunsKept
from forepost.wire.probes.probe import Probe
from forepost.wire.probes.trial import TRIAL, TRIAL_ENDED, TRIALS, TrialEnded, TrialWanted
from forepost.wire.uplink import neffos
from forepost.wire.uplink.documents import DOCUMENTS, HAVE, WANT, HaveDocument, WantDocument
from forepost.wire.uplink.messages import AGENT, FOREPOST, REPORT, Hello, ReportOk
from forepost.wire.uplink.neffos import Frame
from forepost.wire.workloads.delivery import WORKLOADS

BATCH: Final = 250
TRIAL_MS: Final = 2_000.0
"""So long a measurement of theirs takes by its own words."""

_clock = SystemClock()


class Refusal(Exception):
    """The controller did not take what the demo said; the text says why."""


class Conversation:
    """Over an open WebSocket. `boot`: a number of this start of the demo."""

    def __init__(
        self, socket: ClientConnection, boot: int, work: DemoWork, readings: Readings
    ) -> None:
        self._socket, self._boot, self._seq = socket, boot, 0
        self._work, self._readings = work, readings
        self._parts: dict[str, list[msgspec.Raw]] = {}
        """Of documents that are not whole yet, by name."""

    async def greet(self, site: DemoSite) -> None:
        await self._socket.send(neffos.HELLO)
        await self._socket.recv()
        for token, namespace in (("$1", AGENT), ("$2", FOREPOST)):
            await self._send(Frame(namespace, neffos.CONNECT, wait=token))
        capabilities = [REPORT, DOCUMENTS, WORKLOADS, JOBS, TRIALS]
        hello = Hello(version=site.version, capabilities=capabilities, boot=self._boot)
        await self._say("hello", hello)
        for event, body in self._work.greeting():
            await self._say(event, body)

    async def report(self, posts: Iterable[dict[str, Any]]) -> None:
        """Return when all of it is committed. Raises Refusal."""
        left = iter(posts)
        while batch := list(islice(left, BATCH)):
            results = [{"seq": self._seq + n, "post": post} for n, post in enumerate(batch, 1)]
            self._seq += len(batch)
            await self._say("report", {"boot": self._boot, "results": results})
            await self._taken()

    async def tell(self, now: float) -> None:
        """How what it runs and does stands."""
        for event, body in self._work.said(now):
            await self._say(event, body)

    async def listen(self) -> None:
        """Answer what the controller asks, until the conversation is cancelled."""
        async for message in self._socket:
            await self._heard(message)

    def _tried(self, wanted: TrialWanted) -> TrialEnded:
        probe = msgspec.json.decode(wanted.probe, type=Probe)
        target = probe.targets[0].target if probe.targets else ""
        now = _clock.now().timestamp()
        found = self._readings.trial(probe.type, target, probe.count, now)
        if found is None:
            problem = f"the agents of the demo measure no {probe.type}"
            return TrialEnded(request=wanted.request, problem=problem)
        payload = msgspec.Raw(msgspec.json.encode(found))
        return TrialEnded(request=wanted.request, payload=payload, took_ms=TRIAL_MS)

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
        if frame is not None and frame.event == WANT:
            await self._take(msgspec.json.decode(frame.body, type=WantDocument))
        elif frame is not None and frame.event == RUNS_KEPT:
            self._work.kept(msgspec.json.decode(frame.body, type=RunsKept).uids)
        elif frame is not None and frame.event == TRIAL:
            wanted = msgspec.json.decode(frame.body, type=TrialWanted)
            await self._say(TRIAL_ENDED, self._tried(wanted))
        return frame

    async def _take(self, wanted: WantDocument) -> None:
        parts = self._parts.setdefault(wanted.document, [])
        if wanted.part == 1:
            parts.clear()
        parts.append(wanted.body)
        if wanted.part == wanted.parts:
            self._work.take(wanted.document, parts)
            await self._say(HAVE, HaveDocument(document=wanted.document, revision=wanted.revision))

    async def _say(self, event: str, body: Any) -> None:
        await self._send(Frame(FOREPOST, event, msgspec.json.encode(body).decode()))

    async def _send(self, frame: Frame) -> None:
        await self._socket.send(neffos.encode(frame))


@asynccontextmanager
async def conversation(
    url: str,
    headers: dict[str, str],
    site: DemoSite,
    boot: int,
    work: DemoWork,
    readings: Readings,
) -> AsyncIterator[Conversation]:
    """With the controller at `url`, as the agent that `headers` name."""
    address = url.replace("http", "ws", 1) + "/ws"
    async with connect(address, additional_headers=headers, proxy=None) as socket:
        talking = Conversation(socket, boot, work, readings)
        await talking.greet(site)
        yield talking
