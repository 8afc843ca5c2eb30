"""The controller's address groups: in use, and on disk for a start without controller."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import anyio.to_thread
import msgspec

from forepost.kit import files
from forepost.wire.base import Wire
from forepost.wire.group_delivery import MOST_PROBLEMS, GroupEntries, HaveGroups

FILE: Final = "groups.json"
LONGEST: Final = 500

Want = Callable[[Sequence[tuple[str, Iterable[str]]]], Awaitable[list[str]]]
"""Has exactly these groups of the controller from now on; returns what could not be taken."""


class _Kept(Wire, frozen=True, kw_only=True):
    revision: str
    groups: list[GroupEntries]


class WantedGroups:
    def __init__(self, state_dir: Path, want: Want) -> None:
        self._path, self._want = state_dir / FILE, want
        self.have = HaveGroups(revision="")

    @property
    def are_kept(self) -> bool:
        return self._path.exists()

    async def restore(self) -> None:
        kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        await self._use(kept.revision, kept.groups)

    async def set(self, revision: str, groups: Sequence[GroupEntries]) -> None:
        await self._use(revision, groups)
        document = msgspec.json.encode(_Kept(revision=revision, groups=list(groups)))
        await anyio.to_thread.run_sync(files.replace, self._path, document)

    async def _use(self, revision: str, groups: Sequence[GroupEntries]) -> None:
        problems = await self._want([(one.name, one.entries) for one in groups])
        self.have = HaveGroups(
            revision=revision, problems=[text[:LONGEST] for text in problems[:MOST_PROBLEMS]]
        )
