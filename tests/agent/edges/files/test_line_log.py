"""A log is a file, and no way to another one."""

import os
from pathlib import Path

import pytest

from forepost.agent.edges.files.line_log import LineLog


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
