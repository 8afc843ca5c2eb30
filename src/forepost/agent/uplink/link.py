"""Keeps one WebSocket to the controller: probes come down, results go up and out of the spool."""

import logging
import random
from functools import partial
from typing import Final

import anyio
import anyio.lowlevel
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from forepost.agent.node import Identity
from forepost.agent.uplink.address import Moved
from forepost.agent.uplink.batch_size import BatchSize
from forepost.agent.uplink.bounds import LARGEST_MESSAGE
from forepost.agent.uplink.connection import (
    Broken,
    Connection,
    Silent,
    UplinkSocket,
    is_their_fault,
)
from forepost.agent.uplink.conversation import WORDS, Conversation
from forepost.agent.uplink.farewell import is_lasting, parting
from forepost.agent.uplink.needs import UplinkNeeds
from forepost.agent.uplink.session import Session
from forepost.agent.uplink.time_questions import ask_over_http
from forepost.kit.happy_eyeballs import peer_of, put_last

FIRST_SEC, LONGEST_SEC = 1.0, 60.0
CLOSE_SEC: Final = 2.0
"""A controller that does not stop talking is not waited for."""
SUBJECT: Final = "controller"


_log = logging.getLogger(__name__)


class Uplink:
    """Talks to the controller for the life of the agent, one conversation after another.

    An agent that its controller has removed measures no more, and puts its key aside.
    """

    def __init__(self, needs: UplinkNeeds) -> None:
        self._needs = needs
        self._clock, self._health, self._moves = needs.clock, needs.health, needs.moves
        self._batch_size = BatchSize()
        self._peer = ""
        self.connected = False

    async def run(self, identity: Identity) -> None:
        """Talk, and connect again after a growing, jittered pause; return when deactivated."""
        pause = FIRST_SEC
        self._moves.start(identity)
        while True:
            identity = self._moves.turn()
            try:
                deactivated = await self._converse(identity)
            except* Moved:
                pause, deactivated = FIRST_SEC, ""
            except* (OSError, InvalidHandshake, ConnectionClosed, Broken, TimeoutError) as group:
                if self.connected and not group.subgroup(is_their_fault):
                    pause = FIRST_SEC
                if not self.connected or group.subgroup(Silent):
                    put_last(self._peer, self._clock)
                said = parting(identity.url, group)
                self._health.ill(SUBJECT, said, lasting=is_lasting(group))
                self._moves.failed(said)
                deactivated = ""
            finally:
                self.connected = False
                self._needs.spool.unsent()
            if deactivated:
                # Killed before the key is put aside, it is told once more; after it, never again.
                await self._needs.documents.clear()
                self._needs.node.retire()
                self._health.ill(SUBJECT, f"{identity.url} has removed this agent: {deactivated}")
                return
            await self._clock.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - a pause
            pause = min(2 * pause, LONGEST_SEC)

    async def _converse(self, identity: Identity) -> str:
        """One connection, until it breaks (raises) or the agent is removed (returns why)."""
        url = "ws" + identity.url.removeprefix("http") + "/ws/agent"
        way, why, self._peer = self._needs.node.way, "", ""
        tls = await way.tls(identity.pin_sha256) if url.startswith("wss:") else None
        opened = await way.dial(identity.url)
        self._peer = peer_of(opened)
        async with Connection(
            url,
            additional_headers=identity.headers,
            sock=opened,
            ssl=tls,
            compression=None,
            max_size=LARGEST_MESSAGE,
            close_timeout=CLOSE_SEC,
        ) as socket:
            session = Session(
                self._needs.node.version,
                round(self._clock.now().timestamp() * 1e9),
                self._needs.spool.lost,
                self._needs.speedtest_port,
                documents=self._needs.documents.names,
                talks=self._needs.talks,
                boot=self._needs.spool.boot,
                may_move=self._moves.allowed,
            )
            conversation = Conversation(
                self._needs,
                session,
                socket,
                self._batch_size,
                partial(ask_over_http, way, identity, self._needs.keeper),
            )
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._leave_silent, socket)
                tasks.start_soon(self._leave_ungreeted)
                why = await conversation.run(tasks, partial(self._established, identity))
        if why and identity.url != self._moves.url:
            raise Broken(f"it has removed this agent: {why}")  # where it never was
        return why

    async def _leave_silent(self, line: UplinkSocket) -> None:
        silent_sec = self._needs.silent_sec
        await line.silence(self._clock, silent_sec)
        raise Silent(f"nothing heard from the controller for {silent_sec:.0f} s")

    async def _leave_ungreeted(self) -> None:
        """Whoever is there, and never gets as far as the results."""
        await self._clock.sleep(self._needs.silent_sec)
        if not self.connected:
            raise Broken(f"the controller did not greet within {self._needs.silent_sec:.0f} s")

    def _established(self, identity: Identity) -> None:
        self.connected = True
        self._moves.worked(identity)
        self._health.well(WORDS)
        self._health.well(SUBJECT)
