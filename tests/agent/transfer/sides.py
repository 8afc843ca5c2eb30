"""Sides of a folder without sockets, threads or time: each pulls what another has, at once.

A side is what an engine works with: a disk, an index, a pursuit. Only the network is a fake: pages
and bytes are taken from the other side's open folder.
"""

import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from blake3 import blake3

from forepost.agent.transfer.disk import ScanSummary
from forepost.agent.transfer.intake import FetchedBytes
from forepost.agent.transfer.open_folder import OpenFolder
from forepost.agent.transfer.pursuit import Pursuit
from forepost.agent.transfer.signature import Vouched
from forepost.agent.transfer.target import Lacking
from forepost.agent.transfer.tree import hash_of
from forepost.wire.jobs.folder import Root, SignedRoot
from forepost.wire.jobs.members import WantedChunk
from forepost.wire.jobs.transfer import TransferTask

T = TypeVar("T")
LATER_NS = 1 << 61
"""A wall clock by which every file rests."""
MOST_CONTENT = 16 << 10


class AtOnce(Executor):
    """Does what it is given in the thread that gives it."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future

    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
    ) -> Iterator[T]:
        return map(fn, *iterables)


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """What it returns; it waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        found: T = end.value
        return found
    raise AssertionError("it waits")


async def do(call: Callable[..., Any], *args: Any) -> Any:
    return call(*args)


class OneMember:
    """What Members is to a pursuit, where one side is there."""

    def __init__(self, other: "Side", found: Vouched) -> None:
        self._other = other
        self.roots = {found.device_id: found}
        self.given: list[bytes] = []

    async def ask_pages(self, hashes: Sequence[bytes], first: str) -> dict[bytes, bytes]:
        wanted, found = list(hashes), dict[bytes, bytes]()
        while wanted:
            got = {hash_of(page): page for page in self._other.opened.pages(wanted)}
            if not got:
                break
            found |= got
            wanted = [one for one in wanted if one not in got]
        return found


class Side:
    """`name`: also of its root, below `place`."""

    def __init__(self, place: Path, name: str, **task: Any) -> None:
        self.name = name
        self.root = place / name
        self.file = place / f"{name}.sqlite"
        said: dict[str, Any] = {"key": "job:a", "type": "folder", "permission": "rw"}
        self.task = TransferTask(path=str(self.root), **(said | task))
        self.moment = 1_000.0
        self.fetched = 0
        """Bytes that came from other sides."""
        self.random = Random(1)
        self.look_again: set[bytes] = set()
        self.later_ns = 0
        self.opened = self._open()
        self.is_open = True

    def _open(self, *, anew: bool = False) -> OpenFolder:
        return OpenFolder(self.task, self.file, self.name, AtOnce(), self._now, anew=anew)

    def _now(self) -> tuple[int, float]:
        return LATER_NS + self.later_ns, self.moment

    def again(self, *, anew: bool = False) -> None:
        """As after a crash: nothing of what was in RAM is left."""
        if self.is_open:
            self.close()
        self.reopen(anew=anew)

    def reopen(self, *, anew: bool = False) -> None:
        self.opened = self._open(anew=anew)
        self.is_open = True

    def close(self) -> None:
        self.is_open = False
        self.opened.close()

    def scan(self, *parts: bytes, held_ok: bool = False) -> ScanSummary:
        return self.opened.disk.scan(*parts, held_ok=held_ok)

    def said(self) -> Vouched:
        """What this side would tell others that it has."""
        disk = self.opened.disk
        root = Root(self.task.key, disk.next_number(), disk.top, disk.me, 0)
        return Vouched(root, self.name, SignedRoot(b"", b"", b""))

    def pull(self, other: "Side", *, most: int | None = None) -> bool:
        """Make what the other has; whether all of it was. `most`: things that come before the line
        is cut.
        """
        found = other.said()
        opened = self.opened
        pursuit = Pursuit(found, opened, OneMember(other, found), do, self.random)  # type: ignore[arg-type]
        opened.intake.begin()
        opened.growing.begin()
        leaves = at_once(pursuit.compare())
        if leaves is None or not at_once(pursuit.prepare(leaves)):
            return False
        assert pursuit.target is not None
        pursuit.target.has(other.name, None)
        if not self._fetch(pursuit, other, -1 if most is None else most):
            return False
        while at_once(pursuit.commit(0)):
            pass
        at_once(pursuit.keep_growing())
        is_made = at_once(pursuit.finish())
        self.look_again = pursuit.look_again
        return is_made

    def _fetch(self, pursuit: Pursuit, other: "Side", most: int) -> bool:
        target = pursuit.target
        assert target is not None
        while not target.is_done:
            items = target.next(other.name, 0)
            for item in items:
                if not most:
                    at_once(pursuit.commit(0))
                    at_once(pursuit.keep_growing())
                    return False
                most -= 1
                if self._came(item, other):
                    target.came_here([item])
                else:
                    target.has_not(other.name, item)
            if not items and not target.is_done:
                return False
            at_once(pursuit.commit(0))
        return True

    def _came(self, item: Lacking, other: "Side") -> bool:
        intake = self.opened.intake
        place = intake.place(item)
        if intake.from_here(item, place):
            return True
        asked = WantedChunk(place.hash, place.length)
        if item.chunk >= 0:
            asked = WantedChunk(place.hash, place.length, item.row.content, place.offset)
        data = next(other.opened.read([asked]))
        if data is None or blake3(data).digest() != place.hash:
            return False
        self.fetched += len(data)
        intake.take([FetchedBytes(item, place, memoryview(data))])
        return True

    # --- what a user sees

    def tree(self) -> dict[str, bytes | None]:
        """Files by their paths; folders with None, links with where they lead."""
        found: dict[str, bytes | None] = {}
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root)
            if name.parts[0] == ".sync" or name.name.endswith(".!sync"):
                continue
            if path.is_symlink():
                found[str(name)] = b"-> " + bytes(path.readlink())
            else:
                found[str(name)] = None if path.is_dir() else path.read_bytes()
        return found

    def contents(self) -> set[bytes]:
        return {one for one in self.tree().values() if one}

    def archived(self) -> set[bytes]:
        return {
            path.read_bytes()
            for path in (self.root / ".sync" / "Archive").rglob("*")
            if path.is_file()
        }


def settle(sides: Sequence[Side], rounds: int = 12) -> None:
    """Let all hear of all until nothing changes any more."""
    for _ in range(rounds):
        for side in sides:
            side.scan()
        made = [one.pull(two) for one in sides for two in sides if one is not two]
        for side in sides:
            side.scan()
        if all(made) and len({side.opened.disk.top.hash for side in sides}) == 1:
            return
    raise AssertionError(
        [
            (side.name, side.tree(), [*side.opened.intake.troubles.values()], side.look_again)
            for side in sides
        ]
    )


def close(sides: Iterable[Side]) -> None:
    for side in sides:
        try:
            side.close()
        except sqlite3.Error as error:
            raise AssertionError(side.name) from error
