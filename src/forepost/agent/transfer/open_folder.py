"""What a folder works with while it is open: its disk, what grows in it, and who may read both."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path
from typing import Final

from blake3 import blake3

from forepost.agent.edges.tree.placement import OpenFolders
from forepost.agent.transfer.disk import FolderDisk
from forepost.agent.transfer.growth import GrowingFiles, Recipes
from forepost.agent.transfer.intake import FolderIntake, Readers
from forepost.agent.transfer.kept_rows import IndexedRow, Place
from forepost.agent.transfer.page_sweep import PageSweep
from forepost.agent.transfer.pages import page_of, pages
from forepost.agent.transfer.recipe import MOST_CHUNK
from forepost.agent.transfer.row import names_of
from forepost.agent.transfer.scrub import Scrub
from forepost.agent.transfer.surroundings import Surroundings
from forepost.wire.jobs.members import WantedChunk
from forepost.wire.jobs.transfer import TransferTask

TOGETHER: Final = 128
"""Small files that are looked for at a time."""


class OpenFolder:
    """Of one task. What is said to be of the folder's thread is used by one thread at a time."""

    def __init__(
        self,
        task: TransferTask,
        file: Path,
        device_id: str,
        executor: Executor,
        now: Callable[[], tuple[int, float]],
        *,
        anew: bool = False,
    ) -> None:
        """Raises RootMissing, OSError, WrongPattern, sqlite3.Error."""
        self.disk = FolderDisk(task, file, device_id, executor, now, anew=anew)
        self.scrub = Scrub(self.disk)
        self.scrub.finish()
        self.sweep = PageSweep(self.disk.index)
        self.readers = Readers(file)
        self.recipes = Recipes(lambda hash_: page_of(self.readers.get(), hash_))
        self.growing = GrowingFiles(
            self.disk.placement, lambda path: self.readers.get().partial(path)
        )
        self.intake = FolderIntake(
            self.disk.root, self.disk.placement, self.growing, self.recipes, self.readers
        )

    def close(self) -> None:
        """Of the folder's thread; nobody reads any more."""
        self.intake.close()
        self.growing.close()
        self.readers.close()
        self.disk.close()

    def pages(self, hashes: list[bytes]) -> list[bytes]:
        with suppress(sqlite3.Error):
            return pages(self.readers.get(), hashes)
        return []

    def read(self, asked: Sequence[WantedChunk]) -> Iterator[bytes | None]:
        """Yield verified bytes for another member, of each thing that it asked for; None: they are
        not here. Of any thread.
        """
        folders = OpenFolders(self.disk.root)
        try:
            for begin in range(0, len(asked), TOGETHER):
                part = asked[begin : begin + TOGETHER]
                places: dict[bytes, Place] = {}
                with suppress(sqlite3.Error):
                    small = [one.hash for one in part if not one.content]
                    places = self.readers.get().files_of(small) if small else {}
                for one in part:
                    place = places.get(one.hash) if not one.content else None
                    data = None
                    if place is not None and place.length == one.length:
                        data = self.intake.read(place, folders)
                    is_right = data is not None and blake3(data).digest() == one.hash
                    yield data if is_right else self._read(one)
        finally:
            folders.close()

    def _read(self, asked: WantedChunk) -> bytes | None:
        if not 0 < asked.length <= MOST_CHUNK:
            return None
        with suppress(OSError, sqlite3.Error):
            if not asked.content:
                for place in self.readers.get().places(asked.hash):
                    data = self.intake.read(place) if place.length == asked.length else None
                    if data is not None and blake3(data).digest() == asked.hash:
                        return data
                return None
            for found in self.readers.get().with_content(asked.content):
                data = self._chunk(found, asked)
                if data is not None:
                    return data
            return self.growing.read(asked.content, asked.offset, asked.length, asked.hash)
        return None

    def _chunk(self, found: IndexedRow, asked: WantedChunk) -> bytes | None:
        place = Place(found.row.path, asked.offset, asked.length, found.seen)
        data = self.intake.read(place)
        return data if data is not None and blake3(data).digest() == asked.hash else None

    def clean(self) -> None:
        """Remove unfinished files that nobody wants any more: nothing is on its way.

        Of the folder's thread.
        """
        for names, name in self.growing.give_up():
            self.disk.placement.give_up(names, name)
        for names in self.disk.unfinished:
            self.disk.placement.give_up(names, names[-1])
        self.disk.unfinished = []
        self.disk.absence.save()
        self.disk.index.begin()
        for partial in self.disk.index.partials():
            self.disk.placement.give_up(names_of(partial.path), partial.name)
            self.disk.index.drop_partial(partial.path)
        self.disk.index.commit()


def index_name(task: TransferTask) -> str:
    """Return the name of a task's index: another run of a job may be made in another place."""
    whose = f"{task.folder}\0{task.path}" if task.folder else task.key
    return f"{blake3(whose.encode()).hexdigest(16)}.sqlite"


def opened(task: TransferTask, around: Surroundings) -> OpenFolder:
    """Raises as OpenFolder."""
    clock = around.clock
    return OpenFolder(
        task,
        around.state_dir / index_name(task),
        around.credentials.device_id,
        around.executor,
        lambda: (int(clock.now().timestamp() * 1e9), clock.monotonic()),
        anew=task.held_ok,
    )
