"""What a confined helper can still do, and what it cannot; tried in processes of their own."""

import platform
import socket
import struct
import subprocess
import sys

import pytest

from forepost.kit.confinement import METER, STREAMS, confine, program

START = """
import ctypes, os, socket, subprocess, sys, threading
from forepost.kit import confinement
why = confinement.confine(confinement.{kind})
assert not why, why
def tried(what):
    try:
        what()
    except PermissionError:
        return "denied"
    return "done"
"""


def told(kind: str, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", START.format(kind=kind) + code],
        capture_output=True,
        text=True,
        check=False,
        timeout=45,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("kind", ["METER", "STREAMS"])
@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("lambda: open('/proc/self/status').read()", "done"),
        ("lambda: __import__('fractions')", "done"),
        ("lambda: os.listdir('/')", "done"),
        ("lambda: [(t := threading.Thread(target=len, args=('',))).start(), t.join()]", "done"),
        ("lambda: os.urandom(9)", "done"),
        ("lambda: open('/tmp/forepost-never', 'w')", "denied"),
        ("lambda: os.open('/tmp', os.O_TMPFILE | os.O_RDWR)", "denied"),
        ("lambda: os.unlink('/tmp/forepost-never')", "denied"),
        ("lambda: os.mkdir('/tmp/forepost-never')", "denied"),
        ("lambda: os.chmod('/', 0o755)", "denied"),
        ("lambda: os.fork()", "denied"),
        ("lambda: subprocess.run(['/bin/true'])", "denied"),
        ("lambda: os.execv('/bin/true', ['true'])", "denied"),
        ("lambda: os.kill(os.getppid(), 0)", "denied"),
        ("lambda: os.setuid(0)", "denied"),
        ("lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)", "denied"),
        ("lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)", "denied"),
    ],
)
def test_a_helper_reads_and_computes_and_nothing_else(kind: str, what: str, expected: str) -> None:
    assert told(kind, f"print(tried({what}))") == expected


def test_only_speed_tests_connect() -> None:
    made = "lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)"
    assert told("METER", f"print(tried({made}))") == "denied"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        code = f"socket.create_connection(('localhost', {port})).close()\n"
        assert told("STREAMS", code + "print(socket.if_nametoindex('lo') > 0)") == "True"


@pytest.mark.parametrize("machine", [(0, 0xC000_003E), (1, 0xC000_00B7)])
@pytest.mark.parametrize("more", [METER, STREAMS])
def test_the_program_is_whole_on_every_machine(
    machine: tuple[int, int], more: dict[str, tuple[int, int]]
) -> None:
    """Every jump leads into it, and every way ends in an answer."""
    steps = list(struct.iter_unpack("=HBBI", program(*machine, more)))
    assert len(steps) < 256
    for at, (code, yes, no, _) in enumerate(steps):
        if code & 0x07 == 0x05:
            assert at + 1 + max(yes, no) < len(steps)
    assert steps[-1][0] == 0x06


def test_another_machine_goes_on_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert confine(METER) == "no list of system calls for riscv64"
