"""`forepost demo`: a controller and panel with made-up sites that measure made-up networks."""

import logging
import os
import secrets
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Final

import anyio

from forepost.cli.demo.agents import Agents
from forepost.cli.processes import NotStarted, check_free, keep, ready, stop_on_signal
from forepost.cli.rest import Api, RestRefused
from forepost.kit.http import Unreachable
from forepost.kit.parent import PARENT

EMAIL: Final = "demo@forepost.local"
WORKSPACE: Final = "Acme and Nordwind"
MOST_HOURS: Final = 24 * 14


def demo(*, listen: str = "127.0.0.1:8080", hours: int = 24, password: str = "") -> int:
    """Start a controller with made-up sites, for a look around; all of it is gone at Ctrl-C.

    Nothing leaves this host: the sites and what they measure are computed. One site is cut off,
    one loses packets, one has a certificate that ends soon, one took another way this morning.
    Exit status: 0 stopped by a signal, 1 could not start.

    Parameters
    ----------
    listen
        Address and port of the controller and its panel.
    hours
        How much of the past there is, up to 336.
    password
        Of the demo's account; made up where it is empty.

    """
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    if not 1 <= hours <= MOST_HOURS:
        sys.stderr.write(f"forepost demo: --hours {hours}: 1 to {MOST_HOURS} is possible\n")
        return 2
    status = 0
    try:
        check_free(listen)
        with tempfile.TemporaryDirectory(prefix="forepost-demo-") as folder:
            word = password or secrets.token_urlsafe(12)
            anyio.run(partial(_run, Path(folder), listen, hours, word))
    except* (NotStarted, Unreachable, RestRefused) as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        sys.stderr.write(f"forepost demo: {error}\n")
        status = 1
    return status


async def _run(folder: Path, listen: str, hours: int, password: str) -> None:
    url = f"http://{listen}"
    env = {
        **os.environ,
        "FOREPOST_HTTP__LISTEN": listen,
        "FOREPOST_DATA__DIR": str(folder),
        "FOREPOST_ADMIN__EMAIL": EMAIL,
        "FOREPOST_ADMIN__PASSWORD": password,
        PARENT: str(os.getpid()),
    }
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stop_on_signal, tasks)
        tasks.start_soon(keep, "controller", env, [])
        await ready(url)
        login = {"email": EMAIL, "password": password}
        session = await Api(url, "").ask("POST", "/auth/login", login)
        agents = Agents(Api(url, session["token"]))
        await agents.make(WORKSPACE)
        _say(f"forepost demo: the past {hours} hours are being made …\n")
        await agents.tell_past(hours)
        await agents.assign()
        _say(
            "forepost demo is running; nothing of it is real, and Ctrl-C removes it.\n"
            f"  panel     {url}\n"
            f"  email     {EMAIL}\n"
            f"  password  {password}\n"
        )
        await agents.stay()


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
