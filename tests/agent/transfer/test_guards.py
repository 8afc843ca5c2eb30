"""Deletions are believed only where they are likely meant; until then nothing is taken away."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from forepost.agent.edges.tree.root import RootMissing
from forepost.agent.transfer.guards import DAY_NS, IN_STEP, Absence
from forepost.agent.transfer.index import Index
from forepost.wire.jobs.job import TransferSettings
from tests.agent.transfer.engines import Site, running, until
from tests.agent.transfer.sides import LATER_NS, Side, close, settle
from tests.lab.small_disk import mounted


@pytest.fixture
def pair(quick_place: Path) -> Iterator[tuple[Side, Side]]:
    sides = Side(quick_place, "one"), Side(quick_place, "two")
    for n in range(150):
        (sides[0].root / f"{n}").write_text(f"{n}")
    settle(sides)
    yield sides
    close(sides)


def remove(side: Side, begin: int, end: int) -> None:
    for n in range(begin, end):
        (side.root / f"{n}").unlink()


def test_more_than_half_gone_is_held_until_somebody_confirms(pair: tuple[Side, Side]) -> None:
    one, two = pair
    remove(one, 0, 120)
    assert one.scan().held == "120 of 150 files are gone at once"
    two.pull(one)
    assert len(two.tree()) == 150
    one.again()
    assert one.scan().held
    assert not one.scan(held_ok=True).held
    settle(pair)
    assert len(two.tree()) == 30
    assert len(two.archived()) == 120


def test_deletions_that_come_one_after_another_count_together(pair: tuple[Side, Side]) -> None:
    one, _ = pair
    for n in range(0, 101, 1):
        remove(one, n, n + 1)
        one.scan(b"%d" % n)
    assert one.scan().held
    assert one.opened.disk.top.files == 50
    (one.root / "100").write_text("100")
    assert not one.scan().held


def test_a_hundred_may_go(pair: tuple[Side, Side]) -> None:
    one, _ = pair
    remove(one, 0, 100)
    assert not one.scan().held


def test_a_root_that_is_gone_says_nothing(pair: tuple[Side, Side]) -> None:
    one, two = pair
    one.root.rename(one.root.parent / "moved")
    with pytest.raises(RootMissing):
        one.scan()
    one.root.mkdir()
    with pytest.raises(RootMissing, match="another folder"):
        one.scan()
    with pytest.raises(RootMissing, match="no marker"):
        one.again()
    one.again(anew=True)
    one.scan()
    settle(pair)
    assert len(one.tree()) == len(two.tree()) == 150


def test_another_file_system_under_the_root_says_nothing(tmp_path: Path) -> None:
    with mounted(tmp_path / "one", 8) as root:
        side = Side(tmp_path, "one")
        (root / "a").write_text("a")
        side.scan()
        marker = (root / ".sync" / "ID").read_text()
        side.close()
    with mounted(tmp_path / "over", 8) as root:
        (root / ".sync").mkdir()
        (root / ".sync" / "ID").write_text(marker)
        subprocess.run(["mount", "--bind", root, tmp_path / "one"], check=True)
        try:
            with pytest.raises(RootMissing, match="another file system"):
                side.reopen()
            side.reopen(anew=True)
            assert side.opened.disk.top.files == 0
            side.close()
        finally:
            subprocess.run(["umount", tmp_path / "one"], check=True)


def test_deletions_are_forgotten_and_nobody_fights_over_it(pair: tuple[Side, Side]) -> None:
    one, two = pair
    remove(one, 0, 3)
    settle(pair)
    assert one.opened.disk.top.rows == 150
    one.later_ns = two.later_ns = 91 * DAY_NS
    one.scan()
    assert one.opened.disk.top.rows == 147
    one.pull(two)
    assert one.opened.disk.top.rows == 147
    two.scan()
    assert one.opened.disk.top.hash == two.opened.disk.top.hash


def test_a_deletion_that_came_late_is_remembered_from_then_on(pair: tuple[Side, Side]) -> None:
    """By the clock of who hears of it: it may be the only one that knows it from now on."""
    one, two = pair
    two.later_ns = 60 * DAY_NS
    remove(one, 0, 1)
    settle(pair)
    two.later_ns = 100 * DAY_NS
    two.scan()
    assert two.opened.disk.top.rows == 150


def test_absence_is_counted_from_when_all_was_in_step(tmp_path: Path) -> None:
    now = LATER_NS
    index = Index(tmp_path / "x.sqlite")
    absence = Absence(index, lambda: now)
    assert absence.days_away("A") == absence.days_alone() == 0
    absence.in_step("A")
    absence.save()
    now += 91 * DAY_NS
    absence = Absence(index, lambda: now)
    assert absence.days_away("A") == absence.days_alone() == 91
    absence.in_step("B")
    assert absence.days_alone() == 0
    now -= 200 * DAY_NS
    absence.in_step("A")
    assert absence.days_away("A") == 0
    absence.confirm()
    index.close()


@pytest.mark.anyio
async def test_who_was_away_for_too_long_is_held_until_somebody_confirms(tmp_path: Path) -> None:
    one, two = Site(tmp_path, "one"), Site(tmp_path, "two")
    one.root.mkdir()
    (one.root / "a").write_text("a")
    days = TransferSettings(keep_deletions_days=30)
    async with running(one, two):
        one.want([one.task(two.peer(), settings=days)])
        two.want([two.task(one.peer(), settings=days)])
        await until(lambda: "a" in two.files() and one.status().status == "synced")
        await until(lambda: two.status().status == "synced")
    for file in (one.state / "transfer").glob("*.sqlite"):
        index = Index(file)
        index.begin()
        index.set_fact(IN_STEP + two.key.device_id, (10**18).to_bytes(12, "big"))
        index.commit()
        index.close()
    (one.root / "b").write_text("b")
    async with running(one, two):
        one.want([one.task(two.peer(), settings=days)])
        two.want([two.task(one.peer(), settings=days)])
        await until(lambda: "longer than" in one.status().held, one.status)
        assert "b" not in two.files()
        one.want([one.task(two.peer(), settings=days, held_ok=True)])
        await until(lambda: "b" in two.files() and not one.status().held, one.status)
    assert [event.kind for event in one.events].count("held") == 1


@pytest.mark.anyio
async def test_a_root_that_goes_where_nothing_else_happens_is_held_and_goes_on_when_it_is_back(
    tmp_path: Path,
) -> None:
    one, two = Site(tmp_path, "one"), Site(tmp_path, "two")
    one.root.mkdir()
    (one.root / "a").write_text("a")
    async with running(one, two):
        one.want([one.task(two.peer())])
        two.want([two.task(one.peer())])
        await until(lambda: "a" in two.files() and one.status().status == "synced")
        one.root.rename(tmp_path / "moved")
        await until(lambda: "No such file" in one.status().held, one.status)
        (tmp_path / "moved").rename(one.root)
        await until(lambda: not one.status().held and one.status().status == "synced", one.status)
        assert set(two.files()) == {"a"}


@pytest.mark.anyio
async def test_an_engine_holds_a_root_that_is_gone(tmp_path: Path) -> None:
    one, two = Site(tmp_path, "one"), Site(tmp_path, "two")
    one.root.mkdir()
    (one.root / "a").write_text("a")
    async with running(one, two):
        task = one.task(two.peer())
        one.want([task])
        two.want([two.task(one.peer())])
        await until(lambda: "a" in two.files() and one.status().status == "synced")
        one.root.rename(tmp_path / "moved")
        (tmp_path / "new").mkdir()
        (tmp_path / "new").rename(one.root)
        (tmp_path / "two" / "c").write_text("c")
        await until(lambda: bool(one.status().held), one.status)
        assert (two.root / "a").exists(), (one.status(), one.events, two.events)
        one.want([msgspec.structs.replace(task, held_ok=True)])
        await until(
            lambda: set(one.files()) == {"a", "c"},
            lambda: (one.status(), two.status(), one.files(), two.files(), one.events, two.events),
        )
        assert set(two.files()) == {"a", "c"}
