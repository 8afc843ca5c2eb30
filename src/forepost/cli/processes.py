"""Controller and agent as processes of a command: started, started again, stopped in order."""

import signal
import socket
import sys
from contextlib import suppress
from subprocess import DEVNULL
from typing import Final

import anyio
from anyio.abc import Process, TaskGroup

from forepost.kit.clock import SystemClock
from forepost.kit.http import Unreachable, request
from forepost.kit.listeners import host_port
from forepost.kit.program import FOR_GOOD

READY_SEC: Final = 60.0
STOP_SEC: Final = 15.0
LONGEST_PAUSE_SEC: Final = 30.0

_clock = SystemClock()


class NotStarted(Exception):
    """The controller did not come up; the text says what is known."""


async def keep(part: str, env: dict[str, str], arguments: list[str]) -> None:
    """Run a part of forepost, and again when it ends by itself; stop it when we are stopped.

    Raises NotStarted where it ended for good.
    """
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
            f"forepost: the {part} ended with status {status}; again in {pause:.0f} s\n"
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


def check_free(listen: str) -> None:
    """Before another server on that port is taken for our own. Raises NotStarted."""
    host, port = host_port(listen, "--listen")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise NotStarted(f"--listen {listen}: {error.strerror}") from None


async def ready(url: str) -> None:
    """Return when the controller at `url` answers. Raises NotStarted."""
    deadline = _clock.monotonic() + READY_SEC
    while _clock.monotonic() < deadline:
        with suppress(Unreachable):
            if (await request("GET", f"{url}/readyz")).status == 200:
                return
        await _clock.sleep(0.1)
    raise NotStarted(f"the controller at {url} is not ready after {READY_SEC:.0f} s")


async def stop_on_signal(tasks: TaskGroup) -> None:
    """Cancel `tasks` at SIGINT or SIGTERM."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            tasks.cancel_scope.cancel()
            return
