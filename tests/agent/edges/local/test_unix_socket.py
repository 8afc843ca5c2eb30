"""A socket's path: mode, group, what a dead process left, what a live one has."""

import socket
import stat
import threading
from pathlib import Path

import pytest

from forepost.agent.edges.local import unix_socket
from forepost.agent.edges.local.unix_socket import InUse


def test_its_mode_is_0660_at_every_moment(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    seen: set[int] = set()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            try:
                seen.add(stat.S_IMODE(path.stat().st_mode))
            except FileNotFoundError:
                continue

    watcher = threading.Thread(target=look)
    watcher.start()
    tries = 0
    while tries < 200 or not seen:  # a busy machine may not let the watcher look at all
        unix_socket.listen(path).close()
        path.unlink()
        tries += 1
    stop.set()
    watcher.join()
    assert seen == {0o660}


def test_its_group_is_the_one_named(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    with unix_socket.listen(path, group="nogroup"):
        assert path.group() == "nogroup"
    with pytest.raises(LookupError):
        unix_socket.listen(path, group="no such group here")
    assert not path.exists()


def test_what_a_dead_process_left_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    unix_socket.listen(path).close()
    assert path.exists()
    unix_socket.listen(path).close()


def test_a_live_socket_and_a_file_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    with unix_socket.listen(path):
        with pytest.raises(InUse, match="another process listens there"):
            unix_socket.listen(path)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
    file = tmp_path / "notes"
    file.write_text("mine")
    with pytest.raises(InUse, match="no socket"):
        unix_socket.listen(file)
    assert file.read_text() == "mine"


def test_a_path_is_107_bytes_at_most(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="107 bytes at most"):
        unix_socket.listen(tmp_path / ("x" * 120))
    assert list(tmp_path.iterdir()) == []
