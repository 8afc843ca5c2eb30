"""One root of a writer, from hearing of it until everything of it is here."""

from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any, Final, TypeVar

import msgspec

from forepost.agent.transfer.adoption import BATCH, Adoption
from forepost.agent.transfer.comparison import Comparison, LeafPlace
from forepost.agent.transfer.kept_rows import IndexedRow
from forepost.agent.transfer.members import Members
from forepost.agent.transfer.open_folder import OpenFolder
from forepost.agent.transfer.outcome import Fate, Outcome
from forepost.agent.transfer.recipe import WrongRecipe
from forepost.agent.transfer.removal import Removal
from forepost.agent.transfer.row import shown
from forepost.agent.transfer.scan import PathTrouble
from forepost.agent.transfer.signature import Vouched
from forepost.agent.transfer.target import Target
from forepost.agent.transfer.tree import WrongPage, read_page
from forepost.wire.jobs.folder import Inner, Leaf, Row

T = TypeVar("T")
Do = Callable[..., Awaitable[Any]]
"""Calls a function in the folder's thread."""
MOST_PAGES: Final = 128
"""That are asked for at a time."""
LEAVES: Final = 32
"""That are prepared at a time."""
WAIT_SEC: Final = 0.2


class Amount(msgspec.Struct):
    files: int = 0
    size: int = 0


