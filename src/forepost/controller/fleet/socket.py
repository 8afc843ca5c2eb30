"""`/ws` and `/ws/agent`: one WebSocket for each agent. Raw ASGI, for it is the hot path."""

import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Final

import anyio
import msgspec

from forepost.controller.fleet.agent_api import credentials_of
from forepost.controller.fleet.roster import Connection, Roster, Stranger
from forepost.controller.fleet.session import (
    POSTED_OK,
    CannotRun,
    GiveProbes,
    HangUp,
    Posted,
    Reported,
    Say,
    Session,
    Step,
    VersionIs,
    refusal,
)
from forepost.controller.fleet.store import Enrolled
from forepost.kit.clock import Clock
from forepost.wire import neffos
from forepost.wire.neffos import Frame
from forepost.wire.probes import Probe
from forepost.wire.uplink import AGENT, FOREPOST, ProbePost, Refused, ReportOk, Want

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

HELLO_SEC: Final = 10.0
"""How long an agent may take for its first word."""
SETTLE_SEC: Final = 1.1
"""NetWatcher's agent loses a probe that is edited in place; it must be gone for this long first."""
NOT_READY = "service unavailable: server error"

_log = logging.getLogger(__name__)


class Numbered(msgspec.Struct, frozen=True):
    """A result and what it is known by: a number of our agent's spool, or nothing but itself."""

    post: ProbePost
    boot: int = 0
    seq: int = 0


class Deps(msgspec.Struct, frozen=True):
    """What a connection needs from the rest of the controller; `main` joins them."""

    roster: Roster
    clock: Clock
    version: str
    probes_of: Callable[[int, int], Awaitable[tuple[str, list[Probe]]]]
    """(workspace id, agent id) -> revision and list."""
    accept: Callable[[Enrolled, Sequence[Numbered], datetime], Awaitable[list[str]]]
    """Returns after the commit; one text for each result, empty for those that are stored."""


def headers_of(scope: Any) -> dict[str, str]:
    return {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}


def endpoint(deps: Deps) -> Callable[[Any, Receive, Send], Awaitable[None]]:
    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        agent: Enrolled | None = None
        try:
            agent = await deps.roster.admit(credentials_of(headers_of(scope)))
            greeting = neffos.ACCEPTED + str(uuid.uuid4())
        except Stranger as stranger:
            greeting = neffos.REFUSED + str(stranger)
        except Exception:  # noqa: BLE001 - logged; the agent is told to come back
            _log.exception("an agent could not be looked up")
            greeting = neffos.REFUSED + NOT_READY
        connection = _Connection(deps, agent, Session(greeting, deps.version), receive, send)
        try:
            await connection.run()
        except* OSError:
            _log.debug("agent %s: connection lost", agent and agent.agent_id)
        except* Exception:  # noqa: BLE001 - logged in this one place
            _log.exception("agent %s: a fault of ours", agent and agent.agent_id)
            await send({"type": "websocket.close", "code": 1011})

    return serve


