"""The list of probes on one connection of NetWatcher's agent, which has no revisions.

Only the connection's sending task calls `give`: what is sent last is what was read last.
"""

from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import anyio
import msgspec

from forepost.controller.db.failures import unavailable_while_lost
from forepost.controller.fleet.store import Enrolled
from forepost.controller.fleet.talks import Say
from forepost.kit.clock import Clock
from forepost.kit.errors import NotFound, Unavailable
from forepost.wire.probes.probe import Probe
from forepost.wire.uplink import neffos
from forepost.wire.uplink.messages import AGENT
from forepost.wire.uplink.neffos import Frame

SETTLE_SEC: Final = 1.1
"""NetWatcher's agent loses a probe that is edited in place; it must be gone for this long first."""

ReadProbes = Callable[[int, int], Awaitable[Sequence[Probe]]]
"""(workspace, agent) -> what it is to measure now."""


class NetWatcherList:
    """What the agent is to measure, as `probe_get`."""

    def __init__(self, read: ReadProbes, agent: Enrolled, clock: Clock) -> None:
        self._read, self._agent, self._clock = read, agent, clock
        self._due = False
        self._edited: set[int] = set()
        self._answered = anyio.Event()

    def changed(self, edited: int = 0) -> None:
        """Somebody asks for the list, or it is another one now. `edited`: a probe of it that was
        changed in place.
        """
        if self._answered.is_set():
            self._answered = anyio.Event()
        self._due = True
        if edited:
            self._edited.add(edited)

    async def answered(self) -> None:
        """Return when the list was said since it was asked for, or cannot be read now."""
        await self._answered.wait()

    async def give(self, say: Say) -> None:
        """Say the list if it is due: without what was edited, and the whole of it SETTLE_SEC later.

        Who asks for it in between waits: the list would bring edited probes back too early. Raises
        Unavailable while the database is away; the list stays due.
        """
        while self._due:
            self._due = False
            edited, self._edited = self._edited, set()
            try:
                if edited:
                    await self._give(say, edited)
                    await self._clock.sleep(SETTLE_SEC)
                await self._give(say)
            except NotFound:
                pass  # the agent was just deleted, and is about to be told
            except Unavailable:
                self._due, self._edited = True, self._edited | edited
                self._answered.set()
                raise
        self._answered.set()

    async def _give(self, say: Say, without: AbstractSet[int] = frozenset()) -> None:
        with unavailable_while_lost("list of probes"):
            probes = await self._read(self._agent.workspace_id, self._agent.agent_id)
        body = msgspec.json.encode([probe for probe in probes if probe.id not in without])
        await say(neffos.encode(Frame(AGENT, "probe_get", body.decode())))
