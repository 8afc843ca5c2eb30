import os
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest

from forepost.agent.status import SOCKET
from forepost.cli.status import _backlog, _clock, _show, status
from forepost.wire.local.status import SpoolStatus, Status
from forepost.wire.uplink.clock import ClockReading


def test_a_clock_is_told_in_words() -> None:
    assert _clock(ClockReading()) == "not compared with a controller's yet"
    assert (
        _clock(ClockReading(offset_ms=-12.34, bound_ms=1.5))
        == "12.3 ms ahead of the controller's, ± 1.5 ms"
    )
    assert (
        _clock(ClockReading(offset_ms=3, bound_ms=1, stepped_ms=-2_000.0, suspended_sec=60))
        == "3.0 ms behind the controller's, ± 1.0 ms; set by -2.0 s since the start;"
        " the machine slept for 60 s"
    )


def test_what_cannot_run_and_what_is_wrong_is_said_letter_by_letter(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Reasons quote what a controller or a user wrote: none of it is markup of ours."""
    _show(
        Status(
            version="1",
            name="x",
            pid=1,
            started_at=datetime(2026, 1, 1, tzinfo=UTC),
            controller="",
            connected=False,
            workspace_id=0,
            agent_id=0,
            probes=0,
            unsupported=["probe 7: DNS: server: [red]x[/red]"],
            spool=SpoolStatus(pending=0, bytes=0, lost=0, refused=0),
            problems={"probe [1]": "[/] is no address"},
        )
    )
    said = capsys.readouterr().out
    assert "cannot run" in said
    assert "probe 7: DNS: server: [red]x[/red]" in said
    assert "probe [1]: [/] is no address" in said


def test_addresses_and_pins_are_shown_whole_in_a_narrow_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    pin = "0123456789abcdef" * 4
    _show(
        Status(
            version="1",
            name="[b]x",
            pid=1,
            started_at=datetime(2026, 1, 1, tzinfo=UTC),
            controller="http://[fd00::1]:8080",
            connected=False,
            workspace_id=0,
            agent_id=0,
            probes=0,
            spool=SpoolStatus(pending=0, bytes=0, lost=0, refused=0),
            problems={"controller": f"its pin is {pin}"},
        )
    )
    said = capsys.readouterr().out
    assert "[b]x" in said
    assert "http://[fd00::1]:8080" in said
    assert pin in "".join(said.split())


@pytest.mark.parametrize(
    ("more", "exit_status"),
    [
        ({}, 0),
        ({"problems": {"spool": "no room on the disk"}}, 1),
        ({"unsupported": ["probe 7: DNS: server: no port"]}, 1),
    ],
)
def test_a_probe_that_cannot_be_run_is_not_all_well(more: dict[str, Any], exit_status: int) -> None:
    said = Status(
        version="1",
        name="x",
        pid=1,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        controller="",
        connected=True,
        workspace_id=1,
        agent_id=1,
        probes=1,
        spool=SpoolStatus(pending=0, bytes=0, lost=0, refused=0),
        **{"problems": {}, **more},
    )

    def answer() -> None:
        client, _ = agent.accept()
        with client:
            client.sendall(msgspec.json.encode(said))

    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as agent:
        agent.bind(f"{folder}/{SOCKET}")
        agent.listen()
        answering = threading.Thread(target=answer)
        answering.start()
        assert status(state_dir=Path(folder)) == exit_status
        answering.join()


def test_who_may_not_ask_is_told_so() -> None:
    with TemporaryDirectory(dir="/tmp") as folder:
        Path(folder, "state").mkdir(0o700)
        Path(folder).chmod(0o755)
        done = subprocess.run(
            ["setpriv", "--reuid", "65534", "--clear-groups", sys.executable, "-m",
             "forepost.cli.main", "status", "--state-dir", f"{folder}/state"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "HOME": "/nonexistent"},
        )  # fmt: skip
    assert done.returncode == 3
    assert "ask as the agent's user, or as root" in done.stderr
    assert "no agent" not in done.stderr


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, ""),
        ({"backlog": 7}, "7 results"),
        ({"backlog": 7, "backlog_left_sec": 0.3}, "1 s left (7 results)"),
        ({"backlog": 7, "backlog_left_sec": 59.2}, "60 s left (7 results)"),
        ({"backlog": 9_000, "backlog_left_sec": 2_030.0}, "34 min left (9000 results)"),
        ({"backlog": 9_000, "backlog_left_sec": 14_500.0}, "4 h left (9000 results)"),
        (
            {"backlog": 9, "backlog_grows": True},
            "grows: more is measured than the line carries (9 results of before)",
        ),
    ],
)
def test_a_backlog_is_told_in_words(fields: dict[str, Any], words: str) -> None:
    spool = SpoolStatus(pending=10_000, bytes=0, lost=0, refused=0, **fields)
    assert _backlog(spool) == words
