"""Removes images that the agent pulled, and that neither count nor counted before."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from forepost.agent.ports.containers import EngineFacts, EngineRefused, ImageStore, SeenImage
from forepost.agent.workloads.memory import WorkloadMemory
from forepost.agent.workloads.microservices import Pruned
from forepost.kit.clock import Clock

AGAIN_SEC: Final = 1_800.0
"""After a pruning for want of space: what is left is needed, and asking again frees nothing."""


def superfluous(
    images: Sequence[SeenImage], own: Mapping[str, str], needed: Collection[str]
) -> list[SeenImage]:
    """Of `images`, those that are our `own` (by number, the name) and not `needed`. Pure."""
    return [one for one in images if one.image_id in own and one.image_id not in needed]


class Pruner:
    """Prunes when it is told to, until `prune_by` says more."""

    def __init__(self, images: ImageStore, memory: WorkloadMemory, clock: Clock) -> None:
        self._images, self._memory, self._clock = images, memory, clock
        self._percent = self._sec = 0.0
        self._scheduled = clock.monotonic()
        self._pruned_at: float | None = None

    def prune_by(self, percent: float, hours: float) -> None:
        """`percent`: of the disk that shall be free; 0: whatever. `hours`: 0: not by the clock."""
        self._percent, self._sec = percent, hours * 3_600

    def is_due(self, facts: EngineFacts) -> bool:
        now = self._clock.monotonic()
        if self._sec and now - self._scheduled >= self._sec:
            return True
        is_full = facts.size_bytes > 0 and (
            100 * facts.free_bytes < self._percent * facts.size_bytes
        )
        return is_full and (self._pruned_at is None or now - self._pruned_at >= AGAIN_SEC)

    async def prune(self, in_use: Collection[str], wanted: Collection[str]) -> Pruned:
        """`in_use`: images of containers of this agent, by number. `wanted`: names of those that
        are asked for. Raises EngineAway, EngineRefused.
        """
        self._pruned_at = self._scheduled = self._clock.monotonic()
        own = self._memory.own_images
        images = await self._images.images()
        there = {one.image_id for one in images}
        for image_id in own.keys() - there:
            self._memory.gone(image_id)
        removed, freed = 0, 0
        asked = {number for number, name in own.items() if name in wanted}
        for one in superfluous(images, own, {*in_use, *asked, *self._memory.needed_images}):
            name = own[one.image_id]
            try:
                # only the name that was pulled: others may have given it others
                await self._images.remove_image(name if name in one.names else one.image_id)
            except EngineRefused:
                continue  # somebody else's container uses it
            self._memory.gone(one.image_id)
            if set(one.names) <= {name}:
                removed, freed = removed + 1, freed + one.size_bytes
        return Pruned(images=removed, bytes=freed)
