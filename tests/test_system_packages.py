"""The tests' own needs: on a machine without them, `make test` says the line that installs them."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "tools/system_packages.sh"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A machine with nothing of it installed, where apt-get writes down what it is asked."""
    for name, does in {
        "dpkg-query": "exit 1",
        "apt-get": f'echo "$@" >> {tmp_path}/asked',
        "id": f"cat {tmp_path}/uid",
    }.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)
    return tmp_path


def run(programs: Path, uid: int) -> "subprocess.CompletedProcess[str]":
    (programs / "uid").write_text(str(uid))
    path = {"PATH": f"{programs}:/usr/bin:/bin"}
    return subprocess.run([SCRIPT], env=path, capture_output=True, text=True, check=False)


def test_whoever_may_not_install_is_told_the_one_line(programs: Path) -> None:
    done = run(programs, uid=1_000)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "apt-get install" in line
    assert "chromium" in line
    assert not (programs / "asked").exists()


def test_root_installs_what_is_missing(programs: Path) -> None:
    assert run(programs, uid=0).returncode == 0
    update, install = (programs / "asked").read_text().splitlines()
    assert update.startswith("update")
    assert {"install", "chromium", "postgresql"} < set(install.split())
