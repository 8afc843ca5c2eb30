"""`forepost up`: controller, panel and one local agent, out of one folder."""

import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL
from typing import Annotated, Final

import anyio
from anyio.abc import Process, TaskGroup
from cyclopts import Parameter

from forepost.cli import folders
from forepost.cli.first_start import NoPlace, Start, prepare
from forepost.cli.rest import RestRefused
from forepost.kit import files
from forepost.kit.clock import SystemClock
from forepost.kit.folder_lock import TAKEN, FolderLock, Taken
from forepost.kit.http import Unreachable, request
from forepost.kit.listeners import host_port
from forepost.kit.parent import PARENT
from forepost.kit.program import FOR_GOOD
from forepost.kit.state_file import Damaged

READY_SEC: Final = 60.0
STOP_SEC: Final = 15.0
LONGEST_PAUSE_SEC: Final = 30.0

_clock = SystemClock()


class NotStarted(Exception):
    """The controller did not come up; the text says what is known."""


def up(
    *,
    data: Path | None = None,
    listen: str = "127.0.0.1:8080",
    probe: Annotated[list[str] | None, Parameter(negative="")] = None,
) -> int:
    """Start everything on this host and stay until Ctrl-C; start again with the same data.

    Exit status: 0 stopped by a signal, 1 could not start, 2 wrong use, 3 no folder can be there,
    4 another process has the folder.

    Parameters
    ----------
    data
        The folder for all that is kept.
    listen
        Address and port of the controller and its panel.
    probe
        A host to ping instead of loopback and the default gateway (repeatable; first start only).

    """
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    folder = files.private_folder((data or folders.state()).absolute())
    status = 0
    try:
        with FolderLock.take(folder):
            _check_free(listen)
            anyio.run(_run, folder, listen, probe or [])
    except* (Taken, NotStarted, NoPlace, Unreachable, RestRefused, Damaged) as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        sys.stderr.write(f"forepost up: {error}\n")
        status = TAKEN if isinstance(error, Taken) else 1
    return status


async def _run(folder: Path, listen: str, hosts: list[str]) -> None:
    start = Start(folder, listen, hosts)
    start.check()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_stop_on_signal, tasks)
        async with anyio.create_task_group() as controllers:
            env = {**os.environ, **start.controller_env(), PARENT: str(os.getpid())}
            controllers.start_soon(_keep, "controller", env, [])
            await _ready(start.url)
            said = await prepare(start)
            async with anyio.create_task_group() as agents:
                env = {**os.environ, **start.agent_env(), PARENT: str(os.getpid())}
                agents.start_soon(_keep, "agent", env, [str(start.agent_toml)])
                sys.stdout.write(said)
                sys.stdout.flush()


async def _keep(part: str, env: dict[str, str], arguments: list[str]) -> None:
    """Run a part of forepost, and again when it ends by itself; stop it when we are stopped."""
    pause = 1.0
    env.setdefault("FOREPOST_LOG", "WARNING")
    while True:
        process = await anyio.open_process(
            [sys.executable, "-m", f"forepost.{part}", *arguments],
            env=env,
            stdin=DEVNULL,
            stdout=None,
            stderr=None,
            start_new_session=True,  # Ctrl-C is ours to hear; we stop the parts in order
        )
        started = _clock.monotonic()
        try:
            status = await process.wait()
        finally:
            await _stop(process)
        if status in FOR_GOOD:
            raise NotStarted(f"the {part} ended with status {status}: its reason is above")
        sys.stderr.write(
            f"forepost up: the {part} ended with status {status}; again in {pause:.0f} s\n"
        )
        if _clock.monotonic() - started > LONGEST_PAUSE_SEC:
            pause = 1.0
        await _clock.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SEC)


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    with anyio.CancelScope(shield=True):
        with suppress(ProcessLookupError):
            process.terminate()
        with anyio.move_on_after(STOP_SEC):
            await process.wait()
            return
        process.kill()
        await process.wait()


def _check_free(listen: str) -> None:
    """Before another server on that port is taken for our own. Raises NotStarted."""
    host, port = host_port(listen, "--listen")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise NotStarted(f"--listen {listen}: {error.strerror}") from None


async def _ready(url: str) -> None:
    deadline = _clock.monotonic() + READY_SEC
    while _clock.monotonic() < deadline:
        with suppress(Unreachable):
            if (await request("GET", f"{url}/readyz")).status == 200:
                return
        await _clock.sleep(0.1)
    raise NotStarted(f"the controller at {url} is not ready after {READY_SEC:.0f} s")


async def _stop_on_signal(tasks: TaskGroup) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            tasks.cancel_scope.cancel()
            return
