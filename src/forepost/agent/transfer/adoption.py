"""What a writer's root is made of here: decisions, row by row, and what they do to the disk.

All of it is used by the folder's thread. What needs content of others is left for a Target; all
else is done at once, in an order in which nothing is ever missing: folders, files, and deletions at
the end (removal.py), so that a file with a new name finds its bytes under the old one.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from forepost.agent.edges.tree.placement import ChangedHere, OpenFolders
from forepost.agent.transfer.comparison import LeafPlace
from forepost.agent.transfer.disk import FolderDisk
from forepost.agent.transfer.finished_files import Finished
from forepost.agent.transfer.growth import GrowingFiles, Recipes
from forepost.agent.transfer.index import IndexReader
from forepost.agent.transfer.intake import FolderIntake
from forepost.agent.transfer.kept_rows import IndexedRow
from forepost.agent.transfer.merge import Decision, Join, Nothing, Take, Yield, decide, loser_path
from forepost.agent.transfer.outcome import Fate, Outcome
from forepost.agent.transfer.pieces import pieces_of
from forepost.agent.transfer.recipe import WrongRecipe
from forepost.agent.transfer.row import bumped, names_of, path_of, shown
from forepost.agent.transfer.scan import seen_of
from forepost.wire.jobs.folder import FILE, FOLDER, GONE, LINK, Row

BATCH: Final = 1_000
"""Files that get their names together."""


class Adoption:
    """Of one root, or of what changed since the last one."""

    def __init__(
        self,
        disk: FolderDisk,
        intake: FolderIntake,
        growing: GrowingFiles,
        recipes: Recipes,
        outcome: Outcome,
    ) -> None:
        self._disk, self._intake, self._growing = disk, intake, growing
        self._recipes = recipes
        self.outcome = outcome
        self._placed: dict[bytes, IndexedRow] = {}
        """Files that have their names, and not surely on the disk: the index must not know them
        yet, or a file that a power cut took back would count as deleted.
        """
        self._were_large: list[bytes] = []
        """Of those: where a large file was."""
        self._mirrors = not disk.counts_versions

    def decision(self, ours: IndexedRow | None, theirs: Row) -> Decision:
        """Return what to do with a row of a writer."""
        if self._disk.ignores(theirs) or (ours is not None and self._disk.ignores(ours.row)):
            return Nothing()
        if ours is None:
            return Take(theirs)
        row = ours.row
        if ours.own:
            if row.same == theirs.same:
                return Join(theirs)
            is_reverted = self._mirrors or self._disk.task.settings.revert_changes
            return Take(theirs) if is_reverted else Nothing()
        if not self._mirrors:
            return decide(row, theirs)
        if row == theirs:
            return Nothing()
        return Join(theirs) if row.same == theirs.same else Take(theirs)

    def lacks(self, ours: IndexedRow | None, theirs: Row) -> bool:
        """Whether content of theirs is still to be fetched."""
        if theirs.kind != FILE or not theirs.size or theirs.path in self._intake.troubles:
            return False
        if theirs.path in self.outcome.blocked or theirs.path in self.outcome.clashes:
            return False
        found = self.decision(ours, theirs)
        return isinstance(found, Take | Yield)

    # --- before anything is fetched

    def prepare(
        self, leaf: LeafPlace, rows: Sequence[Row], index: IndexReader
    ) -> tuple[int, list[Row]]:
        """Do what needs no content; return the pieces of the leaf that are missing, a bit each, and
        the files whose content is.
        """
        known = {one.row.path: one for one in self._known(index, leaf)}
        self._announce(
            [row for row in rows if row.kind == LINK or (row.kind == FILE and not row.size)]
        )
        self._disk.index.begin()
        for row in rows:
            ours = known.get(row.path)
            if row.kind == GONE or self._is_blocked(ours, row) or self._clashes(ours, row):
                continue
            if not (row.kind == FILE and row.size):
                self._without_content(ours, row)
            else:
                found = self.decision(ours, row)
                if isinstance(found, Join) and ours is not None:
                    self._join(ours, found.row)
        self._disk.index.drop_coming()
        self._disk.commit()
        missing, lacking = 0, {}
        for number, piece in enumerate(pieces_of(rows), leaf.first_piece):
            for row in piece.rows:
                if row.path in lacking or self.lacks(known.get(row.path), row):
                    missing |= 1 << number
                    lacking[row.path] = row
        return missing, list(lacking.values())

    def _announce(self, rows: Sequence[Row]) -> None:
        """Have the index know what comes, before it comes."""
        if rows:
            self._disk.index.begin()
            self._disk.index.set_coming(rows)
            self._disk.index.commit()

    def _is_blocked(self, ours: IndexedRow | None, theirs: Row) -> bool:
        """Whether a folder is in the way in which there is something yet."""
        if ours is None or ours.row.kind != FOLDER or theirs.kind not in (FILE, LINK):
            return False
        if not isinstance(self.decision(ours, theirs), Take):
            return False
        with suppress(OSError):
            if self._disk.placement.is_vacant(names_of(theirs.path)):
                return False
        self.outcome.blocked[theirs.path] = theirs
        return True

    def _clashes(self, ours: IndexedRow | None, theirs: Row) -> bool:
        """Whether the name is another thing's here, of which it differs in case or form alone."""
        root, clashes = self._disk.root, self.outcome.clashes
        if not root.folds or (ours is not None and ours.row.kind != GONE):
            return False
        names = names_of(theirs.path)
        with suppress(OSError):
            twin = root.twin(names)
            if twin is not None:
                clashes[theirs.path] = path_of(twin)
        return theirs.path in clashes

    def tell_clashes(self) -> None:
        """Of what still clashes when all is done: who has the name keeps it."""
        for path, twin in self.outcome.clashes.items():
            with suppress(OSError):
                if self._disk.root.twin(names_of(path)) is None:
                    self.outcome.look_again.add(path)
                    continue
            self._intake.clash(path, twin)
            self.outcome.fates.append(Fate(path, "clash", shown(twin)))

    @staticmethod
    def _known(index: IndexReader, leaf: LeafPlace) -> Iterator[IndexedRow]:
        return index.between(leaf.after, leaf.last)

    def _without_content(self, ours: IndexedRow | None, theirs: Row) -> None:
        match self.decision(ours, theirs):
            case Nothing():
                return
            case Join(row):
                if ours is not None:
                    self._join(ours, row)
            case Yield(row, loser):
                if ours is not None and self._set_aside(ours, loser):
                    self._place(None, row)
            case Take(row):
                self._place(ours, row)

    def _join(self, ours: IndexedRow, row: Row) -> None:
        """Ours stays on the disk, and counts for theirs."""
        seen = ours.seen
        differs = (ours.row.mode, ours.row.mtime_ns) != (row.mode, row.mtime_ns)
        if differs and row.kind in (FILE, FOLDER):
            mtime_ns = row.mtime_ns if row.kind == FILE else None
            names = names_of(row.path)
            try:
                now = self._disk.root.stat(names)
                if not self._disk.expects(ours)(now):
                    self.outcome.look_again.add(row.path)
                    return
                now = self._disk.placement.dress(names, mtime_ns, row.mode)
            except OSError as error:
                self._intake.trouble(row.path, error)
                return
            if now is not None:
                seen = seen_of(now)
        self._disk.put([IndexedRow(row, seen)])

    def _set_aside(self, ours: IndexedRow, loser: bytes) -> bool:
        """Give the version that lost a name of its own; whether that was done."""
        names = names_of(ours.row.path)
        kept_as = loser
        try:
            if not self._disk.expects(ours)(self._disk.root.stat(names)):
                raise ChangedHere
            for kept_as in (loser, loser_path(ours.row, ours.row.content.hex()[:8])):
                known = self._disk.index.get(kept_as)
                if known is not None and known.row.same == ours.row.same:
                    self._disk.placement.remove(names, self._disk.expects(ours))
                    return True
                with suppress(ChangedHere):
                    self._disk.placement.set_aside(names, names_of(kept_as))
                    break
            else:
                raise ChangedHere
            now = self._disk.root.stat(names_of(kept_as))
        except ChangedHere:
            self.outcome.look_again.update((ours.row.path, loser))
            return False
        except OSError as error:
            self._intake.trouble(ours.row.path, error)
            return False
        if now is None:
            return False
        version = bumped((), self._disk.me)
        kept = msgspec.structs.replace(ours.row, path=kept_as, version=version)
        self._disk.put([IndexedRow(kept, seen_of(now), own=not self._disk.writes)])
        self._disk.move_chunks(ours.row.path, kept_as)
        self.outcome.fates.append(Fate(ours.row.path, "conflict", shown(kept_as)))
        return True

    def _place(self, ours: IndexedRow | None, row: Row) -> None:
        """Make a folder, link or empty file."""
        names, expects = names_of(row.path), self._disk.expects(ours)
        placement = self._disk.placement
        try:
            self._clear_for(ours, row)
            if row.kind == FOLDER:
                now = placement.make_folder(names, row.mode)
            elif row.kind == LINK:
                now = placement.make_link(names, row.content, expects)
            else:
                name, fd = placement.begin(names, b"")
                os.close(fd)
                now = placement.finish(names, name, (row.mtime_ns, row.mode), expects)
        except ChangedHere:
            self.outcome.look_again.add(row.path)
        except OSError as error:
            self._intake.trouble(row.path, error)
        else:
            self._disk.put([IndexedRow(row, seen_of(now))])
            self.outcome.fates.append(Fate(row.path, "received"))

    def _clear_for(self, ours: IndexedRow | None, row: Row) -> None:
        """What is of another kind goes first. Raises ChangedHere, OSError."""
        if ours is None or ours.row.kind in (GONE, row.kind):
            return
        names = names_of(row.path)
        if ours.row.kind == FOLDER:
            self._disk.placement.remove_folder(names)
        elif row.kind == FOLDER:
            self._disk.placement.remove(names, self._disk.expects(ours))

    # --- what was fetched

    def commit(self, finished: Sequence[Finished]) -> None:
        """Give files their names. The index hears of them with the next call, or `settle`: when
        their names are on the disk too.
        """
        fds = [one.fd for one in finished if one.fd >= 0]
        folders = OpenFolders(self._disk.root)
        try:
            self._disk.sync(fds)
            self._know_placed([one.row for one in finished])
            known = self._disk.index.rows_of([one.row.path for one in finished])
            self._disk.index.begin()
            for one in finished:
                self._commit_one(one, known, folders)
            self._disk.commit()
        finally:
            folders.close()
            for fd in fds:
                os.close(fd)

    def settle(self) -> None:
        """Have the index know of all that has its name."""
        if self._placed:
            self._disk.sync(())
            self._know_placed(())

    def _know_placed(self, next_: Sequence[Row]) -> None:
        """`next_`: what gets its name next."""
        self._disk.index.begin()
        self._disk.put(self._placed.values())
        self._disk.index.drop_chunks(self._were_large)
        self._were_large.clear()
        for one in self._placed.values():
            if one.row.chunks > 1:
                self._know_chunks(one.row)
                self._disk.index.drop_partial(one.row.path)
        self._disk.index.drop_coming()
        self._disk.index.set_coming(next_)
        self._disk.index.commit()
        self._placed.clear()

    def lacking(self, index: IndexReader, rows: Sequence[Row]) -> list[Row]:
        """Return those whose content is still to be fetched; files that have just got their names
        are known too.
        """
        known = index.rows_of([row.path for row in rows])
        return [
            row
            for row in rows
            if self.lacks(self._placed.get(row.path) or known.get(row.path), row)
        ]

    def _commit_one(
        self, one: Finished, known: dict[bytes, IndexedRow], folders: OpenFolders
    ) -> None:
        row, names = one.row, names_of(one.row.path)
        try:
            name = one.name or self._growing.name_of(row)
        except OSError:
            return
        ours = self._placed.get(row.path) or known.get(row.path)
        match self.decision(ours, row):
            case Take(taken):
                before = ours
            case Yield(taken, loser):
                if ours is None or not self._set_aside(ours, loser):
                    self._give_up(one, name)
                    return
                before = None
            case _:
                self._give_up(one, name)
                return
        try:
            self._clear_for(before, row)
            expects = self._disk.expects(before)
            now = self._disk.placement.finish(
                names, name, (row.mtime_ns, row.mode), expects, folders, one.fd
            )
        except ChangedHere:
            self.outcome.look_again.add(row.path)
            self._give_up(one, name)
            return
        except OSError as error:
            self._intake.trouble(row.path, error)
            self._give_up(one, name)
            return
        self._placed[row.path] = IndexedRow(taken, seen_of(now))
        if ours is not None and ours.row.chunks > 1:
            self._were_large.append(row.path)
        if one.fd < 0:
            self._growing.forget(row.path)
        self.outcome.fates.append(Fate(row.path, "received"))

    def _give_up(self, one: Finished, name: bytes) -> None:
        if one.fd < 0:
            self._growing.forget(one.row.path)
            self._disk.index.drop_partial(one.row.path)
        self._disk.placement.give_up(names_of(one.row.path), name)

    def _know_chunks(self, row: Row) -> None:
        try:
            places = [self._recipes.place(row.content, n) for n in range(row.chunks)]
        except (WrongRecipe, IndexError):
            return
        chunks = [(one.offset, one.length, one.hash) for one in places]
        self._disk.index.put_chunks(row.path, chunks)

    def keep_growing(self) -> None:
        """Sync growing files, and have the index know what may be relied on."""
        for file in self._growing.unkept():
            try:
                partial = self._growing.sync(file)
            except OSError as error:
                self._intake.trouble(file.row.path, error)
                continue
            self._disk.index.begin()
            self._disk.index.put_partial(partial)
            self._disk.index.commit()
            file.kept = partial.done
