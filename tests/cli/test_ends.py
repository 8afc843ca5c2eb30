"""How a verb ends that cannot go on: one line, a status, no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forepost.kit.program import CANNOT_START, WRONG_SETTINGS
from tests.running import forepost

FOREPOST = [sys.executable, "-m", "forepost.cli.main"]


def run(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("FOREPOST_")}
    return forepost(*arguments, env={**inherited, **env})


@pytest.mark.parametrize("listen", ["127.0.0.1:99999", "127.0.0.1", "127.0.0.1:x", "", "::1:80"])
def test_up_says_which_address_is_none(tmp_path: Path, listen: str) -> None:
    done = run("up", "--data", str(tmp_path / "data"), "--listen", listen)
    assert done.returncode == WRONG_SETTINGS, done.stderr
    assert done.stderr.startswith(f"forepost up: --listen: {listen!r}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("verb", ["up", "backup", "restore"])
def test_a_file_is_no_folder(tmp_path: Path, verb: str) -> None:
    file = tmp_path / "x"
    file.write_text("x")
    arguments = {"up": [], "backup": [str(tmp_path / "b")], "restore": [str(tmp_path / "b")]}
    done = run(verb, *arguments[verb], "--data", str(file / "below"))
    assert done.returncode in (1, 2, CANNOT_START), done.stderr
    assert done.stderr.startswith(f"forepost {verb}: ")
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_agent_refuses_a_port_that_is_none(tmp_path: Path) -> None:
    here = {"FOREPOST_NODE__STATE_DIR": str(tmp_path / "agent")}
    done = run("agent", **here, FOREPOST_SPEEDTEST__LISTEN="127.0.0.1:99999")
    assert done.returncode == WRONG_SETTINGS
    assert done.stderr.startswith("forepost agent: speedtest.listen: '127.0.0.1:99999'")


def test_whoever_reads_may_have_had_enough() -> None:
    """`forepost ... | head -1` ends without a word."""
    command = f"{' '.join(FOREPOST)} ping 127.0.0.1 --count 3 --interval 0.2 --json | head -c 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=45,
    )
    assert done.stdout == "{"
    assert not done.stderr, done.stderr
