"""Joins what all sides want, and hands it on whenever it changes."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

import anyio
import anyio.to_thread

from forepost.agent.workloads.local_manifests import LocalManifests
from forepost.agent.workloads.microservices import WantedMicroservice
from forepost.agent.workloads.wanted import WantedList, combined
from forepost.kit.clock import Clock
from forepost.wire.workloads.delivery import Registry, WantedBy
from forepost.wire.workloads.manifest import Microservice

LOOK_SEC: Final = 5.0
"""How soon a manifest of this host counts, and a change of what its rules allow is seen."""


class WantingSide(Protocol):
    """Somebody who wants microservices of this site: a controller."""

    @property
    def list(self) -> WantedList:
        """What is wanted."""
        ...

    @property
    def is_known(self) -> bool:
        """Whether that is so. False: what was wanted was lost, and is not known again yet."""
        ...


Spared = frozenset[str] | None
Hand = Callable[[Sequence[WantedMicroservice], Sequence[Registry], Spared], Awaitable[None]]
"""Takes all that is wanted, the registries, and the uuids of others that are left as they are, as
it is not known whether they are wanted; None: all others."""


class AllWanted:
    """The host's own manifests go first, then each of `sides`."""

    def __init__(
        self,
        manifests: LocalManifests,
        sides: Sequence[tuple[WantedBy, WantingSide]],
        refusal: Callable[[Microservice], str],
        hand: Hand,
        clock: Clock,
    ) -> None:
        self._manifests, self._sides, self._refusal = manifests, sides, refusal
        self._hand, self._clock = hand, clock
        self._news = anyio.Event()
        self._handed: object = None

    def look(self) -> None:
        """Look at all of it soon: something changed."""
        self._news.set()

    async def run(self) -> None:
        """For ever. Every document is restored when it begins."""
        while True:
            self._news = anyio.Event()
            await anyio.to_thread.run_sync(self._manifests.look)
            wanted = self._combined()
            registries = [one for _, side in self._sides for one in side.list.registries]
            spared = self._spared()
            if (wanted, registries, spared) != self._handed:
                await self._hand(wanted, registries, spared)
                self._handed = wanted, registries, spared
            with anyio.move_on_after(LOOK_SEC):
                await self._news.wait()

    def _spared(self) -> Spared:
        if not (self._manifests.is_known and all(side.is_known for _, side in self._sides)):
            return None
        return frozenset(uuid for _, side in self._sides for uuid in side.list.unclear)

    def _combined(self) -> list[WantedMicroservice]:
        own = self._manifests.found.understood.values()
        others = ((name, side.list.microservices) for name, side in self._sides)
        return combined([("folder", own), *others], self._refusal)
