"""What changes in a folder is heard at once; where the kernel watches no more, that is known."""

import os
import sys
from pathlib import Path

import anyio
import pytest

from forepost.agent.edges.tree.root import FolderRoot
from forepost.agent.edges.tree.watch import MOST_EVENTS, FolderWatch
from forepost.kit.clock import SystemClock

pytestmark = pytest.mark.anyio
IN_A_NAMESPACE = """
import sys
from pathlib import Path
from forepost.agent.edges.tree.root import FolderRoot
from forepost.agent.edges.tree.watch import FolderWatch
from forepost.kit.clock import SystemClock
Path("/proc/sys/user/max_inotify_watches").write_text("5")
root, watch = FolderRoot(Path(sys.argv[1])), FolderWatch(SystemClock())
root.on_list = watch.add
for n in range(9):
    root.listing([b"%d" % n])
print(watch.count, watch.is_full)
"""


def most_instances() -> bytes:
    return Path("/proc/sys/fs/inotify/max_user_instances").read_bytes().strip()


class Ears:
    def __init__(self, place: Path) -> None:
        self.root = FolderRoot(place)
        self.watch = FolderWatch(SystemClock())
        self.root.on_list = self.watch.add
        self.heard: set[bytes] = set()

    def look(self, names: list[bytes]) -> None:
        for name, now in self.root.listing(names):
            if now.kind == "folder":
                self.look([*names, name])

    async def until(self, *paths: bytes) -> None:
        with anyio.fail_after(30):
            while not set(paths) <= self.heard:  # noqa: ASYNC110 - what the kernel says
                await anyio.sleep(0.01)


async def test_where_something_changes_is_heard(tmp_path: Path) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / ".sync").mkdir()
    ears = Ears(tmp_path)
    ears.look([])
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ears.watch.run, ears.heard.update)
        (tmp_path / "a").write_text("x")
        (tmp_path / "d" / "e" / "b").write_text("x")
        (tmp_path / "d" / ".b.!sync").write_text("x")
        (tmp_path / ".sync" / "x").write_text("x")
        (tmp_path / os.fsdecode(b"\xff")).mkdir()
        await ears.until(b"a", b"d\0e\0b", b"\xff")
        (tmp_path / "d").rename(tmp_path / "new")
        await ears.until(b"d", b"new")
        ears.look([])
        ears.heard.clear()
        (tmp_path / "new" / "e" / "b").unlink()
        await ears.until(b"new\0e\0b")
        assert not [one for one in ears.heard if one.endswith(b".!sync") or b".sync" in one]
        tasks.cancel_scope.cancel()
    ears.watch.close()


async def test_more_than_is_worth_reading_is_a_look_at_everything(tmp_path: Path) -> None:
    ears = Ears(tmp_path)
    ears.look([])
    for n in range(MOST_EVENTS):
        (tmp_path / f"{n}").touch()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ears.watch.run, ears.heard.update)
        await ears.until(b"")
        ears.look([])
        (tmp_path / "later").touch()
        await ears.until(b"later")
        tasks.cancel_scope.cancel()
    ears.watch.close()


async def test_a_kernel_that_watches_no_more_is_noticed(tmp_path: Path) -> None:
    for n in range(9):
        (tmp_path / f"{n}").mkdir()
    done = await anyio.run_process(
        ["unshare", "-Ur", sys.executable, "-c", IN_A_NAMESPACE, str(tmp_path)]
    )
    assert done.stdout.split() == [b"5", b"True"]


async def test_a_kernel_that_has_no_more_instances_says_how_many_it_has() -> None:
    work = """
from pathlib import Path
from forepost.agent.edges.tree.watch import FolderWatch
from forepost.kit.clock import SystemClock
Path("/proc/sys/user/max_inotify_instances").write_text("2")
watches = [FolderWatch(SystemClock()) for _ in range(3)]
print([one.is_full for one in watches], watches[-1].shortage(7))
"""
    done = await anyio.run_process(["unshare", "-Ur", sys.executable, "-c", work])
    assert done.stdout.startswith(b"[False, False, True] ")
    assert done.stdout.strip().endswith(b"fs.inotify.max_user_instances is " + most_instances())
