"""What holds for every verb of `forepost`."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from forepost.cli.main import _tell_all_of, app

COMMAND = [sys.executable, "-m", "forepost.cli.main"]
VERBS = sorted(name for name in app if not name.startswith("-") and name != "version")


@pytest.mark.parametrize("verb", VERBS)
def test_help_says_the_exit_statuses(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [[verb]]
    if verb in {"user", "groups", "flows", "ms", "config", "token", "jobs", "snmp"}:
        asked = [[verb, name] for name in app[verb] if not name.startswith("-")]
    for words in asked:
        _tell_all_of(words[0])
        app.help_print(words)
        assert re.search(r"Exit status:|Exits\s", capsys.readouterr().out), words


def test_who_reads_no_further_is_no_error() -> None:
    with subprocess.Popen(
        [*COMMAND, "version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_output_that_finds_no_room_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        found = subprocess.run(
            [*COMMAND, "version"], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60
        )
    assert found.returncode == 1
    assert found.stderr == b"forepost version: [Errno 28] No space left on device\n"
