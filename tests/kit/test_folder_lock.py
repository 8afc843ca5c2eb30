"""A folder of state has one process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forepost.kit.folder_lock import TAKEN, FolderLock, Taken
from tests.free_ports import free_port
from tests.running import ControllerProcess


def test_a_folder_is_taken_once_and_its_holder_is_named(tmp_path: Path) -> None:
    with FolderLock.take(tmp_path):
        with pytest.raises(Taken, match=rf"{tmp_path} is in use by process {os.getpid()}$"):
            FolderLock.take(tmp_path)
        assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
    with FolderLock.take(tmp_path):
        pass


def test_children_do_not_hold_it(tmp_path: Path) -> None:
    with FolderLock.take(tmp_path):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with FolderLock.take(tmp_path):
            pass
    finally:
        child.communicate(b"\n")


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="lock"):
        FolderLock.take(tmp_path)
    assert (tmp_path / "precious").read_text() == "precious"


def second(*arguments: str, **env: str) -> tuple[int, str]:
    """Exit status and what was said; one that waits for the lock fails by the time-out."""
    ended = subprocess.run(
        [sys.executable, "-m", *arguments],
        env=os.environ | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=45,
    )
    return ended.returncode, ended.stderr


@pytest.mark.parametrize("part", ["agent", "controller"])
def test_a_second_process_ends_at_once_in_one_line(tmp_path: Path, part: str) -> None:
    env = {
        "FOREPOST_NODE__STATE_DIR": str(tmp_path),
        "FOREPOST_DATA__DIR": str(tmp_path),
        "FOREPOST_HTTP__LISTEN": f"127.0.0.1:{free_port()}",
    }
    names = {"agent": "FOREPOST_NODE", "controller": "FOREPOST_"}
    mine = {name: value for name, value in env.items() if name.startswith(names[part])}
    if part == "controller":
        del mine["FOREPOST_NODE__STATE_DIR"]
    with FolderLock.take(tmp_path):
        status, said = second(f"forepost.{part}", **mine)
    assert status == TAKEN
    assert said == f"forepost {part}: {tmp_path} is in use by process {os.getpid()}\n"


def test_up_beside_a_running_one_ends_at_once_in_one_line(tmp_path: Path) -> None:
    with FolderLock.take(tmp_path):
        listen = f"127.0.0.1:{free_port()}"
        words = ("up", "--data", str(tmp_path), "--listen", listen)
        status, said = second("forepost.cli.main", *words)
    assert status == TAKEN
    assert said == f"forepost up: {tmp_path} is in use by process {os.getpid()}\n"


def test_up_does_not_try_again_what_cannot_get_better(tmp_path: Path) -> None:
    controller = ControllerProcess(tmp_path)
    controller.env["FOREPOST_DATA__DIR"] = str(tmp_path / "controller")
    (tmp_path / "agent.toml").touch()  # as after a first start
    controller.start()
    try:
        words = ("up", "--data", str(tmp_path), "--listen", f"127.0.0.1:{free_port()}")
        status, said = second("forepost.cli.main", *words)
    finally:
        controller.end()
    assert status == 1
    assert f"{tmp_path}/controller is in use by process {controller.pid}\n" in said
    assert "Traceback" not in said
    assert len(said.splitlines()) == 2
