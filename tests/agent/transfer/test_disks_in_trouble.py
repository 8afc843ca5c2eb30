"""Real engines, real disks: what rots, what is unmounted, what loses its power."""

import os
import shutil
import subprocess
import threading
from pathlib import Path
from random import Random
from time import sleep

import psutil
import pytest

from forepost.agent.transfer.intake import FetchedBytes
from forepost.agent.transfer.scrub import PAUSE_SEC
from forepost.agent.transfer.target import Lacking
from forepost.wire.jobs.job import BandwidthWindow, TransferSettings
from forepost.wire.jobs.members import WantedChunk
from tests.agent.transfer.sides import Side, close, settle
from tests.lab import loop_disk
from tests.lab.folding_disk import folding
from tests.lab.transfer_engines import EngineProcess, started, wait_until

SLOW = TransferSettings(bandwidth=[BandwidthWindow(up_kib_per_sec=2_000)])


def fill(root: Path, count: int = 20) -> None:
    random = Random(1)
    for n in range(count):
        path = root / f"d{n % 3}" / f"f{n}"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(random.randbytes(2_000 + n))


@pytest.mark.timeout(300)
def test_a_bit_that_flips_on_the_disk_is_healed_from_another_member(tmp_path: Path) -> None:
    one, two = EngineProcess(tmp_path, "one"), EngineProcess(tmp_path, "two")
    fill(one.root)
    data = os.urandom(50_000)
    (one.root / "rots").write_bytes(data)
    image = loop_disk.made(tmp_path / "image")
    with started(one, two):
        with loop_disk.mounted(image, two.root):
            (two.root / "lost+found").rmdir()
            one.want([one.task(two.peer())])
            two.want([two.task(one.peer())])
            wait_until(lambda: two.status().status == "synced" and two.files() == one.files())
            two.kill()
        loop_disk.rot(image, data[20_000:20_100])
        with loop_disk.mounted(image, two.root):
            two.start()
            two.want([two.task(one.peer())])
            assert (two.root / "rots").read_bytes() != data
            wait_until(lambda: two.told("healed") == ["rots"], two.status, PAUSE_SEC + 90)
            assert (two.root / "rots").read_bytes() == data
            assert (one.root / "rots").read_bytes() == data, "rot is no change of anybody"
            two.kill()


@pytest.mark.timeout(240)
def test_a_root_that_is_unmounted_in_a_pause_says_nothing(tmp_path: Path) -> None:
    one, two = EngineProcess(tmp_path, "one"), EngineProcess(tmp_path, "two")
    fill(one.root)
    two.root.parent.mkdir(exist_ok=True)
    with started(one, two):
        image = loop_disk.made(tmp_path / "image")
        with loop_disk.mounted(image, two.root):
            (two.root / "lost+found").rmdir()
            one.want([one.task(two.peer())])
            two.want([two.task(one.peer())])
            wait_until(lambda: two.status().status == "synced" and two.files() == one.files())
            # While it is served it is in use; in a pause it may go.
            busy = subprocess.run(["umount", str(two.root)], capture_output=True, check=False)
            assert b"busy" in busy.stderr
            two.want([two.task(one.peer(), paused=True)])
            wait_until(lambda: two.status().status == "paused")
            assert two.status().files_total == 20
            wait_until(lambda: not _holds(two, two.root))
        two.want([two.task(one.peer())])
        wait_until(lambda: bool(two.status().held), two.status)
        assert len(one.files()) == 20
        assert list(two.root.iterdir()) == [], "nothing comes to where it is mounted"
        with loop_disk.mounted(image, two.root):
            wait_until(lambda: two.status().status == "synced", two.status)
            assert two.files() == one.files()
            two.kill()


def _holds(site: EngineProcess, root: Path) -> bool:
    assert site.process is not None
    folder = Path(f"/proc/{site.process.pid}/fd")
    found = []
    for one in folder.iterdir():
        try:
            found.append(os.readlink(one))  # noqa: PTH115 - of a descriptor
        except FileNotFoundError:
            continue
    return any(one == str(root) or one.startswith(f"{root}/") for one in found)


@pytest.mark.timeout(240)
def test_a_root_that_is_torn_away_in_the_middle_says_nothing(tmp_path: Path) -> None:
    """By `umount -l`, or as a network file system goes."""
    one, two = EngineProcess(tmp_path, "one"), EngineProcess(tmp_path, "two")
    fill(one.root)
    (one.root / "large").write_bytes(os.urandom(24 << 20))
    two.root.mkdir()
    with started(one, two):
        mount = ["mount", "-t", "tmpfs", "-o", "size=64m,mode=700", "forepost", str(two.root)]
        subprocess.run(mount, check=True)
        one.want([one.task(two.peer(), settings=SLOW)])
        two.want([two.task(one.peer())])
        wait_until(lambda: two.status().transferred_down > 4 << 20, two.status)
        subprocess.run(["umount", "-l", str(two.root)], check=True)
        wait_until(lambda: bool(two.status().held), two.status)
        wait_until(lambda: not _holds(two, two.root))
        sleep(2)
        assert len(one.files()) == 21
        assert list(two.root.iterdir()) == []


