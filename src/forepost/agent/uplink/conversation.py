"""One conversation with the controller: what it says is done, results and news go up."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final, assert_never

import anyio
import anyio.lowlevel
import msgspec
from anyio.abc import TaskGroup

from forepost.agent.talk import Dialogue, TooMuch
from forepost.agent.uplink.batch_size import BatchSize
from forepost.agent.uplink.bounds import LONGEST_TEXT
from forepost.agent.uplink.connection import Broken, ProtocolFault, UplinkSocket
from forepost.agent.uplink.needs import UplinkNeeds
from forepost.agent.uplink.pump import Pump
from forepost.agent.uplink.session import Session
from forepost.agent.uplink.spool_news import tell_of_spool
from forepost.agent.uplink.steps import (
    Acked,
    Deactivated,
    MoveTo,
    Ready,
    Say,
    Step,
    TalkFrame,
    TimeWas,
    TurnedAway,
    Wanted,
)
from forepost.agent.uplink.time_questions import keep_time
from forepost.wire.local.status import SpoolStatus
from forepost.wire.uplink import groups, neffos
from forepost.wire.uplink.clock import ClockReading
from forepost.wire.uplink.documents import DOCUMENTS, GROUPS, WANT
from forepost.wire.uplink.messages import CLOCK, REPORT, SPOOL, Refused
from forepost.wire.uplink.neffos import Frame

WORDS: Final = "what the controller says"
MOST_WRONG: Final = 16
"""Messages of one conversation that are not understood, or too much; then it ends."""
MOST_REFUSALS: Final = 500
_WRONG: Final = (
    neffos.Malformed,
    msgspec.MsgspecError,
    RecursionError,
    TooMuch,
    UnicodeDecodeError,
)

_log = logging.getLogger(__name__)


class Conversation:
    """One connection, from the first word to the last.

    It keeps greeting, results, time, spool news and moves; documents are assembled and applied by
    `Documents`, and what subjects say beside them is their talks'.
    """

    def __init__(
        self,
        needs: UplinkNeeds,
        session: Session,
        socket: UplinkSocket,
        batch_size: BatchSize,
        ask_elsewhere: Callable[[], Awaitable[None]],
    ) -> None:
        """`ask_elsewhere`: for the time, where this conversation has no words for it."""
        self._needs, self._session, self._socket = needs, session, socket
        self._clock, self._health = needs.clock, needs.health
        self._documents, self._ask_elsewhere = needs.documents, ask_elsewhere
        self._pump = Pump(needs.spool, session, socket.send, needs.clock, batch_size)
        self._dialogues: dict[tuple[str, str], Dialogue] = {}
        self._wrong = 0

    async def run(self, tasks: TaskGroup, established: Callable[[], None]) -> str:
        """Converse until the controller removes this agent; return why it did.

        `established` is called when both sides have greeted each other. Raises Broken, and what the
        socket raises.
        """
        await self._socket.send(self._session.start())
        async for message in self._socket:
            await anyio.lowlevel.checkpoint()  # there may be more of them without a pause
            await self._answer(message)
            for step in self._steps(message):
                if isinstance(step, Deactivated):
                    tasks.cancel_scope.cancel()
                    return step.reason
                if isinstance(step, Ready):
                    established()
                    await self._begin(tasks, step.able)
                else:
                    await self._follow(step, tasks)
        raise Broken("the controller closed the connection")

    async def _follow(
        self,
        step: Say | Wanted | Acked | TalkFrame | TimeWas | MoveTo | TurnedAway,
        tasks: TaskGroup,
    ) -> None:
        match step:
            case Say(words):
                await self._socket.send(words)
            case Wanted():
                await self._take(step)
            case Acked(refused):
                self._refuse(refused)
                self._pump.acked()
            case TalkFrame(frame):
                self._hear(frame)
            case TimeWas(answer):
                self._needs.keeper.answered(answer)
            case MoveTo(url):
                tasks.start_soon(self._needs.moves.consider, url)
            case TurnedAway(reason):
                raise Broken(reason)
            case _:
                assert_never(step)

    async def _answer(self, message: str | bytes) -> None:
        if answer := self._session.answer_to(message):
            await self._socket.send(answer)

    async def _begin(self, tasks: TaskGroup, able: frozenset[str]) -> None:
        await self._have_documents(able)
        tasks.start_soon(self._pump.run, REPORT in able)
        tasks.start_soon(self._heartbeat)
        tasks.start_soon(self._keep_time, CLOCK in able)
        if SPOOL in able:
            tasks.start_soon(tell_of_spool, self._needs.spool, self._clock, self._tell_of_spool)
        for talk in self._needs.talks:
            dialogue = talk.begin(self._say, able)
            self._dialogues.update(dict.fromkeys(talk.events, dialogue))
            tasks.start_soon(dialogue.run)

    async def _say(self, frame: Frame) -> None:
        await self._socket.send(neffos.encode(frame))

    def _hear(self, frame: Frame) -> None:
        dialogue = self._dialogues.get((frame.namespace, frame.event))
        if dialogue is None:
            return  # nobody has greeted yet
        try:
            dialogue.heard(frame)
        except _WRONG as error:
            self._misheard(str(error)[:LONGEST_TEXT])

    def _steps(self, message: str | bytes) -> list[Step]:
        try:
            if isinstance(message, str):
                return list(self._session.received(message))
            text = self._session.text_of(message)
            return list(self._session.received(text)) if text else []
        except _WRONG as error:
            self._misheard(str(error)[:LONGEST_TEXT])
            return []

    def _misheard(self, reason: str) -> None:
        """One message that is wrong costs nothing else."""
        self._wrong += 1
        if self._wrong > MOST_WRONG:
            raise ProtocolFault(
                f"more than {MOST_WRONG} messages that are wrong, the last one: {reason}"
            )
        self._health.ill(WORDS, f"{self._wrong} messages are passed over, the last one: {reason}")

    async def _heartbeat(self) -> None:
        while True:
            await self._clock.sleep(self._needs.ping_sec)
            await self._socket.send(self._session.ping(self._clock.now().isoformat()))

    async def _keep_time(self, tells_time: bool) -> None:
        keeper = self._needs.keeper

        async def ask() -> None:
            await self._socket.send(self._session.ask_time(keeper.asks()))

        async def tell(reading: ClockReading) -> None:
            if tells_time:
                await self._socket.send(self._session.clock_is(reading))

        await keep_time(keeper, self._clock, ask if tells_time else self._ask_elsewhere, tell)

    async def _tell_of_spool(self, status: SpoolStatus) -> None:
        await self._socket.send(self._session.spool_is(status))

    async def _have_documents(self, able: frozenset[str]) -> None:
        """The controller gives what is not the newest."""
        self._documents.begin()
        if DOCUMENTS in able:
            for have in self._documents.have:
                await self._socket.send(self._session.have(have))
        elif groups.GROUPS in able and (have_groups := self._documents.have_of(GROUPS)) is not None:
            await self._socket.send(self._session.have(have_groups, "want_groups"))

    async def _take(self, wanted: Wanted) -> None:
        """A part of a document; after the last one the controller hears what became of it."""
        try:
            have = await self._documents.take(wanted.part)
        except TooMuch as error:
            self._misheard(str(error))
            return
        if have is None:
            return
        if have.state == "failed" and wanted.event != WANT:
            self._misheard(have.problems[0])  # such a controller has no word for it
        elif words := self._session.have(have, wanted.event):
            await self._socket.send(words)

    def _refuse(self, refused: list[Refused]) -> None:
        self._needs.spool.refused(len(refused))
        for one in refused[:MOST_REFUSALS]:
            _log.warning(
                "result %d refused by the controller: %s", one.seq, one.reason[:LONGEST_TEXT]
            )
