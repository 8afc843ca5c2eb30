"""What `forepost up` says when it cannot start."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.free_ports import free_port


def up(folder: Path, listen: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "forepost.cli.main",
            "up",
            "--data",
            str(folder),
            "--listen",
            listen,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=45,
    )


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        found = up(tmp_path, listen)
    assert found.returncode == 1
    assert f"--listen {listen}: Address already in use" in found.stderr


def test_an_address_of_another_host_is_named(tmp_path: Path) -> None:
    found = up(tmp_path, "192.0.2.1:80")
    assert found.returncode == 1
    assert "--listen 192.0.2.1:80: " in found.stderr


@pytest.mark.parametrize("listen", ["8080", "localhost:http"])
def test_an_address_that_is_none_is_named(tmp_path: Path, listen: str) -> None:
    found = up(tmp_path, listen)
    assert found.returncode == 2
    assert f"--listen: '{listen}'" in found.stderr


def test_a_store_that_lies_beside_its_place_is_not_passed_by(tmp_path: Path) -> None:
    (tmp_path / "meta.sqlite").touch()
    found = up(tmp_path, f"127.0.0.1:{free_port()}")
    assert (found.returncode, found.stderr.count("\n")) == (1, 1)
    assert "is restored with --data DIR/controller" in found.stderr
    assert not (tmp_path / "controller").exists()


def test_a_restored_store_asks_for_its_admin(tmp_path: Path) -> None:
    (tmp_path / "controller").mkdir()
    (tmp_path / "controller/meta.sqlite").touch()
    found = up(tmp_path, f"127.0.0.1:{free_port()}")
    assert (found.returncode, found.stderr.count("\n")) == (1, 1)
    assert "FOREPOST_ADMIN__EMAIL and FOREPOST_ADMIN__PASSWORD" in found.stderr
    assert not (tmp_path / "first-login.json").exists()
