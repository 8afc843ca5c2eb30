"""Keeps a service running for as long as its scope lives."""

import logging
from collections.abc import Awaitable, Callable

from forepost.kit.clock import Clock
from forepost.kit.folder_lock import Taken
from forepost.kit.health import Health
from forepost.kit.program import CannotStart

FIRST_SEC, LONGEST_SEC = 1.0, 60.0

_log = logging.getLogger(__name__)


async def keep(name: str, run: Callable[[], Awaitable[None]], clock: Clock, health: Health) -> None:
    """Call `run` again, after a growing pause, whenever it fails; return when it returns.

    Raises CannotStart and Taken of `run`: the process has to end.
    """
    pause = FIRST_SEC
    while True:
        started = clock.monotonic()
        try:
            await run()
        except (CannotStart, Taken):
            raise  # not even another start would help
        except Exception as error:  # noqa: BLE001 - the one place that may
            _log.debug("%s failed", name, exc_info=True)
            health.ill(name, f"{type(error).__name__}: {error}")
        else:
            health.well(name)
            return
        if clock.monotonic() - started > LONGEST_SEC:
            pause = FIRST_SEC
        await clock.sleep(pause)
        pause = min(2 * pause, LONGEST_SEC)
