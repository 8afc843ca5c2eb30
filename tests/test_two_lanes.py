"""The tests' own two lanes: every test runs once, and `alone` is alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = """
from tests.lanes import pytest_xdist_make_scheduler
def pytest_configure(config):
    config.addinivalue_line("markers", "alone")
"""
TWICE = """
def pytest_collection_modifyitems(items):
    items.append(items[0])
"""
FILE = """
import json, os, time, pathlib, pytest
@pytest.mark.parametrize("number", range({count}))
{mark}
def test_one(number):
    began = time.monotonic()
    time.sleep(0.1)
    note = [{name!r}, {mark!r} != "", os.getpid(), began, time.monotonic()]
    with open("notes", "a") as notes:
        notes.write(json.dumps(note) + "\\n")
    assert {name!r} != "fails"
"""
ALONE = "@pytest.mark.alone"  # this file itself need not be


def lanes(
    folder: Path, files: dict[str, tuple[int, str]], more: str = ""
) -> tuple[int, str, list[list]]:  # type: ignore[type-arg]
    (folder / "conftest.py").write_text(CONFTEST + more)
    for name, (count, mark) in files.items():
        path = folder / f"test_{name}.py"
        path.write_text(FILE.format(name=name, count=count, mark=mark))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-pxdist", "-n2", "--dist=loadfile"],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    notes = folder / "notes"
    lines = notes.read_text().splitlines() if notes.exists() else []
    return done.returncode, done.stdout + done.stderr, [json.loads(line) for line in lines]


FILES = {
    "a": (4, ""),
    "b": (3, ""),
    "c": (1, ""),
    "d": (1, ALONE),
    "e": (3, ALONE),
    "f": (1, ALONE),
}


def test_what_is_alone_comes_last_and_overlaps_with_nothing(tmp_path: Path) -> None:
    status, said, notes = lanes(tmp_path, FILES)
    assert status == 0, said
    assert said.splitlines()[-1].startswith("13 passed"), said
    assert len(notes) == 13
    shared = [note for note in notes if not note[1]]
    alone = sorted((note for note in notes if note[1]), key=lambda note: note[3])
    assert len({note[2] for note in shared}) == 2
    assert len({note[2] for note in alone}) == 1
    ends = max(note[4] for note in shared)
    for _, _, _, began, ended in alone:
        assert began >= ends
        ends = ended


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({"a": (1, ALONE)}, 1),
        ({"a": (2, ALONE), "b": (1, ALONE), "c": (1, ALONE)}, 4),
        ({"a": (1, "")}, 1),
    ],
)
def test_one_lane_alone_ends_too(
    tmp_path: Path, files: dict[str, tuple[int, str]], count: int
) -> None:
    status, said, notes = lanes(tmp_path, files)
    assert (status, len(notes)) == (0, count), said


@pytest.mark.parametrize("mark", ["", ALONE], ids=["first", "second"])
def test_a_failure_in_either_lane_fails_all(tmp_path: Path, mark: str) -> None:
    status, said, notes = lanes(tmp_path, {**FILES, "fails": (1, mark)})
    assert (status, len(notes)) == (1, 14), said
    assert said.splitlines()[-1].startswith("1 failed, 13 passed"), said


def test_two_tests_of_one_id_are_refused_not_lost(tmp_path: Path) -> None:
    """Workers say which tests there are by their ids alone."""
    status, said, notes = lanes(tmp_path, FILES, TWICE)
    assert status != 0
    assert notes == []
    assert "two tests have one id: test_a.py::test_one[0]" in said
