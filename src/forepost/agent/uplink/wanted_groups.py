"""The controller's address groups: in use, and on disk for a start without controller."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import anyio.to_thread
import msgspec

from forepost.kit.health import Health
from forepost.kit.state_file import StateFile
from forepost.wire.base import Wire
from forepost.wire.uplink.groups import MOST_PROBLEMS, GroupEntries, HaveGroups

FILE: Final = "groups.json"
LONGEST: Final = 500

Want = Callable[[Sequence[tuple[str, Iterable[str]]]], Awaitable[list[str]]]
"""Has exactly these groups of the controller from now on; returns what could not be taken."""


class _Kept(Wire, frozen=True, kw_only=True):
    revision: str
    groups: list[GroupEntries]


kept_decoder = msgspec.json.Decoder(_Kept)


class WantedGroups:
    def __init__(self, state_dir: Path, want: Want, health: Health) -> None:
        self._file = StateFile(state_dir / FILE, kept_decoder.decode)
        self._want, self._health = want, health
        self.have = HaveGroups(revision="")

    @property
    def are_kept(self) -> bool:
        return self._file.path.exists()

    async def restore(self) -> None:
        kept = self._file.recall(self._health)
        if kept is not None:
            await self._use(kept.revision, kept.groups)

    async def set(self, revision: str, groups: Sequence[GroupEntries]) -> None:
        await self._use(revision, groups)
        document = msgspec.json.encode(_Kept(revision=revision, groups=list(groups)))
        await anyio.to_thread.run_sync(self._file.keep, document, self._health)

    def settle(self) -> None:
        """Keep what could not be kept before."""
        self._file.settle(self._health)

    async def _use(self, revision: str, groups: Sequence[GroupEntries]) -> None:
        problems = await self._want([(one.name, one.entries) for one in groups])
        self.have = HaveGroups(
            revision=revision, problems=[text[:LONGEST] for text in problems[:MOST_PROBLEMS]]
        )
