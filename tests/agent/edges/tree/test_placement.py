"""Files come and go whole, nothing outside the folder is touched, what was there is kept."""

import os
from pathlib import Path

import pytest

from forepost.agent.edges.tree.archive import Archive
from forepost.agent.edges.tree.beneath import open_beneath, walk_beneath
from forepost.agent.edges.tree.placement import ChangedHere, Placement, unfinished_name
from forepost.agent.edges.tree.root import FolderRoot, OnDisk


class Place:
    def __init__(self, path: Path) -> None:
        self.path = path / "root"
        self.path.mkdir()
        self.root = FolderRoot(self.path)
        self.placement = Placement(self.root, Archive(self.root))

    def put(self, names: list[bytes], data: bytes, expects: OnDisk | None) -> OnDisk:
        name, fd = self.placement.begin(names, data)
        os.write(fd, data)
        os.close(fd)
        return self.placement.finish(names, name, (10**18, 0o644), lambda now: now == expects)

    def archived(self) -> list[bytes]:
        return sorted(
            path.read_bytes()
            for path in (self.path / ".sync" / "Archive").rglob("*")
            if path.is_file()
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_is_replaced_is_in_the_archive(place: Place) -> None:
    first = place.put([b"a"], b"first", None)
    assert place.put([b"a"], b"second", place.root.stat([b"a"])) != first
    assert (place.path / "a").read_bytes() == b"second"
    assert place.archived() == [b"first"]
    place.placement.remove([b"a"], lambda now: now is not None)
    assert place.archived() == [b"first", b"second"]
    assert not (place.path / "a").exists()


def test_what_nobody_knew_of_is_not_replaced(place: Place) -> None:
    before = place.put([b"a"], b"first", None)
    (place.path / "a").write_bytes(b"edited")
    with pytest.raises(ChangedHere):
        place.put([b"a"], b"second", before)
    assert (place.path / "a").read_bytes() == b"edited"
    with pytest.raises(ChangedHere):
        place.put([b"a"], b"second", None)


@pytest.mark.parametrize("change", ["written", "replaced"])
def test_a_change_between_the_look_and_the_exchange_is_kept(place: Place, change: str) -> None:
    before = place.put([b"a"], b"first", None)

    def expects(now: OnDisk | None) -> bool:
        is_so = now == before
        if now is None:
            return False
        if change == "written":
            (place.path / "a").write_bytes(b"somebody else's, and longer")
        else:
            (place.path / "tmp").write_bytes(b"somebody else's, and longer")
            (place.path / "tmp").rename(place.path / "a")
        return is_so

    name, fd = place.placement.begin([b"a"], b"second")
    os.close(fd)
    with pytest.raises(ChangedHere):
        place.placement.finish([b"a"], name, (0, 0o644), expects)
    assert (place.path / "a").read_bytes() == b"somebody else's, and longer"


def test_a_link_in_the_way_leads_nowhere(place: Place, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a").write_text("outside")
    (place.path / "d").symlink_to(tmp_path / "outside")
    (place.path / "e").mkdir()
    for names in ([b"d", b"a"], [b"d", b"new"], [b"e", b"..", b"..", b"outside", b"a"]):
        with pytest.raises(OSError, match=r"."):
            place.put(names, b"inside", None)
        with pytest.raises(OSError, match=r"."):
            place.root.open_file(names)
    place.placement.remove([b"d", b"a"], lambda _: True)
    assert (tmp_path / "outside" / "a").read_text() == "outside"
    assert [*(tmp_path / "outside").iterdir()] == [tmp_path / "outside" / "a"]


def test_a_folder_that_becomes_a_link_meanwhile_leads_nowhere(place: Place, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (place.path / "d").mkdir()
    name, fd = place.placement.begin([b"d", b"a"], b"x")
    os.close(fd)
    (place.path / "d").rename(place.path / "was")
    (place.path / "d").symlink_to(tmp_path / "outside")
    with pytest.raises(OSError, match=r"."):
        place.placement.finish([b"d", b"a"], name, (0, 0o644), lambda _: True)
    assert [*(tmp_path / "outside").iterdir()] == []


def test_the_archive_is_no_way_out(place: Place, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (place.path / ".sync").mkdir()
    (place.path / ".sync" / "Archive").symlink_to(tmp_path / "outside")
    (place.path / "a").write_text("x")
    with pytest.raises(OSError, match=r"."):
        place.placement.remove([b"a"], lambda _: True)
    assert (place.path / "a").exists()
    assert [*(tmp_path / "outside").iterdir()] == []


def test_no_bits_of_others_and_no_devices(place: Place) -> None:
    place.put([b"a"], b"x", None)
    (place.path / "a").chmod(0o6755)
    os.mkfifo(place.path / "fifo")
    found = dict(place.root.listing([]))
    assert found[b"a"].mode == 0o755
    assert found[b"fifo"].kind == "other"
    with pytest.raises(OSError, match="not a file"):
        place.root.open_file([b"fifo"])


@pytest.mark.parametrize("name", [b"n" * 255, "ä".encode() * 127, b"\xff\xfe", b"." + b"e" * 254])
def test_any_name_has_an_unfinished_one_and_versions(place: Place, name: bytes) -> None:
    for data in (b"1", b"2", b"3"):
        assert len(unfinished_name(name, data)) <= 255
        place.put([name], data, place.root.stat([name]))
    place.placement.remove([name], lambda _: True)
    assert place.archived() == [b"1", b"2", b"3"]


def test_unfinished_files_of_a_folder_go_with_it(place: Place) -> None:
    place.placement.make_folder([b"d"], 0o755)
    _, fd = place.placement.begin([b"d", b"a"], b"x")
    os.close(fd)
    assert place.placement.is_vacant([b"d"])
    place.placement.remove_folder([b"d"])
    assert not (place.path / "d").exists()
    (place.path / "d").mkdir()
    (place.path / "d" / "mine").touch()
    with pytest.raises(ChangedHere):
        place.placement.remove_folder([b"d"])


def test_names_are_opened_one_by_one_where_there_is_no_openat2(place: Place) -> None:
    (place.path / "d").mkdir()
    (place.path / "d" / "a").write_text("x")
    (place.path / "l").symlink_to("d")
    for walk in (open_beneath, walk_beneath):
        fd = walk(place.root.fd, [b"d", b"a"], os.O_RDONLY | os.O_NOFOLLOW, 0)
        assert os.read(fd, 9) == b"x"
        os.close(fd)
        with pytest.raises(OSError, match=r"."):
            walk(place.root.fd, [b"l", b"a"], os.O_RDONLY | os.O_NOFOLLOW, 0)
