"""`forepost speedtest` as a user calls it."""

import os
import re
import signal
import subprocess
import sys

import msgspec

from forepost.wire.probes.speedtest import SpeedtestPayload
from tests.free_ports import free_port
from tests.lab.speed import librespeed

COMMAND = [sys.executable, "-m", "forepost.cli.main", "speedtest"]


def call(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200", **(env or {})},
    )


def test_one_side_serves_and_the_other_measures() -> None:
    with subprocess.Popen(
        [*COMMAND, "--serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        said = server.stdout.readline() + server.stdout.readline()
        found = re.search(r"--server ADDRESS:(\d+) --token (\S+)", said)
        assert found, said
        at, token = f"127.0.0.1:{found[1]}", found[2]
        done = call("-s", at, "-t", "0.5", "--json", env={"FOREPOST_SPEEDTEST_TOKEN": token})
        got = msgspec.json.decode(done.stdout, type=SpeedtestPayload)
        assert (done.returncode, done.stderr, got.error) == (0, "", "")
        assert got.test_data[0].dl_speed > 1e6
        done = call("-s", at, "--json", "--token", "guessed")
        got = msgspec.json.decode(done.stdout, type=SpeedtestPayload)
        assert (done.returncode, got.test_data) == (3, [])
        assert "not one of this responder" in got.error
        server.send_signal(signal.SIGINT)
        assert server.wait(5) == 0


def test_a_librespeed_server_and_what_cannot_be_measured() -> None:
    with librespeed() as url:
        done = call("-s", url, "-t", "0.5", "--no-download")
    assert (done.returncode, done.stderr) == (0, "")
    assert "upload" in done.stdout
    assert "download" not in done.stdout
    done = call("-s", f"127.0.0.1:{free_port()}")
    assert (done.returncode, done.stdout.strip()) == (3, "")
    assert "127.0.0.1: connection refused" in done.stderr
    for arguments in ((), ("-s", "http://x", "--no-upload", "--no-download"), ("-s", "x:y")):
        assert call(*arguments).returncode == 2
