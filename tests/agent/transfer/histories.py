"""Histories of three sides: edits, renames, deletions, crashes, partings, in any order.

Whatever a pull takes from where a user sees it must be in the archive, or in a conflict copy. All
sides end with the same.
"""

import os
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from tests.agent.transfer.sides import Side, close, settle

NAMES = ("a", "b", "c.txt", "d", "ä")


class Crash(BaseException):
    """The process ends here."""


class _Watcher:
    """Ends a piece of work before its Nth call that touches a disk."""

    def __init__(self) -> None:
        self.left = -1
        self.ended = 0
        sys.addaudithook(self._heard)

    def _heard(self, event: str, args: tuple[Any, ...]) -> None:
        if self.left < 0 or not event.startswith(("os.", "open")):
            return
        self.left -= 1
        if self.left < 0:
            self.ended += 1
            raise Crash


watcher = _Watcher()


class Step(msgspec.Struct, frozen=True):
    """`what`: write, remove, rename, mkdir, link, scan, pull, cut, crash."""

    what: str
    side: int
    path: tuple[int, ...] = (0,)
    other: tuple[int, ...] = (1,)
    number: int = 0


KINDS = (
    *("write",) * 5,
    *("remove",) * 2,
    *("rename",) * 2,
    *("pull",) * 6,
    *("scan",) * 2,
    *("crash",) * 5,
    *("cut",),
    "mkdir",
    "link",
    "copy",
)


def made_up(random: Random, most: int = 25) -> list[Step]:
    def path() -> tuple[int, ...]:
        return tuple(random.randrange(len(NAMES)) for _ in range(random.choice((1, 1, 2, 3))))

    return [
        Step(random.choice(KINDS), random.randrange(3), path(), path(), random.randrange(1, 40))
        for _ in range(random.randrange(3, most))
    ]


class History:
    """Plays steps, and looks at what a pull takes away."""

    def __init__(self, place: Path) -> None:
        self.sides = [Side(place, name) for name in ("one", "two", "three")]
        self._written = 0

    def play(self, steps: list[Step]) -> None:
        for step in steps:
            self._play(step)
        before = set[bytes]().union(*(side.contents() for side in self.sides))
        settle(self.sides)
        trees = [side.tree() for side in self.sides]
        assert trees[0] == trees[1] == trees[2]
        after = self.sides[0].contents().union(*(side.archived() for side in self.sides))
        assert {one for one in before if not one.startswith(b"-> ")} <= after
        close(self.sides)

    def _play(self, step: Step) -> None:
        side = self.sides[step.side]
        path = side.root.joinpath(*(NAMES[n] for n in step.path))
        if step.what in ("pull", "cut", "crash"):
            self._pull(side, self.sides[(step.side + 1 + step.number % 2) % 3], step)
        elif step.what == "scan":
            side.scan()
        else:
            try:
                self._edit(side, path, step)
            except OSError:
                return  # such as a file where a folder would be

    def _edit(self, side: Side, path: Path, step: Step) -> None:
        self._written += 1
        if step.what == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            size = 700_000 if step.number == 1 else 1
            path.write_bytes(b"%s %d;" % (side.name.encode(), self._written) * size)
            stamp = (1_000_000 + self._written // 3) * 10**9 + self._written
            os.utime(path, ns=(stamp, stamp))
        elif step.what == "copy":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"the same on all sides %d" % (step.number % 3))
        elif step.what == "mkdir":
            path.mkdir(parents=True)
        elif step.what == "link":
            path.symlink_to(f"to {self._written}")
        elif step.what == "rename":
            path.rename(side.root.joinpath(*(NAMES[n] for n in step.other)))
        elif path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()

    def _pull(self, side: Side, other: Side, step: Step) -> None:
        side.scan()
        other.scan()
        before = side.contents()
        if step.what == "pull":
            side.pull(other)
        elif step.what == "cut":
            side.pull(other, most=step.number % 4)
        else:
            watcher.left = step.number % 18
            try:
                side.pull(other)
            except Crash:
                side.again()
            watcher.left = -1
        lost = {one for one in before if not one.startswith(b"-> ")} - side.contents()
        assert lost <= side.archived(), (lost, step)


def play(steps: list[Step]) -> None:
    """In a folder in which a sync costs nothing, where there is one."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as place:
        History(Path(place)).play(steps)


def main(count: int) -> None:
    """`python -m tests.agent.transfer.histories 1000`."""
    for seed in range(count):
        steps = made_up(Random(seed))
        try:
            play(steps)
        except BaseException:
            sys.stdout.write(f"seed {seed}: {steps}\n")
            raise
    sys.stdout.write(f"{count} histories, {watcher.ended} crashes\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
