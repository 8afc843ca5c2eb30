"""What is kept of a folder does not grow with what happened to it."""

import os
import threading
from pathlib import Path

import psutil
import pytest

from forepost.agent.transfer.index import IndexReader
from forepost.agent.transfer.intake import Readers
from forepost.agent.transfer.page_sweep import LEAST_BYTES
from forepost.wire.jobs.job import BandwidthWindow, TransferSettings
from tests.agent.transfer.engines import Site, running, until
from tests.agent.transfer.sides import Side, close

pytestmark = pytest.mark.anyio
ROOTS = 200


def sweep(side: Side, *others: Side) -> None:
    """As the event loop does while nothing is to be done."""
    if side.opened.sweep.is_due:
        side.opened.sweep.run([one.opened.disk.top for one in (side, *others)])


def size(side: Side) -> int:
    return side.opened.disk.index.size_of_pages()


def test_the_index_does_not_grow_with_roots(quick_place: Path) -> None:
    one, two = Side(quick_place, "one"), Side(quick_place, "two")
    for n in range(600):
        (one.root / f"f{n:03}").write_text(f"{n}")
    one.scan()
    for number in range(ROOTS):
        (one.root / f"f{number:03}").write_bytes(os.urandom(9))
        with (one.root / "large").open("wb") as file:
            file.write(os.urandom(2 << 20))
        one.scan(b"f%03d" % number, b"large")
        assert two.pull(one)
        sweep(one)
        sweep(two, one)
        assert two.tree() == one.tree()
    for side in (one, two):
        assert size(side) < 2.2 * LEAST_BYTES
        assert side.file.stat().st_size < 5 * LEAST_BYTES
    # Recipes of what is here are here, and can be given.
    three = Side(quick_place, "three")
    assert three.pull(two)
    assert three.tree() == one.tree()
    close([one, two, three])


def test_what_is_on_its_way_stays_and_what_is_whole_is_given(quick_place: Path) -> None:
    one, two = Side(quick_place, "one"), Side(quick_place, "two")
    (two.root / "of two").write_text("two")
    (one.root / "large").write_bytes(os.urandom(8 << 20))
    one.scan()
    two.scan()
    assert not two.pull(one, most=3)
    before = size(two)
    two.opened.sweep.run([one.opened.disk.top])
    assert size(two) == before, "a root that is not made yet"
    two.opened.sweep.run([])
    partial = two.opened.disk.index.partial(b"large")
    assert partial is not None
    assert two.opened.disk.index.page(partial.content), "a recipe of what is here in part"
    assert size(two) < before
    assert two.pull(one)
    # Both have their own: of another's root is kept what the own tree has not.
    two.opened.sweep.run([one.opened.disk.top])
    assert two.opened.pages([one.opened.disk.top.hash])
    two.opened.sweep.run([])
    assert not two.opened.pages([one.opened.disk.top.hash])
    close([one, two])


@pytest.mark.timeout(240)
async def test_an_engine_drops_pages_of_former_roots(tmp_path: Path) -> None:
    one, two = Site(tmp_path, "one"), Site(tmp_path, "two")
    one.root.mkdir()
    async with running(one, two):
        one.want([one.task(two.peer("ro"))])
        two.want([two.task(one.peer(), permission="ro")])
        for number in range(11):
            for n in range(1_000):
                (one.root / f"a name of a length that is usual {n}").write_text(f"{number}")
            await until(
                lambda: two.status().status == "synced" and two.files() == one.files(),
                lambda: (one.status(), two.status()),
            )
        [index] = (two.state / "transfer").glob("*.sqlite")
        reader = IndexReader(index)
        await until(lambda: reader.size_of_pages() < LEAST_BYTES)
        reader.close()


def test_a_thread_that_has_ended_holds_no_index_open(quick_place: Path) -> None:
    side = Side(quick_place, "one")
    readers = Readers(side.file)
    for _ in range(50):
        thread = threading.Thread(target=readers.get)
        thread.start()
        thread.join()
    is_open = [one.path for one in psutil.Process().open_files()]
    assert is_open.count(str(side.file.resolve())) < 10
    readers.close()
    close([side])


async def test_who_is_no_writer_any_more_is_not_followed(tmp_path: Path) -> None:
    one, two = Site(tmp_path, "one"), Site(tmp_path, "two")
    one.root.mkdir()
    (one.root / "large").write_bytes(os.urandom(8 << 20))
    slow = TransferSettings(bandwidth=[BandwidthWindow(up_kib_per_sec=1_000)])
    async with running(one, two):
        one.want([one.task(two.peer(), settings=slow)])
        two.want([two.task(one.peer())])
        await until(lambda: two.status().transferred_down > 1 << 20)
        two.want([two.task(one.peer("ro"))])
        await until(lambda: two.status().status == "synced", two.status)
        (two.root / "of two").write_text("two")
        await until(lambda: "of two" in one.files())
        await until(lambda: two.files() == {"of two": b"two"})