@pytest.mark.timeout(240)
def test_few_open_files_are_enough_in_the_end(tmp_path: Path) -> None:
    one = EngineProcess(tmp_path, "one", most_files=60)
    two = EngineProcess(tmp_path, "two", most_files=60)
    fill(one.root, 2_000)
    for n in range(8):
        (one.root / f"large{n}").write_bytes(os.urandom(2 << 20))
    with started(one, two):
        one.want([one.task(two.peer())])
        two.want([two.task(one.peer())])
        wait_until(
            lambda: two.status().status == one.status().status == "synced",
            lambda: (one.status(), two.status()),
        )
        assert two.files() == one.files()


def test_a_disk_without_exchange_of_names_is_kept_in_step(tmp_path: Path) -> None:
    with folding(tmp_path / "disk", tmp_path / "two", "case"):
        one, two = Side(tmp_path, "one"), Side(tmp_path, "two")
        fill(one.root)
        settle([one, two])
        (one.root / "d0" / "f0").write_text("changed by one")
        (two.root / "d1" / "f1").write_text("changed by two")
        (one.root / "d2" / "f2").unlink()
        (two.root / "d0" / "f3").rename(two.root / "new")
        for side in (one, two):
            (side.root / "both").write_text(f"by {side.name}")
        settle([one, two])
        tree = two.tree()
        assert tree == one.tree()
        assert tree["d0/f0"] == b"changed by one"
        assert tree["d1/f1"] == b"changed by two"
        assert "d2/f2" not in tree
        assert {one for name, one in tree.items() if name.startswith("both")} == {
            b"by one",
            b"by two",
        }
        assert Random(1).randbytes(2_000) in two.archived()
        close([one, two])


def test_a_folder_that_is_closed_has_nothing_open(quick_place: Path) -> None:
    """Also not what came, and had no name yet; nor what comes from a thread that is late."""
    one, two = Side(quick_place, "one"), Side(quick_place, "two")
    fill(one.root, 40)
    (one.root / "large").write_bytes(os.urandom(4 << 20))
    one.scan()
    rows = [one for one in one.opened.disk.index.rows(b"", None) if one.chunks == 1]
    intake = two.opened.intake
    assert not two.pull(one, most=2)
    for row in rows[:30]:
        (two.root / os.fsdecode(row.path).partition("\0")[0]).mkdir(exist_ok=True)
        item = Lacking(row, 0)
        (data,) = one.opened.read([WantedChunk(row.content, row.size)])
        assert data is not None
        intake.take([FetchedBytes(item, intake.place(item), memoryview(data))])
        if row is rows[20]:
            two.close()
    found = {os.path.realpath(one.path) for one in psutil.Process().open_files()}
    assert not [one for one in found if one.startswith(f"{two.root}/")]
    close([one])


def test_a_folder_that_becomes_a_link_while_it_is_written_leads_nowhere(quick_place: Path) -> None:
    one, two = Side(quick_place, "one"), Side(quick_place, "two")
    outside = quick_place / "outside"
    outside.mkdir()
    (outside / "precious").write_text("precious")
    is_over = threading.Event()

    def swap() -> None:
        folder, aside = two.root / "d", two.root / "aside"
        while not is_over.is_set():
            try:
                folder.rename(aside)
                folder.symlink_to(outside)
                folder.unlink()
                aside.rename(folder)
            except OSError:
                continue

    (one.root / "d").mkdir()
    one.scan()
    assert two.pull(one)
    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for number in range(40):
            for n in range(20):
                (one.root / "d" / f"f{n}").write_text(f"{number} {n}")
            (one.root / "d" / "precious").write_text(f"{number}")
            one.scan()
            two.pull(one)
    finally:
        is_over.set()
        thread.join()
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"precious": "precious"}
    close([one, two])


@pytest.mark.timeout(300)
def test_a_power_cut_in_the_middle_loses_nothing_that_anybody_had(tmp_path: Path) -> None:
    """Files and index are on one disk; what was not synced is not there after it."""
    random = Random(5)
    source = EngineProcess(tmp_path, "source")
    fill(source.root, 400)
    (source.root / "large").write_bytes(os.urandom(6 << 20))
    disk = tmp_path / "disk"
    disk.mkdir()
    target = EngineProcess(disk, "target")
    kept = tmp_path / "key"
    shutil.copytree(target.state, kept)
    cut_short = 0
    for number in range(5):
        image = loop_disk.made(tmp_path / f"image{number}")
        with started(source):
            with loop_disk.mounted(image, disk):
                shutil.copytree(kept, target.state)
                os.sync()
                target.start()
                source.want([source.task(target.peer(), settings=SLOW)])
                target.want([target.task(source.peer())])
                wait_until(lambda: target.status().transferred_down > 0, target.status)
                sleep(random.uniform(0.2, 2.5))
                for n in random.sample(range(400), 20):
                    (source.root / f"d{n % 3}" / f"f{n}").write_bytes(random.randbytes(3_000))
                sleep(random.uniform(0.1, 0.6))
                target.kill()
                (disk / "unsynced").write_text("x")
                image = loop_disk.power_cut(image, tmp_path / f"cut{number}")
            before = source.files()
            with loop_disk.mounted(image, disk):
                assert not (disk / "unsynced").exists()
                cut_short += not target.root.exists() or target.files() != before
                target.start()
                target.want([target.task(source.peer())])
                source.want([source.task(target.peer())])
                wait_until(
                    lambda: target.status().status == "synced" and target.files() == source.files(),
                    lambda: (target.status(), source.status(), target.events[-5:]),
                )
                assert source.files() == before, "what was lost is no change of anybody"
                target.kill()
    assert cut_short
