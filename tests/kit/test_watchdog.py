"""A loop that stands still ends its process, with the stacks; one that goes on never does."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from forepost.kit.service_manager import READY, ServiceManager
from forepost.kit.watchdog import STUCK
from tests.free_ports import free_port

STUCK_SEC = 1.2
ALONE = """
import anyio, time, sys
from forepost.kit.clock import SystemClock
from forepost.kit.watchdog import Watchdog

def stand_still(): time.sleep(60)

async def main():
    dog = Watchdog(SystemClock(), stuck_sec={stuck})
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(dog.run)
        dog.ready()
        await anyio.sleep({before})
        print("now", flush=True)
        {then}
        dog.stopping()
        tasks.cancel_scope.cancel()
anyio.run(main)
"""
AGENT = """
import anyio, time
from forepost.agent import settings
from forepost.agent.main import run

def stand_still(): time.sleep(60)

async def main():
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: run(settings.read(None), stuck_sec={stuck}))
        await anyio.sleep(2)
        stand_still()
anyio.run(main)
"""
CONTROLLER = """
import anyio, time
from forepost.controller import settings
from forepost.controller.server import serve

def stand_still(): time.sleep(60)

async def main():
    started = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: serve(settings.read(None), started.set, stuck_sec={stuck}))
        await started.wait()
        await anyio.sleep(0.5)
        stand_still()
anyio.run(main, backend_options={{"use_uvloop": True}})
"""


def ran(code: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


def test_a_loop_that_stands_still_ends_its_process_and_says_where() -> None:
    began = time.monotonic()
    done = ran(ALONE.format(stuck=STUCK_SEC, before=0.3, then="stand_still()"))
    assert done.returncode == STUCK
    assert "the event loop has stood still for 1.2 s: ending with status 70" in done.stderr
    assert "in stand_still" in done.stderr
    assert time.monotonic() - began < 15


def test_a_loop_that_goes_on_is_left_alone() -> None:
    done = ran(ALONE.format(stuck=0.6, before=2.0, then="pass"))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_process_that_was_stopped_is_not_stuck() -> None:
    code = ALONE.format(stuck=STUCK_SEC, before=0.5, then="await anyio.sleep(2)")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        assert child.stdout.readline() == "now\n"
        child.send_signal(signal.SIGSTOP)
        time.sleep(2 * STUCK_SEC)
        child.send_signal(signal.SIGCONT)
        assert child.wait(20) == 0


def test_the_agent_and_the_controller_have_one(tmp_path: Path) -> None:
    agent = ran(AGENT.format(stuck=STUCK_SEC), FOREPOST_NODE__STATE_DIR=str(tmp_path / "agent"))
    assert agent.returncode == STUCK, agent.stderr
    assert "in stand_still" in agent.stderr
    controller = ran(
        CONTROLLER.format(stuck=STUCK_SEC),
        FOREPOST_DATA__DIR=str(tmp_path / "data"),
        FOREPOST_HTTP__LISTEN=f"127.0.0.1:{free_port()}",
    )
    assert controller.returncode == STUCK, controller.stderr
    assert "in stand_still" in controller.stderr


def test_systemd_is_told(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        ran(
            ALONE.format(stuck=30, before=2, then="pass"),
            NOTIFY_SOCKET=str(tmp_path / "notify"),
            WATCHDOG_USEC="600000",
        )
        words = list[str]()
        while select.select([manager], [], [], 0)[0]:  # the process is over: all of it is here
            words.append(manager.recv(100).decode())
        assert words[0] == "READY=1"
        before = words[: words.index("STOPPING=1")]
        assert before.count("WATCHDOG=1") >= 2
        # A beat that was due in the same moment may still come after the last word.
        assert set(words[len(before) + 1 :]) <= {"WATCHDOG=1"}


def test_systemd_is_told_at_an_abstract_name_and_nobody_where_there_is_none() -> None:
    ServiceManager({}).tell(READY)
    ServiceManager({"NOTIFY_SOCKET": "/nowhere/at/all"}).tell(READY)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0forepost-test-{os.getpid()}")
        manager.settimeout(5)
        ServiceManager({"NOTIFY_SOCKET": f"@forepost-test-{os.getpid()}"}).tell(READY)
        assert manager.recv(100) == b"READY=1"
    assert ServiceManager({"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}).within_sec == 0
    assert ServiceManager({"WATCHDOG_USEC": "1000000"}).within_sec == 1
