"""Ends a process whose event loop stands still: what starts it again starts it whole.

The loop beats; a thread looks whether it did. The thread counts its own looks instead of reading a
clock: while the machine sleeps, or the process is stopped, nobody looks, and nobody is stuck. It
needs the interpreter: a call into C that never gives it up is seen by systemd's watchdog only.
"""

import faulthandler
import os
import sys
import threading
from typing import Final

from forepost.kit.clock import Clock
from forepost.kit.service_manager import ALIVE, READY, STOPPING, ServiceManager

STUCK_SEC: Final = 30.0
STUCK: Final = 70
"""Exit status of a process that was ended because its loop stood still (EX_SOFTWARE)."""
LOOKS: Final = 6


class Watchdog:
    """Has the process ended, with the stacks of all threads, when its event loop stands still."""

    def __init__(
        self, clock: Clock, manager: ServiceManager | None = None, *, stuck_sec: float = STUCK_SEC
    ) -> None:
        self._clock, self._manager = clock, manager or ServiceManager()
        self._stuck_sec = stuck_sec
        self._beats = 0
        self._over = threading.Event()

    async def run(self) -> None:
        """Beat until it is cancelled; nobody is ended after that."""
        self._over.clear()
        looking = threading.Thread(target=self._look, name="watchdog", daemon=True)
        looking.start()
        within_sec = self._manager.within_sec
        pause_sec = min(self._stuck_sec / LOOKS, within_sec / 2 or self._stuck_sec)
        try:
            while True:
                self._beats += 1
                if within_sec:
                    self._manager.tell(ALIVE)
                await self._clock.sleep(pause_sec)
        finally:
            self._over.set()

    def ready(self) -> None:
        """Say that the process does from now on what it is there for."""
        self._manager.tell(READY)

    def stopping(self) -> None:
        """Say that it was asked to end."""
        self._manager.tell(STOPPING)

    def _look(self) -> None:
        seen, idle = self._beats, 0
        while not self._over.wait(self._stuck_sec / LOOKS):
            if self._beats != seen:
                seen, idle = self._beats, 0
                continue
            idle += 1
            if idle >= LOOKS:
                self._end()

    def _end(self) -> None:
        sys.stderr.write(
            f"forepost: the event loop has stood still for {self._stuck_sec:g} s: ending with "
            f"status {STUCK}; every thread is at:\n"
        )
        sys.stderr.flush()
        faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
        os._exit(STUCK)
