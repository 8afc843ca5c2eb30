"""`/ws` and `/ws/agent`: one WebSocket for each agent. Raw ASGI, for it is the hot path."""

import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, assert_never

import anyio
import msgspec

from forepost.controller.asgi import KNOWN, Asgi, Receive, Send, headers_and_query_of
from forepost.controller.fleet.agent_api import credentials_of
from forepost.controller.fleet.given_pieces import GivenPieces
from forepost.controller.fleet.look import look
from forepost.controller.fleet.needs import Needs, Numbered
from forepost.controller.fleet.netwatcher_list import ReadOut
from forepost.controller.fleet.roster import Connection, Stranger
from forepost.controller.fleet.session import POSTED_OK, Session, refusal, time_is
from forepost.controller.fleet.steps import (
    ClockIs,
    HangUp,
    Has,
    ListAsked,
    Met,
    OfItself,
    OfWanted,
    PieceTaken,
    Posted,
    Reported,
    Result,
    Say,
    SpoolIs,
    TalkEvent,
    TimeAsked,
    VersionIs,
)
from forepost.controller.fleet.store import Enrolled
from forepost.controller.fleet.wanted import Wanted
from forepost.wire.uplink import neffos
from forepost.wire.uplink.messages import AGENT, FOREPOST, LOOK, Hello, Refused, ReportOk
from forepost.wire.uplink.neffos import Frame
from forepost.wire.uplink.pieces import SMALLEST

HELLO_SEC: Final = 10.0
"""How long an agent may take for its first word."""
ON_THEIR_WAY: Final = 32
"""Messages with results that are not answered yet; with so many, no further one is read."""
DIRECT: Final = "forepost.direct"
"""ASGI extension of our listener, three functions: say(text) sends without waiting (answers are few
and short); hear_first(f) has f(text) look at each text first, and keep it by returning True;
read_out() returns when the other side has read all that it was sent.
"""
GOODBYE_SEC: Final = 5.0
"""How long an agent that does not read has for its last message."""
NOT_READY = "service unavailable: server error"

_log = logging.getLogger(__name__)


