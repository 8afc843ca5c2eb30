import os
from pathlib import Path

import pytest

from forepost.kit import files


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret"
    old = os.umask(0)
    try:
        files.replace(path, b"one")
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(old)
    files.replace(path, b"two", mode=0o640)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in path.parent.iterdir()] == ["secret"]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "name").mkdir(parents=True)
    (folder / "name" / "inside").touch()
    with pytest.raises(OSError, match="name"):
        files.replace(folder / "name", b"data")
    assert [p.name for p in folder.iterdir()] == ["name"]


def test_a_private_folder_is_for_this_user_only(tmp_path: Path) -> None:
    assert files.private_folder(tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_only_a_regular_file_of_a_bounded_size_is_read(tmp_path: Path) -> None:
    """Whoever can write into a folder must not have us read another file, wait, or fill memory."""
    (tmp_path / "file").write_bytes(b"12345")
    assert files.read(tmp_path / "file", 5) == b"12345"
    with pytest.raises(OSError, match="is larger than 4 bytes"):
        files.read(tmp_path / "file", 4)
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(OSError, match="symbolic"):
        files.read(tmp_path / "link", 5)
    with os.fdopen(files.open_regular(tmp_path / "link", follow=True), "rb") as opened:
        assert opened.read() == b"12345"
    os.mkfifo(tmp_path / "pipe")
    for other in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match="no regular file"):
            files.read(other, 5)


def test_what_is_no_folder_gives_way_to_one(tmp_path: Path) -> None:
    (tmp_path / "messages").write_text("no folder")
    made = files.reclaimed_folder(tmp_path / "messages")
    assert made.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "messages.damaged").read_text() == "no folder"
    (made / "inside").touch()
    assert [*files.reclaimed_folder(made).iterdir()] == [made / "inside"]
