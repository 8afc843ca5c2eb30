"""The list of probes on one connection of NetWatcher's agent, which has no revisions.

Only the connection's sending task calls `give`: what is sent last is what was read last.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

import anyio
import msgspec

from forepost.controller.db.failures import unavailable_while_lost
from forepost.controller.fleet.netwatcher_slots import (
    Slot,
    between,
    edited_since,
    most_out,
    to_be_lost,
)
from forepost.controller.fleet.store import Enrolled
from forepost.controller.fleet.talks import Say
from forepost.kit.clock import Clock
from forepost.kit.errors import NotFound, Unavailable
from forepost.wire.probes.probe import Probe
from forepost.wire.uplink import neffos
from forepost.wire.uplink.messages import AGENT
from forepost.wire.uplink.neffos import Frame

GATHER_SEC: Final = 3.0
"""How long edits are waited for, before the first of them is told: whoever edits one edits more."""
SETTLE_SEC: Final = 1.1
"""How long a probe is gone at least."""
UNSURE: Final = timedelta(minutes=10)
"""What was told within that time before the agent was seen last may not have reached it."""
PATIENCE_SEC: Final = 120.0
"""How long the agent may take to stop what is taken out, until that is not waited for."""

ReadProbes = Callable[[int, int], Awaitable[Sequence[Probe]]]
"""(workspace, agent) -> what it is to measure now."""
ReadOut = Callable[[], Awaitable[None]]
"""Returns when the agent has read all that it was sent."""


class NetWatcherList:
    """What the agent is to measure, as `probe_get`."""

    def __init__(self, read: ReadProbes, agent: Enrolled, clock: Clock, read_out: ReadOut) -> None:
        self._read, self._agent, self._clock = read, agent, clock
        self._read_out = read_out
        self._due = False
        self._given: Sequence[Probe] | None = None
        """The list that was sent last; None: none was."""
        self._most_out = 1
        self._answered = anyio.Event()

    def changed(self) -> None:
        """Somebody asks for the list, or it is another one now."""
        if self._answered.is_set():
            self._answered = anyio.Event()
        self._due = True

    async def answered(self) -> None:
        """Return when the list was said since it was asked for, or cannot be read now."""
        await self._answered.wait()

    async def give(self, say: Say) -> None:
        """Say the list if it is due. What it has to lose first is taken out of it in turns.

        Who asks for it in between waits: the list would bring edited probes back too early. Raises
        Unavailable while the database is away; the list stays due.
        """
        while self._due:
            self._due = False
            try:
                await self._give(say)
            except NotFound:
                pass  # the agent was just deleted, and is about to be told
            except Unavailable:
                self._due = True
                self._answered.set()
                raise
        self._answered.set()

    async def _give(self, say: Say) -> None:
        wanted = await self._wanted()
        if self._given is None:
            await self._forget_edited(say, wanted)
            wanted = await self._wanted()
        elif to_be_lost(self._given, wanted):
            await self._clock.sleep(GATHER_SEC)
            self._due = False
            wanted = await self._wanted()
            await self._replace(say, self._given, wanted)
        await self._say(say, wanted)

    async def _forget_edited(self, say: Say, wanted: Sequence[Probe]) -> None:
        """What was edited while the agent was away it may still have as it was. How that was is not
        known any more, so all of it is out at once.
        """
        seen = self._agent.last_seen_at
        edited = edited_since(wanted, seen - UNSURE) if seen is not None else []
        if edited:
            await self._say(say, between(wanted, wanted, (), edited))
            await self._clock.sleep(SETTLE_SEC)
            with anyio.move_on_after(PATIENCE_SEC):
                await self._read_out()

    async def _replace(self, say: Say, given: Sequence[Probe], wanted: Sequence[Probe]) -> None:
        """Take out what is gone or asks for something else, few at a time: the agent reads nothing
        more while it stops one, and measures with the others.
        """
        waiting = to_be_lost(given, wanted)
        while waiting:
            out: list[Slot] = waiting[: self._most_out]
            waiting = waiting[self._most_out :]
            began_sec = self._clock.monotonic()
            await self._say(say, between(given, wanted, waiting, out))
            await self._clock.sleep(SETTLE_SEC)
            back = between(given, wanted, waiting)
            if back != self._given:
                await self._say(say, back)
            with anyio.move_on_after(PATIENCE_SEC):
                await self._read_out()
            took_sec = self._clock.monotonic() - began_sec - SETTLE_SEC
            self._most_out = most_out(len(out), took_sec)

    async def _wanted(self) -> Sequence[Probe]:
        with unavailable_while_lost("list of probes"):
            return await self._read(self._agent.workspace_id, self._agent.agent_id)

    async def _say(self, say: Say, probes: Sequence[Probe]) -> None:
        self._given = probes
        body = msgspec.json.encode(probes).decode()
        await say(neffos.encode(Frame(AGENT, "probe_get", body)))
