"""The list of probes on one connection. What is sent last is what was read last."""

from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, Protocol

import anyio
import msgspec

from forepost.controller.fleet.store import Enrolled
from forepost.kit.clock import Clock
from forepost.wire.probes.probe import Probe
from forepost.wire.uplink import neffos
from forepost.wire.uplink.messages import AGENT, FOREPOST, Want
from forepost.wire.uplink.neffos import Frame

SETTLE_SEC: Final = 1.1
"""NetWatcher's agent loses a probe that is edited in place; it must be gone for this long first."""
MOST_REPEATS: Final = 3
"""How often a list is sent again to an agent that says that it runs another one."""


class WantedProbes(Protocol):
    """What each agent is to measure."""

    async def probes_of(self, workspace_id: int, agent_id: int) -> tuple[str, list[Probe]]:
        """Revision and list."""
        ...

    def keys_of(
        self, workspace_id: int, agent_id: int, probes: Sequence[Probe]
    ) -> dict[int, bytes]:
        """What the agent shares with others; for agents of ours only."""
        ...


class GivenProbes:
    """Several tasks may ask for the list to be sent (an answer, a change). Reading it and sending
    it is one step that no other may enter, so that an older list never follows a newer one.
    """

    def __init__(
        self,
        wanted: WantedProbes,
        agent: Enrolled,
        say: Callable[[str], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._wanted, self._agent, self._say, self._clock = wanted, agent, say, clock
        self._alone = anyio.Lock()
        self._sent = ""
        self._unanswered = self._repeats = 0

    async def give(self, namespace: str) -> None:
        """Send the list in the manner of this namespace."""
        async with self._alone:
            await (self._give_ours() if namespace == FOREPOST else self._give_netwatchers())

    async def give_edited(self, edited: AbstractSet[int]) -> None:
        """Send the list without these probes, and the whole of it after SETTLE_SEC. Whoever asks
        for it in between waits: it would bring them back too early.
        """
        async with self._alone:
            if edited:
                await self._give_netwatchers(edited)
                await self._clock.sleep(SETTLE_SEC)
            await self._give_netwatchers()

    def differs(self, revision: str) -> bool:
        """Whether the agent, which says that it runs this revision, has to be given its list again.

        While the list is on its way, and after MOST_REPEATS lists in vain, it has not.
        """
        self._unanswered = max(0, self._unanswered - 1)
        if revision == self._sent:
            self._repeats = 0
            return False
        if self._unanswered or self._repeats >= MOST_REPEATS:
            return False
        self._repeats += 1
        return True

    async def _give_netwatchers(self, without: AbstractSet[int] = frozenset()) -> None:
        _, probes = await self._read()
        body = msgspec.json.encode([probe for probe in probes if probe.id not in without])
        await self._say(neffos.encode(Frame(AGENT, "probe_get", body.decode())))

    async def _give_ours(self) -> None:
        revision, probes = await self._read()
        want = Want(
            revision=revision,
            probes=[msgspec.Raw(msgspec.json.encode(probe)) for probe in probes],
            keys=self._wanted.keys_of(self._agent.workspace_id, self._agent.agent_id, probes),
        )
        self._sent = revision
        self._unanswered += 1
        body = msgspec.json.encode(want).decode()
        await self._say(neffos.encode(Frame(FOREPOST, "want", body)))

    async def _read(self) -> tuple[str, list[Probe]]:
        return await self._wanted.probes_of(self._agent.workspace_id, self._agent.agent_id)
