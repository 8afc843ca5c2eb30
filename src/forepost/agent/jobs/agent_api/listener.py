"""Keeps the Agent API listening on its port of loopback; what is in the way is waited for."""

import errno
import socket
from collections.abc import Awaitable, Callable
from typing import Final

from forepost.kit.clock import Clock
from forepost.kit.dead_peers import give_up_dead
from forepost.kit.health import Health
from forepost.kit.listeners import BACKLOG

SUBJECT: Final = "agent api"
LOOPBACK: Final = "127.0.0.1"
"""And nowhere else: it is no setting."""
FIRST_SEC, LONGEST_SEC = 1.0, 30.0


async def listen(
    port: int, serve: Callable[[socket.socket], Awaitable[None]], clock: Clock, health: Health
) -> None:
    """For ever; a port that is taken is told, and tried again."""
    pause = FIRST_SEC
    while True:
        try:
            listener = socket.create_server((LOOPBACK, port), backlog=BACKLOG)
            give_up_dead(listener)
            health.well(SUBJECT)
            pause = FIRST_SEC
            await serve(listener)
        except OSError as error:
            why = error.strerror or str(error)
            if error.errno == errno.EADDRINUSE:
                why = f"port {port} is taken; see forepost doctor"
            health.ill(SUBJECT, why)
        await clock.sleep(pause)
        pause = min(2 * pause, LONGEST_SEC)
