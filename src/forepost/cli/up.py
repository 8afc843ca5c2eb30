"""`forepost up`: controller, panel and one local agent, out of one folder."""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import anyio
from cyclopts import Parameter

from forepost.cli import folders
from forepost.cli.first_start import NoPlace, Start, prepare
from forepost.cli.processes import NotStarted, check_free, keep, ready, stop_on_signal
from forepost.cli.rest import RestRefused
from forepost.kit import files
from forepost.kit.folder_lock import TAKEN, FolderLock, Taken
from forepost.kit.http import Unreachable
from forepost.kit.parent import PARENT
from forepost.kit.state_file import Damaged


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
            check_free(listen)
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
        tasks.start_soon(stop_on_signal, tasks)
        async with anyio.create_task_group() as controllers:
            env = {**os.environ, **start.controller_env(), PARENT: str(os.getpid())}
            controllers.start_soon(keep, "controller", env, [])
            await ready(start.url)
            said = await prepare(start)
            async with anyio.create_task_group() as agents:
                env = {**os.environ, **start.agent_env(), PARENT: str(os.getpid())}
                agents.start_soon(keep, "agent", env, [str(start.agent_toml)])
                sys.stdout.write(said)
                sys.stdout.flush()