class Pursuit:
    """Of one root; in the event loop."""

    def __init__(
        self,
        found: Vouched,
        folder: OpenFolder,
        members: Members,
        do: Do,
        random: Random,
    ) -> None:
        self.found = found
        self._folder, self._members, self._do = folder, members, do
        self._random = random
        folder.intake.looks_here = folder.disk.top.files > 0
        self._outcome = outcome = Outcome()
        self._adoption = Adoption(
            folder.disk, folder.intake, folder.growing, folder.recipes, outcome
        )
        self._removal = Removal(folder.disk, folder.intake, self._adoption.decision, outcome)
        self._leaves: Sequence[LeafPlace] = ()
        self.target: Target | None = None
        self.left = Amount(found.root.top.files, found.root.top.size)
        """What is still missing."""

    @property
    def is_outdated(self) -> bool:
        """Whether its writer has a newer root, or no word any more."""
        known = self._members.roots.get(self.found.device_id)
        return known is None or known.root.number > self.found.root.number

    @property
    def look_again(self) -> set[bytes]:
        return self._outcome.look_again

    def take_fates(self) -> list[Fate]:
        fates = [*self._outcome.fates]
        self._outcome.fates.clear()
        return fates

    # --- what differs

    async def compare(self, *, all_of_it: bool = False) -> list[LeafPlace] | None:
        """Return the leaves that differ; None: nobody gave the pages now. Raises WrongPage."""
        is_ours = self._is_ours if not all_of_it else _never
        comparison = await self._do(Comparison, self.found.root.top, is_ours)
        while not comparison.is_done:
            wanted = comparison.wanted[:MOST_PAGES]
            known = await self._do(self._known, wanted)
            missing = [one for one in wanted if one not in known]
            if missing:
                got = await self._members.ask_pages(missing, self.found.device_id)
                if not got and not known:
                    return None
                await self._do(self._keep, got)
                known |= got
            await self._do(_take, comparison, known)
        leaves: list[LeafPlace] = comparison.leaves
        return leaves

    def _is_ours(self, hash_: bytes) -> bool:
        return self._folder.disk.index.has_page(hash_)

    def _known(self, hashes: Sequence[bytes]) -> dict[bytes, bytes]:
        found = {}
        for hash_ in hashes:
            page = self._folder.disk.index.page(hash_)
            if page is not None:
                found[hash_] = page
        return found

    def _keep(self, pages: dict[bytes, bytes]) -> None:
        self._folder.disk.index.begin()
        self._folder.disk.index.keep_pages(pages.items())
        self._folder.disk.index.commit()

    # --- what is missing

    async def prepare(self, leaves: Sequence[LeafPlace]) -> bool:
        """Do what needs no content and find what does; whether its recipes are all here."""
        missing = 0
        self.left = Amount()
        self._leaves = leaves
        for begin in range(0, len(leaves), LEAVES):
            part = leaves[begin : begin + LEAVES]
            bits, large = await self._do(self._prepare, part)
            if not await self._recipes(large):
                return False
            missing |= bits
        page = self._folder.readers
        self.target = Target(
            self.found.root,
            leaves,
            lambda hash_: page.get().page(hash_),
            missing,
            self._lacking,
            self._random,
        )
        return True

    def _lacking(self, rows: Sequence[Row]) -> list[Row]:
        return self._adoption.lacking(self._folder.readers.get(), rows)

    def _prepare(self, leaves: Sequence[LeafPlace]) -> tuple[int, list[Row]]:
        missing, large = 0, []
        index = self._folder.readers.get()
        for leaf in leaves:
            rows = self._rows(leaf)
            bits, lacking = self._adoption.prepare(leaf, rows, index)
            missing |= bits
            self.left.files += len(lacking)
            self.left.size += sum(row.size for row in lacking)
            large += [row for row in lacking if row.chunks > 1]
        return missing, large

    def _rows(self, leaf: LeafPlace) -> list[Row]:
        page = self._folder.disk.index.page(leaf.hash)
        found = read_page(page) if page is not None else None
        return found.rows if isinstance(found, Leaf) else []

    async def _recipes(self, rows: list[Row]) -> bool:
        while True:
            wanted = await self._do(self._recipes_missing, rows)
            if not wanted:
                return True
            for begin in range(0, len(wanted), MOST_PAGES):
                part = wanted[begin : begin + MOST_PAGES]
                got = await self._members.ask_pages(part, self.found.device_id)
                if not got:
                    return False
                await self._do(self._keep, got)

    def _recipes_missing(self, rows: list[Row]) -> list[bytes]:
        wanted: list[bytes] = []
        for row in rows:
            try:
                missing = self._folder.recipes.missing(row)
                if not missing:
                    self._folder.recipes.check(row)
            except WrongRecipe as error:
                text = f"{shown(row.path)}: {error}"
                self._folder.intake.troubles[row.path] = PathTrouble(row.path, text)
                continue
            wanted += missing
        return list(dict.fromkeys(wanted))

    # --- what comes

    async def commit(self, wait_sec: float = WAIT_SEC) -> int:
        """Give names to files that came; waits a little for the first. Return how many."""
        return int(await self._do(self._commit, wait_sec))

    def _commit(self, wait_sec: float) -> int:
        finished = self._folder.intake.finished(BATCH, wait_sec)
        assert self.target is not None
        if not finished:
            self._adoption.settle()
            self.target.named(all_of_them=True)
            return 0
        self._adoption.commit(finished)
        self.target.named(all_of_them=False)
        self.left.files -= len(finished)
        self.left.size -= sum(one.row.size for one in finished)
        return len(finished)

    async def keep_growing(self) -> None:
        await self._do(self._adoption.keep_growing)

    # --- the end

    async def finish(self) -> bool:
        """Take away what is gone; whether the folder is as the root says, or knows more."""
        for begin in range(0, len(self._leaves), LEAVES):
            await self._do(self._remove, self._leaves[begin : begin + LEAVES])
        await self._do(self._removal.finish)
        top = await self._do(self._folder.disk.refresh)
        if top.hash != self.found.root.top.hash and await self._do(self._lacks_any):
            return False
        if not self._folder.disk.counts_versions and top.hash != self.found.root.top.hash:
            leaves = await self.compare(all_of_it=True)
            if leaves is None:
                return False
            await self._do(self._take_extra, leaves)
            await self._do(self._folder.disk.refresh)
        if self._folder.disk.is_cleared:
            await self._do(self._take_own)
        await self._do(self._adoption.tell_clashes)
        return self._outcome.is_whole and not self._folder.intake.troubles

    def _remove(self, leaves: Sequence[LeafPlace]) -> None:
        index = self._folder.readers.get()
        for leaf in leaves:
            self._removal.take(self._rows(leaf), index)

    def _lacks_any(self) -> bool:
        """Whether content of it is missing after all: what came was not as it should be."""
        index = self._folder.readers.get()
        return any(self._adoption.lacking(index, self._rows(leaf)) for leaf in self._leaves)

    def _take_extra(self, leaves: Sequence[LeafPlace]) -> None:
        self._removal.take_extra(one for leaf in leaves for one in self._extra(leaf))
        self._removal.finish()

    def _take_own(self) -> None:
        """What is of this agent alone, and was not replaced by what the root has."""
        after, index = b"", self._folder.readers.get()
        while found := index.own(after, BATCH):
            after = found[-1].row.path
            self._removal.take_extra(one for one in found if not self._is_open(one.row.path))
        self._removal.finish()

    def _is_open(self, path: bytes) -> bool:
        """Whether the root may have it, and it did not come."""
        outcome = self._outcome
        return path in self._folder.intake.troubles or any(
            path in found for found in (outcome.blocked, outcome.look_again)
        )

    def _extra(self, leaf: LeafPlace) -> list[IndexedRow]:
        """What is in the place of a leaf here, and not in it."""
        theirs = {row.path for row in self._rows(leaf)}
        found = self._folder.readers.get().between(leaf.after, leaf.last)
        return [one for one in found if not one.own and one.row.path not in theirs]


def _never(_hash: bytes) -> bool:
    return False


def _take(comparison: Comparison, pages: dict[bytes, bytes]) -> None:
    """Raises WrongPage."""
    wanted = set(comparison.wanted)
    for hash_, page in pages.items():
        if hash_ in wanted:
            found = read_page(page)
            if not isinstance(found, Leaf | Inner):
                raise WrongPage("neither a leaf nor an inner page")
            comparison.take(hash_, found)
