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