def endpoint(deps: Needs) -> Asgi:
    """The application behind both paths, for NetWatcher's agents and for ours."""
    events = frozenset(event for talk in deps.talks for event in talk.events)

    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        await receive()
        looks = LOOK in scope.get("subprotocols", [])
        await send({"type": "websocket.accept", "subprotocol": LOOK if looks else None})
        agent: Enrolled | None = None
        try:
            said = credentials_of(headers_and_query_of(scope))
            known = await deps.roster.admit(said, is_heard=not looks)
            deps.roster.check_bytes(known.agent_id)
            agent = known
            greeting = neffos.ACCEPTED + str(uuid.uuid4())
        except Stranger as stranger:
            greeting = neffos.REFUSED + str(stranger)
        except Exception:  # noqa: BLE001 - logged; the agent is told to come back
            _log.exception("an agent could not be looked up")
            greeting = neffos.REFUSED + NOT_READY
        session = Session(greeting, deps.version, deps.move_to, events, deps.capabilities)
        if looks:
            with suppress(OSError):  # who looked is gone
                await look(session, agent, deps.commits, receive, send)
            return
        say_now, hear_first, read_out = scope["extensions"][DIRECT]
        address, direct = deps.peers.of(scope), (say_now, read_out)
        connection = _Connection(deps, agent, session, receive, send, direct, address)
        if agent is not None:
            scope["extensions"][KNOWN]()
            hear_first(connection.heard)
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
        self,
        deps: Needs,
        agent: Enrolled | None,
        session: Session,
        receive: Receive,
        send: Send,
        direct: tuple[Callable[[str], None], ReadOut],
        address: str,
    ) -> None:
        self.address = address
        self._deps, self._agent, self._session = deps, agent, session
        self._receive, self._send = receive, send
        self._say_now, read_out = direct
        self._on_their_way = 0
        self._room = anyio.Event()
        self._received = deps.clock.now()
        self._wanted = (
            Wanted(deps, agent, self._say, self._give, read_out) if agent is not None else None
        )
        self._pieces = GivenPieces(self._send_piece, deps.clock)
        self._goodbye = ""
        self._leaves = anyio.Event()

    # What the roster may say at any time; the sending task carries it out.

    def due(self, name: str) -> None:
        if self._wanted is not None:
            self._wanted.due(name, is_ours=self._session.speaks(FOREPOST))

    def hung_up(self) -> None:
        self._goodbye = neffos.encode(Frame(AGENT, neffos.DISCONNECT, wait="1"))
        self._leaves.set()

    def deactivated(self, reason: str) -> None:
        body = msgspec.json.encode({"reason": reason}).decode()
        self._goodbye = neffos.encode(Frame(AGENT, "deactivate", body))
        self._leaves.set()

    def heard(self, text: str) -> bool:
        """Take a plain result on the spot, as nearly all texts are; all else goes the long way."""
        agent = self._agent
        if agent is None or self._goodbye or self._on_their_way >= ON_THEIR_WAY:
            return False
        post = self._session.result_in(text)
        if post is None:
            return False
        received = self._deps.roster.heard_from(agent.agent_id, len(text))
        if not self._deps.accept_now(agent, post, received, self._kept):
            return False
        self._on_their_way += 1
        return True

    def _kept(self, why_not: str) -> None:
        frame = Frame(AGENT, "probe_post")
        self._answered(refusal(frame, why_not) if why_not else POSTED_OK)

    def _answered(self, words: str) -> None:
        self._on_their_way -= 1
        self._room.set()
        self._say_now(words)

    async def run(self) -> None:
        with anyio.move_on_after(HELLO_SEC) as patience:
            if not await self._turn():
                return
        if patience.cancelled_caught or self._agent is None or self._wanted is None:
            await self._close()
            return
        self._deps.roster.connected(self._agent, self)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._wanted.run)
                tasks.start_soon(self._leave, tasks.cancel_scope)
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
        if self._goodbye:
            return True  # whoever still speaks is not heard; `_leave` ends it
        data = message.get("bytes") or b""
        text = message.get("text") or self._session.text_of(data)
        if self._agent is not None:
            self._received = self._deps.roster.heard_from(
                self._agent.agent_id, max(len(text), len(data))
            )
        for step in self._session.received(text):
            if isinstance(step, HangUp):
                await self._close()
                return False
            if isinstance(step, Say):
                await self._say(step.text)
            elif self._agent is None or self._wanted is None:
                raise AssertionError("a stranger gets no further than the greeting")
            else:
                await self._do(self._agent, self._wanted, step)
        return True

    async def _do(
        self, agent: Enrolled, wanted: Wanted, step: Result | OfItself | OfWanted
    ) -> None:
        match step:
            case Posted() | Reported():
                await self._take(agent, step)
            case VersionIs() | Met() | ClockIs() | SpoolIs() | TimeAsked():
                await self._learn(agent, wanted, step)
            case ListAsked():
                if not self._session.speaks(FOREPOST):
                    await self._able(agent, frozenset())
                await wanted.list_asked()
            case Has(have):
                wanted.has(have)
            case PieceTaken():
                self._pieces.taken()
            case TalkEvent(frame):
                await wanted.heard(frame, self._received)
            case _:
                assert_never(step)

    async def _take(self, agent: Enrolled, result: Result) -> None:
        match result:
            case Posted(post, frame):
                await self._hand_on(agent, [Numbered(post)], partial(_answer_post, frame))
            case Reported():
                self._deps.roster.refused += len(result.refused)
                numbered = [Numbered(post, result.boot, seq) for seq, post in result.posts]
                await self._hand_on(agent, numbered, partial(_answer_report, result, numbered))
            case _:
                assert_never(result)

    async def _learn(self, agent: Enrolled, wanted: Wanted, said: OfItself) -> None:
        roster, agent_id = self._deps.roster, agent.agent_id
        match said:
            case VersionIs(version):
                await roster.version_is(agent_id, version)
            case Met(hello):
                await self._meet(agent, hello)
                wanted.met(hello)
            case ClockIs(reading):
                roster.clock_is(agent_id, reading)
            case SpoolIs(status):
                roster.spool_is(agent_id, status)
            case TimeAsked(number):
                await self._say(time_is(number, self._received, self._deps.clock.now()))
            case _:
                assert_never(said)

    async def _meet(self, agent: Enrolled, hello: Hello) -> None:
        await self._deps.roster.version_is(agent.agent_id, hello.version)
        self._deps.roster.started(agent.agent_id, hello.boot, self.address)
        await self._able(agent, frozenset(hello.capabilities))

    async def _able(self, agent: Enrolled, capabilities: frozenset[str]) -> None:
        if await self._deps.roster.capabilities_are(agent.agent_id, capabilities):
            await self._deps.neighbours_changed(agent.agent_id)

    async def _hand_on(
        self, agent: Enrolled, results: Sequence[Numbered], words: Callable[[list[str]], str]
    ) -> None:
        """Return when there is room for more; what becomes of these is said once it is known."""

        def answer(reasons: list[str]) -> None:
            refused = sum(map(bool, reasons))
            if refused:
                self._deps.roster.refused += refused
                said = agent.agent_id, refused, max(reasons)
                _log.warning("agent %d: %d results refused: %s", *said)
            self._answered(words(reasons))

        self._on_their_way += 1
        await self._deps.accept(agent, results, self._received, answer)
        while self._on_their_way >= ON_THEIR_WAY:
            self._room = anyio.Event()
            await self._room.wait()

    async def _leave(self, talk: anyio.CancelScope) -> None:
        """Also in the midst of a long list."""
        await self._leaves.wait()
        with anyio.move_on_after(GOODBYE_SEC):
            await self._say(self._goodbye)
            await self._close()
        talk.cancel()

    async def _say(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def _give(self, text: str) -> None:
        """Say what may be long: packed, and so that others may say something in between."""
        if not self._session.packs or len(text) < SMALLEST:
            await self._say(text)
        else:
            await self._pieces.give(text)

    async def _send_piece(self, piece: bytes) -> None:
        if self._goodbye:
            await anyio.sleep_forever()  # `_leave` is about to end this
        await self._send({"type": "websocket.send", "bytes": piece})

    async def _close(self) -> None:
        await self._send({"type": "websocket.close", "code": 1000})


def _answer_post(frame: Frame, reasons: list[str]) -> str:
    return refusal(frame, reasons[0]) if reasons[0] else POSTED_OK


def _answer_report(report: Reported, numbered: Sequence[Numbered], reasons: list[str]) -> str:
    refused = report.refused + [
        Refused(seq=one.seq, reason=reason)
        for one, reason in zip(numbered, reasons, strict=True)
        if reason
    ]
    answer = ReportOk(boot=report.boot, seq=report.seq, refused=refused)
    return neffos.encode(Frame(FOREPOST, "report_ok", msgspec.json.encode(answer).decode()))
