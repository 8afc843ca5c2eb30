"""Tells systemd how a process is: sd_notify(3), where `NOTIFY_SOCKET` names who wants to know."""

import os
import socket
from collections.abc import Mapping
from typing import Final

READY: Final = "READY=1"
STOPPING: Final = "STOPPING=1"
ALIVE: Final = "WATCHDOG=1"


class ServiceManager:
    """Nobody, where the environment names none: everything is silent then."""

    def __init__(self, env: Mapping[str, str] = os.environ) -> None:
        self._path = env.get("NOTIFY_SOCKET", "")
        wanted = env.get("WATCHDOG_USEC", "")
        ours = env.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        self.within_sec = int(wanted) / 1e6 if ours and wanted.isdecimal() else 0.0
        """It wants to hear that we are alive at least so often; 0: it does not."""

    def tell(self, word: str) -> None:
        """A word that does not arrive is no fault of this process: it goes on."""
        if not self._path.startswith(("/", "@")):
            return
        at = "\0" + self._path[1:] if self._path.startswith("@") else self._path
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as opened:
            try:
                opened.sendto(word.encode(), at)
            except OSError:
                return  # the manager is away or full; it knows what silence means
