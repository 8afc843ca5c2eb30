import os
from pathlib import Path

import pytest

from forepost.agent.edges.group_folder import GroupFolder
from forepost.agent.edges.line_log import LineLog
from forepost.agent.node import IDENTITY, Node
from forepost.kit import regular_file
from tests.fakes.clock import START


def test_only_a_file_and_only_so_much_of_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert regular_file.read(tmp_path / "file", 5) == b"12345"
    with pytest.raises(OSError, match="is larger than 4 bytes"):
        regular_file.read(tmp_path / "file", 4)
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(OSError, match="is a symbolic link"):
        regular_file.read(tmp_path / "link", 5)
    os.mkfifo(tmp_path / "pipe")
    for other in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match="is no regular file"):
            regular_file.read(other, 5)
    with pytest.raises(FileNotFoundError):
        regular_file.read(tmp_path / "none", 5)


def test_keys_and_groups_are_read_so(tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere"
    secret.write_text("198.18.0.1\n")
    (tmp_path / "10-g.conf").symlink_to(secret)
    with pytest.raises(OSError, match="is a symbolic link"):
        GroupFolder(tmp_path).read("10-g.conf")
    os.mkfifo(tmp_path / "10-p.conf")
    with pytest.raises(OSError, match="is no regular file"):
        GroupFolder(tmp_path).read("10-p.conf")
    node = Node(name="n", version="1", state_dir=tmp_path, started_at=START)
    assert node.identity() is None
    (tmp_path / IDENTITY).symlink_to(secret)
    with pytest.raises(OSError, match="is a symbolic link"):
        node.identity()


def test_nothing_is_written_where_a_log_is_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("kept")
    (tmp_path / "log").symlink_to(secret)
    with pytest.raises(OSError, match="symbolic links"):
        LineLog(tmp_path / "log", max_bytes=100, keep=1).write([b"line"])
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match=r"No such device|is no regular file"):
        LineLog(tmp_path / "pipe", max_bytes=100, keep=1).write([b"line"])
    assert secret.read_text() == "kept"
