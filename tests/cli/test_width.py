"""A line in a pipe, or in a log, is one line: it is searched."""

import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from forepost.cli.width import wide


def test_a_pipe_has_whole_lines_and_columns_goes_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert wide(Console()).width == 1_000
    assert wide(Console(force_terminal=True, width=70)).width == 70
    monkeypatch.setenv("COLUMNS", "90")
    assert wide(Console()).width == 90


def test_a_complaint_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    file = tmp_path / ("far" * 40)
    command = [sys.executable, "-m", "forepost.cli.main", "ms", "deploy", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == f"forepost: {file}: No such file or directory\n"
