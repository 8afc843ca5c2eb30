"""Keeps a service running for as long as its scope lives."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

import anyio

from forepost.kit.clock import Clock
from forepost.kit.folder_lock import Taken
from forepost.kit.health import Health
from forepost.kit.program import CannotStart

FIRST_SEC, LONGEST_SEC = 1.0, 60.0
STEADY_SEC: Final = 10.0
"""A service that was begun anew and runs for so long is well again."""

_log = logging.getLogger(__name__)


async def keep(name: str, run: Callable[[], Awaitable[None]], clock: Clock, health: Health) -> None:
    """Call `run` again, after a growing pause, whenever it fails; return when it returns.

    Raises CannotStart and Taken of `run`: the process has to end.
    """
    pause, reason = FIRST_SEC, ""
    while True:
        started = clock.monotonic()
        error = await _run(name, run, reason, clock, health)
        if error is None:
            health.well(name)
            return
        if isinstance(error, CannotStart | Taken):
            raise error  # not even another start would help
        _log.debug("%s failed", name, exc_info=error)
        reason = f"{type(error).__name__}: {error}"
        health.ill(name, reason)
        if clock.monotonic() - started > LONGEST_SEC:
            pause = FIRST_SEC
        await clock.sleep(pause)
        pause = min(2 * pause, LONGEST_SEC)


async def _run(
    name: str, run: Callable[[], Awaitable[None]], reason: str, clock: Clock, health: Health
) -> Exception | None:
    """Run until it returns or fails: why it failed. `reason`: why it did before."""
    failed: list[Exception] = []

    async def steady() -> None:
        await clock.sleep(STEADY_SEC)
        # A service may say of itself what is wrong, by the same name: that stays.
        if health.problems.get(name) == reason:
            health.well(name)

    async with anyio.create_task_group() as tasks:
        if reason:
            tasks.start_soon(steady)
        try:
            await run()
        except Exception as error:  # noqa: BLE001 - the one place that may
            failed.append(error)
        tasks.cancel_scope.cancel()
    return failed[0] if failed else None
