"""A look concludes what the disk shows, and nothing of what it could not see."""

import os
from pathlib import Path

from forepost.agent.transfer.scan import PATIENCE_SEC
from forepost.wire.jobs.job import TransferSettings
from tests.agent.transfer.sides import LATER_NS, Side, close, settle
from tests.lab.small_disk import mounted


def paths(side: Side) -> set[str]:
    rows = side.opened.disk.index.rows(b"", None)
    return {row.path.replace(b"\0", b"/").decode(errors="replace") for row in rows if row.kind != 3}


def test_what_is_looked_at_in_part_is_what_is_there(quick_place: Path) -> None:
    side = Side(quick_place, "one")
    (side.root / "d" / "e").mkdir(parents=True)
    (side.root / "d" / "e" / "f").write_text("x")
    (side.root / "d.txt").write_text("x")
    side.scan()
    assert paths(side) == {"d", "d/e", "d/e/f", "d.txt"}
    (side.root / "d" / "e" / "f").unlink()
    (side.root / "d" / "e").rmdir()
    (side.root / "d").rmdir()
    (side.root / "d").write_text("a file now")
    side.scan(b"d")
    assert paths(side) == {"d", "d.txt"}
    (side.root / "d").unlink()
    (side.root / "l").mkdir()
    (side.root / "d").symlink_to("l")
    side.scan(b"d\0e\0f", b"d")
    assert paths(side) == {"d", "d.txt"}
    close([side])


def test_nothing_is_concluded_of_another_file_system(tmp_path: Path) -> None:
    side = Side(tmp_path, "one")
    (side.root / "d").mkdir()
    (side.root / "d" / "f").write_text("x")
    side.scan()
    (side.root / "d" / "f").rename(side.root / "f")
    (side.root / "d").rmdir()
    with mounted(side.root / "d", 1):
        found = side.scan(b"d")
        assert {one.path for one in found.troubles} == {b"d"}
        assert paths(side) == {"d", "d/f"}
    close([side])


def test_a_file_that_never_rests_is_taken_at_last(quick_place: Path) -> None:
    side = Side(quick_place, "one")
    path = side.root / "log"
    for n in range(5):
        path.write_text(f"{n}" * (n + 1))
        os.utime(path, ns=(LATER_NS, LATER_NS))
        found = side.scan(*found_restless(n))
        assert (found.restless, paths(side)) == ((b"log",), set())
        side.moment += 1
    side.moment += PATIENCE_SEC
    path.write_text("at last")
    os.utime(path, ns=(LATER_NS, LATER_NS))
    assert side.scan(b"log").restless == ()
    assert paths(side) == {"log"}
    path.write_text("gone while it was being written")
    os.utime(path, ns=(LATER_NS, LATER_NS))
    assert side.scan().restless == (b"log",)
    path.unlink()
    assert side.scan(b"log").restless == ()
    close([side])


def found_restless(n: int) -> list[bytes]:
    return [b"log"] if n else []


def test_what_is_ignored_is_not_there(quick_place: Path) -> None:
    side = Side(quick_place, "one", settings=TransferSettings(ignore=["*.tmp", "/build/"]))
    for name in ("a", "a.tmp", "build/x", "src/build/x", "ü.tmp"):
        (side.root / name).parent.mkdir(parents=True, exist_ok=True)
        (side.root / name).write_text("x")
    os.mkfifo(side.root / "fifo")
    assert [found.path for found in side.scan().troubles] == [b"fifo"]
    side.scan(b"build\0x", b"a.tmp")
    assert paths(side) == {"a", "src", "src/build", "src/build/x"}
    close([side])


def test_a_damaged_index_is_set_aside_and_nothing_is_sent_again(quick_place: Path) -> None:
    one, two = Side(quick_place, "one"), Side(quick_place, "two")
    (one.root / "a").write_bytes(os.urandom(2 << 20))
    (one.root / "b").write_bytes(b"b")
    settle([one, two])
    sent = two.fetched
    two.close()
    two.file.write_bytes(b"not a database" * 1_000)
    two.reopen()
    assert two.file.with_name("two.sqlite.damaged").exists()
    settle([one, two])
    assert two.fetched == sent
    assert one.fetched == 0
    assert set(one.tree()) == {"a", "b"}
    close([one, two])
