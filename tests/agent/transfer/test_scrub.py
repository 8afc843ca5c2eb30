"""Bit rot is found by reading, healed from members, and never told to anybody as a change."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from forepost.agent.transfer.upkeep import Upkeep
from forepost.kit.clock import SystemClock
from tests.agent.transfer.sides import Side, close, settle


def rot(path: Path) -> None:
    """Other bytes, and nothing says so: but the index must believe it."""
    seen = path.stat()
    with path.open("r+b") as file:
        byte = file.read(1)
        file.seek(0)
        file.write(bytes([byte[0] ^ 1]))
    os.utime(path, ns=(seen.st_mtime_ns, seen.st_mtime_ns))


def believe(side: Side, name: bytes) -> None:
    """The change time is what a disk that rots leaves alone; a test cannot."""
    now = side.opened.disk.root.stat([name])
    assert now is not None
    side.opened.disk.index.begin()
    side.opened.disk.index._sql.execute(
        "UPDATE row SET seen_ctime_ns = ? WHERE path = ?", (now.ctime_ns, name)
    )
    side.opened.disk.index.commit()


@pytest.mark.parametrize("size", [100, 3 << 20])
def test_rot_is_healed_from_another_side(quick_place: Path, size: int) -> None:
    one, two = Side(quick_place, "one"), Side(quick_place, "two")
    data = os.urandom(size)
    (one.root / "a").write_bytes(data)
    (one.root / "b").write_bytes(b"b")
    settle([one, two])
    rot(two.root / "a")
    believe(two, b"a")
    assert not two.scan().changed
    rotten = two.opened.scrub.part()
    assert [found.row.path for found in rotten] == [b"a"]
    two.opened.scrub.put_away(rotten[0])
    two.again()
    two.scan()
    one.pull(two)
    assert one.tree()["a"] == data
    assert two.pull(one)
    assert two.tree()["a"] == data
    assert one.opened.disk.top.hash == two.opened.disk.top.hash
    assert two.opened.scrub.part() == []
    close([one, two])


def test_a_crash_while_rot_is_put_away_is_no_deletion(quick_place: Path) -> None:
    one, two = Side(quick_place, "one"), Side(quick_place, "two")
    (one.root / "a").write_bytes(b"0123456789")
    settle([one, two])
    rot(two.root / "a")
    believe(two, b"a")
    two.opened.scrub.note(two.opened.scrub.part()[0])
    two.again()
    two.scan()
    settle([one, two])
    assert one.tree() == two.tree() == {"a": b"0123456789"}
    close([one, two])


def test_it_goes_on_where_it_was(quick_place: Path) -> None:
    side = Side(quick_place, "one")
    for n in range(450):
        (side.root / f"{n:03}").write_bytes(b"%d" % n)
    side.scan()
    rot(side.root / "449")
    believe(side, b"449")
    assert side.opened.scrub.part() == []
    side.again()
    assert side.opened.scrub.part() == []
    assert len(side.opened.scrub.part()) == 1
    close([side])


def test_the_archive_has_its_bounds(quick_place: Path) -> None:
    side = Side(quick_place, "one")
    for n in range(5):
        (side.root / f"{n}").write_bytes(bytes(1_000))
    side.scan()
    for n in range(5):
        row = side.opened.disk.index.get(b"%d" % n)
        side.opened.disk.placement.remove([b"%d" % n], side.opened.disk.expects(row))
    archive = side.opened.disk.archive
    assert archive.shrink(0, 0) == 0
    assert archive.shrink(0, 3_000) == 2
    assert len([*(side.root / ".sync" / "Archive").iterdir()]) == 3
    assert archive.shrink(1 << 62, 0) == 3
    close([side])


class SourceFolder:
    """A KeptFolder: everybody is there and has everything."""

    def __init__(self, side: Side) -> None:
        self.opened, self.members, self.told = side.opened, self, list[str]()

    def complete(self, _root: bytes) -> int:
        return 1

    def tell(self, _kind: str, text: str) -> None:
        self.told.append(text)

    def make_again(self) -> None:
        raise AssertionError("a source makes nothing of others")


def test_what_rots_at_the_source_of_a_transfer_stays_and_is_told(quick_place: Path) -> None:
    (quick_place / "source").mkdir()
    side = Side(quick_place, "source", type="distribution")
    (side.root / "a").write_bytes(b"0123456789")
    side.scan()
    rot(side.root / "a")
    believe(side, b"a")
    folder = SourceFolder(side)

    async def do(call: Callable[..., Any], *args: Any) -> Any:
        return call(*args)

    upkeep = Upkeep(folder, do, SystemClock())  # type: ignore[arg-type]
    anyio.run(upkeep.scrub)
    assert folder.told == ["a: rotten on the disk, and this is its source"]
    assert (side.root / "a").exists()
    close([side])
