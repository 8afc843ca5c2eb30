"""What is left out at a member stays out and stays there, whatever others have."""

from pathlib import Path

import pytest

from forepost.wire.jobs.job import TransferSettings
from tests.agent.transfer.engines import Site, running, until
from tests.agent.transfer.sides import Side, close

pytestmark = pytest.mark.anyio
IGNORE = ["*.tmp", "build/", "/top", "!keep.tmp", "caf\u00e9"]
SETTINGS = TransferSettings(ignore=IGNORE)
LEFT_OUT = ("a.tmp", "build/x", "build/keep.tmp", "deep/build/y", "top", "cafe\u0301/menu")
WANTED = ("a", "keep.tmp", "deep/top", "deep/file")


def fill(side: Side, names: tuple[str, ...], text: str) -> None:
    for name in names:
        (side.root / name).parent.mkdir(parents=True, exist_ok=True)
        (side.root / name).write_text(f"{text} {name}")


def has(side: Side, names: tuple[str, ...], text: str) -> bool:
    tree = side.tree()
    return all(tree.get(name) == f"{text} {name}".encode() for name in names)


@pytest.mark.parametrize("kind", ["folder", "distribution"])
def test_what_is_ignored_here_does_not_come(quick_place: Path, kind: str) -> None:
    (quick_place / "one").mkdir()
    one = Side(quick_place, "one", type=kind)
    two = Side(quick_place, "two", type=kind, permission="ro", settings=SETTINGS)
    fill(one, LEFT_OUT + WANTED, "one")
    one.scan()
    assert two.pull(one)
    assert has(two, WANTED, "one")
    assert not [name for name in LEFT_OUT if name in two.tree()]
    assert two.opened.disk.top.files == len(WANTED)
    close([one, two])


def test_what_is_ignored_here_stays_as_it_is_on_both_sides(quick_place: Path) -> None:
    one, two = Side(quick_place, "one"), Side(quick_place, "two", settings=SETTINGS)
    fill(one, LEFT_OUT + WANTED, "one")
    fill(two, LEFT_OUT, "two")
    for _ in range(2):
        one.scan()
        two.scan()
        assert two.pull(one)
        assert one.pull(two)
    assert has(one, LEFT_OUT + WANTED, "one")
    assert has(two, LEFT_OUT, "two")
    assert has(two, WANTED, "one")
    # Whatever happens to it at one does not happen at two, and the other way round.
    fill(one, LEFT_OUT[:3], "changed")
    for name in LEFT_OUT[3:]:
        (one.root / name).unlink()
    (two.root / "a.tmp").unlink()
    for _ in range(2):
        one.scan()
        two.scan()
        assert two.pull(one)
        assert one.pull(two)
    assert has(one, LEFT_OUT[:3], "changed")
    assert has(two, LEFT_OUT[1:], "two")
    close([one, two])


@pytest.mark.parametrize("kind", ["folder", "distribution"])
def test_a_pattern_that_comes_later_deletes_nothing(quick_place: Path, kind: str) -> None:
    (quick_place / "one").mkdir()
    said = {"type": kind, "permission": "ro"}
    one, two = Side(quick_place, "one", type=kind), Side(quick_place, "two", **said)
    fill(one, LEFT_OUT + WANTED, "one")
    one.scan()
    assert two.pull(one)
    two.close()
    mirror = TransferSettings(ignore=IGNORE, delete_extraneous=True)
    two = Side(quick_place, "two", settings=mirror, **said)
    for name in (*LEFT_OUT, "a"):
        (one.root / name).unlink()
    one.scan()
    two.scan()
    assert two.pull(one)
    assert has(two, LEFT_OUT, "one")
    assert "a" not in two.tree()
    close([one, two])


async def test_nobody_is_behind_for_what_is_ignored(tmp_path: Path) -> None:
    one, two = Site(tmp_path, "one"), Site(tmp_path, "two")
    one.root.mkdir()
    for name in ("a", "b.tmp"):
        (one.root / name).write_text(name)
    async with running(one, two):
        one.want([one.task(two.peer("ro"), type="distribution")])
        said = {"type": "distribution", "permission": "ro", "settings": SETTINGS}
        two.want([two.task(one.peer(), **said)])
        await until(lambda: two.status().status == "seeding" and bool(two.files()), two.status)
        assert two.files() == {"a": b"a"}
        assert (two.status().files_total, two.status().files_completed) == (1, 1)
        await until(lambda: one.status().peers_complete == 1, one.status)
