"""A full disk stops writing, and nothing else; it ends by itself when there is room."""

import os
from pathlib import Path

import anyio.lowlevel
import pytest

from forepost.agent.edges.tree.space import SET_ASIDE, DiskSpace, SetAside
from forepost.wire.jobs.job import TransferSettings
from tests.agent.transfer.engines import Site, running, until
from tests.lab.small_disk import fill, mounted

pytestmark = pytest.mark.anyio
IGNORE_OTHER = TransferSettings(ignore=["other"])


async def test_what_does_not_fit_comes_when_there_is_room(tmp_path: Path) -> None:
    one, two = Site(tmp_path, "one"), Site(tmp_path, "two")
    one.root.mkdir()
    (one.root / "small").write_bytes(b"x" * 100_000)
    (one.root / "gone").write_bytes(b"x" * 100_000)
    with mounted(two.root, 40):
        async with running(one, two):
            one.want([one.task(two.peer())])
            two.want([two.task(one.peer())])
            await until(lambda: two.files() == one.files(), two.status)
            (one.root / "large").write_bytes(os.urandom(60 << 20))
            await until(lambda: "SE_AGENT_DISK_FULL" in codes(two), two.status)
            assert two.status().transferred_down < 1 << 20
            (one.root / "gone").unlink()
            (two.root / "from two").write_text("x")
            await until(lambda: "from two" in one.files() and "gone" not in two.files(), two.status)
            (one.root / "large").unlink()
            (one.root / "less").write_bytes(os.urandom(10 << 20))
            await until(lambda: two.files() == one.files(), two.status)
            await until(lambda: not codes(two), two.status)
            assert not [path for path in two.root.rglob("*") if path.name.endswith(".!sync")]


async def test_it_ends_by_itself_when_somebody_makes_room(tmp_path: Path) -> None:
    one, two = Site(tmp_path, "one"), Site(tmp_path, "two")
    one.root.mkdir()
    with mounted(two.root, 40) as disk:
        async with running(one, two):
            one.want([one.task(two.peer())])
            two.want([two.task(one.peer(), settings=IGNORE_OTHER)])
            await until(lambda: two.status().status == "synced", two.status)
            other = fill(disk)
            for n in range(20):
                (one.root / f"{n}").write_bytes(os.urandom(600_000))
            await until(lambda: "SE_AGENT_DISK_FULL" in codes(two), two.status)
            other.unlink()
            await until(lambda: len(two.files()) == 20 and not codes(two), two.status)


async def test_an_index_on_a_full_disk_has_room_set_aside(tmp_path: Path) -> None:
    one = Site(tmp_path, "one")
    one.root.mkdir()
    with mounted(tmp_path / "state", 40) as disk:
        one.state = disk
        async with running(one):
            one.want([one.task()])
            await until((disk / "transfer" / "set-aside").exists, one.status)
            fill(disk)
            for n in range(5_000):
                (one.root / f"{n:0200}").touch()
            await until(lambda: one.status().files_total == 5_000, one.status)
            assert not (disk / "transfer" / "set-aside").exists()


async def test_room_is_counted(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", 40) as disk:
        fd = os.open(disk, os.O_PATH)
        space = DiskSpace(fd)
        assert space.has(20 << 20)
        assert not space.has(40 << 20)
        (disk / "x").write_bytes(bytes(37 << 20))
        assert not space.has(20 << 20)
        (disk / "x").unlink()
        assert space.has(20 << 20)
        os.close(fd)
        aside = SetAside(disk)
        aside.hold()
        assert (disk / "set-aside").stat().st_blocks * 512 == SET_ASIDE
        assert aside.give_up()
        assert not aside.give_up()
        await anyio.lowlevel.checkpoint()


def codes(site: Site) -> list[str]:
    return [error.code_str for error in site.status().errors]
