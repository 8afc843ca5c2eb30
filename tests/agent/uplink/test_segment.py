"""What a spool makes of files that are not as they were written."""

import os
import stat
from pathlib import Path

import pytest

from forepost.agent.edges.files.spool_folder import MOST_ASIDE, Disk, SpoolFolder
from forepost.agent.uplink.segment import SEGMENT_BYTES, name_of
from forepost.agent.uplink.shelf import FILES
from forepost.agent.uplink.spool import Spool
from tests.agent.uplink.test_record import SEVERAL, first_form
from tests.agent.uplink.test_spool import drain, spool
from tests.fakes.disk import FakeDisk

DATA = [b'{"n":%02d}' % n for n in range(12)]
ONE = len(DATA[0]) + 32


def left_by_another(*, of: list[bytes] = DATA) -> FakeDisk:
    disk = FakeDisk()
    first = spool(disk)
    for data in of:
        first.put(data)
    return disk


def long_before() -> FakeDisk:
    """Three files, and some."""
    return left_by_another(of=[b"%06d" % n + b"." * 500 for n in range(1_800)])


def sent(kept: Spool) -> list[bytes]:
    return [data for *_, data in drain(kept)]


def test_each_flipped_byte_of_a_file_costs_one_result_which_is_counted() -> None:
    disk = left_by_another()
    (name,) = disk.names()
    whole = disk.files[name]
    for at in range(len(whole)):
        flipped = bytearray(whole)
        flipped[at] ^= 0x10
        disk = FakeDisk()
        disk.files[name] = bytes(flipped)
        kept = spool(disk)
        rest = [data for n, data in enumerate(DATA) if n != at // ONE]
        assert (kept.status.pending, kept.status.lost, kept.status.damaged) == (11, 1, 1), at
        assert sent(kept) == rest
        assert disk.set_asides == {name: bytes(flipped)}
        assert spool(disk).status.lost == 0  # it is said once


def test_a_file_that_ends_anywhere_gives_what_is_whole() -> None:
    disk = left_by_another()
    (name,) = disk.names()
    whole = disk.files[name]
    for size in range(len(whole)):
        disk = FakeDisk()
        disk.files[name] = whole[:size]
        kept = spool(disk)
        assert kept.status.lost == (1 if size % ONE else 0), size
        assert sent(kept) == DATA[: size // ONE]


@pytest.mark.parametrize("what", ["gone", "empty", "cut", "zeros", "foreign"])
def test_a_file_in_the_middle_is_counted_by_its_places(what: str) -> None:
    disk = long_before()
    first, second, *_ = disk.names()
    of_second = len(sent_of(disk, second))
    data = disk.files[second]
    size = len(data) // of_second
    match what:
        case "gone":
            del disk.files[second]
        case "empty":
            disk.files[second] = b""
        case "cut":
            disk.files[second] = data[: 7 * size]
            of_second -= 7
        case "zeros":
            disk.files[second] = data[: 7 * size] + bytes(3 * size) + data[10 * size :]
            of_second = 3
        case _:
            disk.files[second] = disk.files[first]
    kept = spool(disk)
    assert kept.status.lost == of_second if what != "foreign" else True
    got = sent(kept)
    assert len(set(got)) + of_second == 1_800
    assert got[-1].startswith(b"001799")


def sent_of(disk: FakeDisk, name: str) -> list[bytes]:
    only = FakeDisk()
    only.files[name] = disk.files[name]
    return sent(spool(only))


def test_files_of_the_first_form_are_read_also_behind_damage() -> None:
    buffer = bytearray(first_form(SEVERAL))
    size = len(buffer) // len(SEVERAL)
    buffer[2 * size + 5] ^= 1
    disk = FakeDisk()
    disk.files["0000000001-00000000000000ff.spool"] = bytes(buffer)
    kept = spool(disk)
    assert (kept.status.lost, kept.status.damaged) == (1, 1)
    assert drain(kept) == [(255, one.seq, one.data) for one in SEVERAL if one.seq != 3]


def test_damage_while_running_costs_what_is_damaged_and_the_rest_goes_on() -> None:
    disk = FakeDisk()
    kept = spool(disk)
    for data in DATA:
        kept.put(data)
    first = kept.batch(2, 1 << 20)
    assert first is not None
    kept.ack(first)
    (name,) = disk.names()
    flipped = bytearray(disk.files[name])
    flipped[5 * ONE + 3] ^= 1
    flipped[11 * ONE + 39] ^= 1
    disk.files[name] = bytes(flipped)
    kept.put(b"later")
    assert sent(kept) == [*DATA[2:5], *DATA[6:11], b"later"]
    assert (kept.status.lost, kept.status.damaged, kept.status.pending) == (2, 1, 0)
    kept.put(b"still")
    assert sent(kept) == [b"still"]


def test_a_block_that_cannot_be_read_while_running_costs_what_is_in_it() -> None:
    disk = FakeDisk()
    kept = spool(disk)
    for data in DATA:
        kept.put(data)
    (name,) = disk.names()
    disk.bad[name] = range(4 * ONE + 1, 6 * ONE - 1)
    assert sent(kept) == [*DATA[:4], *DATA[6:]]
    assert kept.status.lost == 2


def test_a_block_that_cannot_be_read_at_the_start_costs_what_is_in_it() -> None:
    disk = left_by_another()
    (name,) = disk.names()
    disk.bad[name] = range(4 * ONE + 1, 6 * ONE - 1)
    kept = spool(disk)
    assert kept.status.lost == 2
    assert sent(kept) == [*DATA[:4], *DATA[6:]]


def test_damage_that_cannot_be_set_aside_is_read_around() -> None:
    disk = left_by_another()
    (name,) = disk.names()
    flipped = bytearray(disk.files[name])
    flipped[5 * ONE + 3] ^= 1
    disk.files[name], disk.space = bytes(flipped), 0
    kept = spool(disk)
    assert (kept.status.lost, kept.status.damaged) == (1, 1)
    assert sent(kept) == [*DATA[:5], *DATA[6:]]
    assert kept.status.lost == 1


def files_in(path: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in sorted(path.glob("*.spool"))}


@pytest.mark.parametrize("what", ["gone", "cut", "folder", "link", "fifo"])
def test_whatever_lies_in_the_place_of_a_file_while_running_stops_nothing(
    tmp_path: Path, what: str
) -> None:
    kept = spool(SpoolFolder(tmp_path))
    for n in range(1_000):
        kept.put(b"%06d" % n + b"." * 500)
    path, *_ = sorted(tmp_path.glob("*.spool"))
    of_it = len(files_in(tmp_path)[path.name]) // (506 + 32)
    if what == "cut":
        os.truncate(path, 100)
    else:
        path.unlink()
    match what:
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to("/dev/zero")
        case "fifo":
            os.mkfifo(path)
        case _:
            pass
    got = sent(kept)
    assert len(got) == 1_000 - of_it
    assert kept.status.lost == of_it
    kept.put(b"after")
    assert sent(kept) == [b"after"]


@pytest.mark.parametrize("what", ["folder", "link", "fifo", "socket"])
def test_whatever_has_the_name_of_a_file_at_the_start_is_set_aside(
    tmp_path: Path, what: str
) -> None:
    path = tmp_path / name_of(1, 255, 0)
    target = tmp_path / "secret"
    target.write_text("not ours")
    match what:
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to(target)
        case "fifo":
            os.mkfifo(path)
        case _:
            os.mknod(path, stat.S_IFSOCK | 0o600)
    (tmp_path / "1-x.spool").write_text("foreign")
    (tmp_path / "README").write_text("foreign")
    kept = spool(SpoolFolder(tmp_path))
    kept.put(b"x")
    assert sent(kept) == [b"x"]
    assert kept.status.damaged == 1
    assert target.read_text() == "not ours"
    assert (tmp_path / "1-x.spool").read_text() == "foreign"
    assert path not in [*tmp_path.iterdir()]


def test_a_name_that_is_taken_while_running_is_left_alone(tmp_path: Path) -> None:
    kept = spool(SpoolFolder(tmp_path))
    kept.put(b"." * SEGMENT_BYTES)
    boot = int(next(tmp_path.glob("*.spool")).name.split("-")[1], 16)
    (tmp_path / name_of(2, boot, 1)).mkdir()
    (tmp_path / name_of(3, boot, 1)).symlink_to("/dev/null")
    kept.put(b"next")
    assert sent(kept)[1:] == [b"next"]
    assert (tmp_path / name_of(2, boot, 1)).is_dir()


def test_what_is_set_aside_is_bounded_and_said_until_it_is_gone(tmp_path: Path) -> None:
    health_of = spool(SpoolFolder(tmp_path))
    del health_of
    for number in range(1, 3 * MOST_ASIDE):
        (tmp_path / name_of(number, number, 0)).write_bytes(b"." * 1_000)
    kept = spool(SpoolFolder(tmp_path))
    assert kept.status.damaged == 3 * MOST_ASIDE - 1
    assert kept.status.lost == 3 * MOST_ASIDE - 1
    aside = sorted(tmp_path.glob("*.damaged"))
    assert len(aside) == MOST_ASIDE
    assert aside[-1].name.startswith(f"{3 * MOST_ASIDE - 1:010d}")


def test_a_large_file_set_aside_does_not_stay(tmp_path: Path) -> None:
    path = tmp_path / name_of(1, 1, 0)
    path.touch()
    os.truncate(path, 1 << 30)
    assert spool(SpoolFolder(tmp_path)).status.damaged == 1
    assert [*tmp_path.iterdir()] == []


def test_a_real_folder_sets_aside_what_is_flipped(tmp_path: Path) -> None:
    disk: Disk = SpoolFolder(tmp_path)
    first = spool(disk)
    for data in DATA:
        first.put(data)
    (path,) = tmp_path.glob("*.spool")
    flipped = bytearray(path.read_bytes())
    flipped[ONE + 3] ^= 1
    path.write_bytes(flipped)
    kept = spool(SpoolFolder(tmp_path))
    assert sent(kept) == [DATA[0], *DATA[2:]]
    assert path.with_name(f"{path.name}.damaged").read_bytes() == flipped
    assert FILES == "spool files"