class _Connection(Connection):
    def __init__(
        self, deps: Deps, agent: Enrolled | None, session: Session, receive: Receive, send: Send
    ) -> None:
        self._deps, self._agent, self._session = deps, agent, session
        self._receive, self._send = receive, send
        self._received = deps.clock.now()
        self._nudge = anyio.Event()
        self._edited: set[int] = set()
        self._goodbye: list[str] | None = None

    # What the roster may say at any time; `_push` carries it out.

    def probes_changed(self, edited: int) -> None:
        self._edited.add(edited)
        self._nudge.set()

    def replaced(self) -> None:
        self._goodbye = [neffos.encode(Frame(AGENT, neffos.DISCONNECT, wait="1"))]
        self._nudge.set()

    def deactivated(self, reason: str) -> None:
        body = msgspec.json.encode({"reason": reason}).decode()
        self._goodbye = [neffos.encode(Frame(AGENT, "deactivate", body))]
        self._nudge.set()

    async def run(self) -> None:
        with anyio.move_on_after(HELLO_SEC) as patience:
            if not await self._turn():
                return
        if patience.cancelled_caught or self._agent is None:
            await self._close()
            return
        self._deps.roster.connected(self._agent.agent_id, self)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._push)
                while await self._turn():
                    pass
                tasks.cancel_scope.cancel()
        finally:
            self._deps.roster.disconnected(self._agent.agent_id, self)

    async def _turn(self) -> bool:
        """Carry out what one message asks for; False at the end of the conversation."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            return False
        text = message.get("text")
        if text is None:
            text = message["bytes"].decode(errors="replace")
        if self._agent is not None:
            self._received = self._deps.roster.heard_from(self._agent.agent_id)
        for step in self._session.received(text):
            if isinstance(step, HangUp):
                await self._close()
                return False
            await self._do(step)
        return True

    async def _do(self, step: Step) -> None:
        agent = self._agent
        match step:
            case Say(text):
                await self._say(text)
            case _ if agent is None:
                raise AssertionError("a stranger gets no further than the greeting")
            case GiveProbes(namespace):
                await self._give_probes(agent, namespace)
            case Posted():
                await self._say(await self._posted(agent, step))
            case Reported():
                await self._say(await self._report(agent, step))
            case VersionIs(version):
                await self._deps.roster.version_is(agent.agent_id, version)
            case CannotRun(unsupported):
                _log.warning("agent %d cannot run %s", agent.agent_id, ", ".join(unsupported))

    async def _posted(self, agent: Enrolled, posted: Posted) -> str:
        (reason,) = await self._deps.accept(agent, [Numbered(posted.post)], self._received)
        if not reason:
            return POSTED_OK
        self._deps.roster.refused += 1
        return refusal(posted.frame, reason)

    async def _report(self, agent: Enrolled, report: Reported) -> str:
        numbered = [Numbered(post, report.boot, seq) for seq, post in report.posts]
        reasons = await self._deps.accept(agent, numbered, self._received)
        refused = report.refused + [
            Refused(seq=one.seq, reason=reason)
            for one, reason in zip(numbered, reasons, strict=True)
            if reason
        ]
        for one in refused:
            self._deps.roster.refused += 1
            _log.warning("agent %d: result %d: %s", agent.agent_id, one.seq, one.reason)
        answer = ReportOk(boot=report.boot, seq=report.seq, refused=refused)
        return neffos.encode(Frame(FOREPOST, "report_ok", msgspec.json.encode(answer).decode()))

    async def _push(self) -> None:
        while True:
            await self._nudge.wait()
            self._nudge = anyio.Event()
            if self._goodbye is not None:
                for text in self._goodbye:
                    await self._say(text)
                await self._close()
                return
            edited, self._edited = self._edited, set()
            assert self._agent is not None
            if self._session.speaks(FOREPOST):
                await self._give_probes(self._agent, FOREPOST)
            elif self._session.speaks(AGENT):
                await self._give_probes(self._agent, AGENT, without=edited)
                await self._deps.clock.sleep(SETTLE_SEC)
                await self._give_probes(self._agent, AGENT)

    async def _give_probes(
        self, agent: Enrolled, namespace: str, without: AbstractSet[int] = frozenset()
    ) -> None:
        revision, probes = await self._deps.probes_of(agent.workspace_id, agent.agent_id)
        if namespace == AGENT:
            body = msgspec.json.encode([probe for probe in probes if probe.id not in without])
            await self._say(neffos.encode(Frame(AGENT, "probe_get", body.decode())))
            return
        raws = [msgspec.Raw(msgspec.json.encode(probe)) for probe in probes]
        want = msgspec.json.encode(Want(revision=revision, probes=raws))
        await self._say(neffos.encode(Frame(FOREPOST, "want", want.decode())))

    async def _say(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def _close(self) -> None:
        await self._send({"type": "websocket.close", "code": 1000})
