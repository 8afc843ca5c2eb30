"""Keeps one WebSocket to the controller: probes come down, results go up and out of the spool."""

import logging
import random
from functools import partial
from typing import Final

import anyio
import anyio.lowlevel
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from forepost.agent.node import Identity, Node
from forepost.agent.uplink.batch_size import BatchSize
from forepost.agent.uplink.bounds import LARGEST_MESSAGE
from forepost.agent.uplink.connection import (
    SILENT_SEC,
    Broken,
    Connection,
    UplinkSocket,
    is_their_fault,
)
from forepost.agent.uplink.conversation import WORDS, Conversation, Tests, WantProbes
from forepost.agent.uplink.session import Session
from forepost.agent.uplink.spool import Spool
from forepost.agent.uplink.timekeeper import Timekeeper
from forepost.agent.uplink.timing import ask_over_http
from forepost.agent.uplink.wanted_groups import WantedGroups
from forepost.kit.clock import Clock
from forepost.kit.health import Health

FIRST_SEC, LONGEST_SEC = 1.0, 60.0
CLOSE_SEC: Final = 2.0
"""A controller that does not stop talking is not waited for."""
SUBJECT: Final = "controller"


_log = logging.getLogger(__name__)


class Link:
    def __init__(
        self,
        node: Node,
        spool: Spool,
        want: WantProbes,
        clock: Clock,
        health: Health,
        *,
        tests: Tests | None = None,
        speedtest_port: int = 0,
        keeper: Timekeeper | None = None,
        groups: WantedGroups | None = None,
        silent_sec: float = SILENT_SEC,
    ) -> None:
        """Without `tests` it asks for none, without `groups` it takes none. A controller of which
        nothing is heard for `silent_sec` is left.
        """
        self._node, self._spool, self._want = node, spool, want
        self._tests, self._speedtest_port = tests, speedtest_port
        self._clock, self._health = clock, health
        self._keeper = keeper or Timekeeper(clock, health)
        self._groups = groups
        self._silent_sec = silent_sec
        self._batch_size = BatchSize()
        self.connected = False

    async def run(self, identity: Identity) -> None:
        """Talk, and connect again after a growing, jittered pause; return when deactivated."""
        pause = FIRST_SEC
        while True:
            try:
                deactivated = await self._converse(identity)
            except* (OSError, InvalidHandshake, ConnectionClosed, Broken, TimeoutError) as group:
                if self.connected and not group.subgroup(is_their_fault):
                    pause = FIRST_SEC
                self._health.ill(SUBJECT, f"{identity.url}: {_first(group)}")
                deactivated = ""
            finally:
                self.connected = False
                self._spool.unsent()
            if deactivated:
                self._node.retire()
                self._health.ill(SUBJECT, f"{identity.url} has removed this agent: {deactivated}")
                return
            await self._clock.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - a pause
            pause = min(2 * pause, LONGEST_SEC)

    async def _converse(self, identity: Identity) -> str:
        """One connection, until it breaks (raises) or the agent is removed (returns why)."""
        url = "ws" + identity.url.removeprefix("http") + "/ws/agent"
        why = ""
        async with Connection(
            url,
            additional_headers=identity.headers,
            ssl=identity.tls or (True if url.startswith("wss:") else None),
            compression=None,
            max_size=LARGEST_MESSAGE,
            close_timeout=CLOSE_SEC,
            proxy=None,
        ) as socket:
            session = Session(
                self._node.version,
                round(self._clock.now().timestamp() * 1e9),
                self._spool.lost,
                self._speedtest_port,
                takes_groups=self._groups is not None,
                boot=self._spool.boot,
            )
            talk = Conversation(
                session,
                self._spool,
                self._want,
                self._clock,
                socket,
                self._tests,
                self._keeper,
                partial(ask_over_http, identity, self._keeper),
                self._groups,
                self._health,
                self._batch_size,
            )
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._leave_silent, socket)
                tasks.start_soon(self._leave_ungreeted)
                why = await talk.run(tasks, self._established)
        return why

    async def _leave_silent(self, line: UplinkSocket) -> None:
        await line.silence(self._clock, self._silent_sec)
        raise Broken(f"nothing heard from the controller for {self._silent_sec:.0f} s")

    async def _leave_ungreeted(self) -> None:
        """Whoever is there, and never gets as far as the results."""
        await self._clock.sleep(self._silent_sec)
        if not self.connected:
            raise Broken(f"the controller did not greet within {self._silent_sec:.0f} s")

    def _established(self) -> None:
        self.connected = True
        self._health.well(WORDS)
        self._health.well(SUBJECT)


def _first(group: BaseExceptionGroup[BaseException]) -> str:
    """The innermost first reason of a group, in words."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__
