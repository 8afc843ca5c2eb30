"""Whatever moment the process ends at, the next one goes on: nothing is lost, or made twice."""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from blake3 import blake3

from tests.agent.transfer.sides import Side, close

LARGE = 6 << 20
MOST_MOMENTS = 60


def set_up(place: Path) -> None:
    """Two has what one had; one has changed since, and two has changed too."""
    one, two = Side(place, "one"), Side(place, "two")
    random = Random(1)
    for n in range(20):
        path = one.root / f"d{n % 3}" / f"f{n}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(random.randbytes(1_000 + n))
    one.scan()
    assert two.pull(one)
    for n in range(5):
        (one.root / f"d{n % 3}" / f"f{n}").write_bytes(b"changed %d" % n)
    for n in range(5, 10):
        (one.root / f"d{n % 3}" / f"f{n}").unlink()
    (one.root / "d0" / "f12").rename(one.root / "renamed")
    shutil.rmtree(one.root / "d2")
    (one.root / "d2").write_bytes(b"a file now")
    (one.root / "link").symlink_to("renamed")
    (one.root / "large").write_bytes(random.randbytes(LARGE))
    write_older(two.root / "d1" / "f1", b"changed on both sides")
    one.scan()
    close([one, two])


def write_older(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    os.utime(path, ns=(10**18, 10**18))


def go_on(place: Path) -> int:
    """Two makes what one has; returns how many bytes it fetched."""
    one, two = Side(place, "one"), Side(place, "two")
    one.scan()
    two.scan()
    for _ in range(5):
        if two.pull(one):
            break
        two.scan()
    two.scan()
    two.opened.clean()
    close([one, two])
    return two.fetched


def in_a_process(work: Callable[[], object]) -> int:
    """Return its wait status."""
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        try:
            work()
        except BaseException:  # noqa: BLE001 - told by the status
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def seen(place: Path) -> dict[str, Any]:
    one, two = Side(place, "one"), Side(place, "two")
    found = {"one": one.tree(), "two": two.tree(), "archive": two.archived()}
    close([one, two])
    return found


def ends_at(place: Path, number: int) -> None:
    left = number

    def count(event: str, _args: object) -> None:
        nonlocal left
        if event.startswith(("os.", "open", "ctypes.", "shutil.")):
            left -= 1
            if left < 0:
                os._exit(9)

    sys.addaudithook(count)
    go_on(place)


@pytest.fixture
def before(quick_place: Path) -> Path:
    place = quick_place / "before"
    place.mkdir()
    set_up(place)
    return place


def copied(before: Path, place: Path) -> Path:
    """With the same inodes' times; what an index says of inodes is read anew."""
    shutil.copytree(before, place, symlinks=True)
    return place


def check(place: Path) -> None:
    found = seen(place)
    conflicts = {name for name in found["two"] if ".Conflict." in name}
    assert {name for name in found["two"] if name not in conflicts} == set(found["one"])
    for name, data in found["one"].items():
        assert found["two"][name] == data, name
    assert {found["two"][name] for name in conflicts} == {b"changed on both sides"}
    assert not [*(place / "two").rglob("*.!sync")]


@pytest.mark.timeout(240)
def test_the_process_ends_before_any_of_its_calls(before: Path, quick_place: Path) -> None:
    """The moments are drawn from all of them, the first and the last among them."""
    total = 0
    while True:
        place = copied(before, quick_place / f"count{total}")
        status = in_a_process(lambda place=place, n=total: ends_at(place, n))  # type: ignore[misc]
        shutil.rmtree(place)
        if status == 0:
            break
        total = total * 2 or 64
    for n in sorted(Random(2).sample(range(total), MOST_MOMENTS)):
        place = copied(before, quick_place / f"{n}")
        in_a_process(lambda place=place, n=n: ends_at(place, n))  # type: ignore[misc]
        go_on(place)
        check(place)
        shutil.rmtree(place)


@pytest.mark.timeout(240)
def test_the_process_is_killed_at_any_time(before: Path, quick_place: Path) -> None:
    random = Random(3)
    for n in range(30):
        place = copied(before, quick_place / f"{n}")
        for _ in range(3):
            pid = os.fork()
            if not pid:
                go_on(place)
                os._exit(0)
            signal.sigtimedwait([], random.uniform(0.001, 0.25))
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        go_on(place)
        check(place)
        shutil.rmtree(place)


def test_what_was_verified_of_a_large_file_is_not_fetched_again(quick_place: Path) -> None:
    one, two = Side(quick_place, "one"), Side(quick_place, "two")
    data = Random(4).randbytes(20 << 20)
    (one.root / "large").write_bytes(data)
    one.scan()
    fetched = 0
    for most in (3, 5, 2, 4):
        two.pull(one, most=most)
        fetched += two.fetched
        two.fetched = 0
        two.again()
        two.scan()
    while not two.pull(one):
        two.scan()
    fetched += two.fetched
    assert blake3((two.root / "large").read_bytes()).digest() == blake3(data).digest()
    assert fetched == len(data)
    close([one, two])
