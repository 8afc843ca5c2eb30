"""How a process of forepost begins and ends: with one line where it cannot go on."""

import os
import sys
from collections.abc import Callable
from typing import Final

from forepost.kit import log, parent
from forepost.kit.folder_lock import TAKEN, Taken
from forepost.kit.settings import WrongSettings

WRONG_SETTINGS: Final = 2
CANNOT_START: Final = 3
NOT_NOW: Final = 75
"""As `EX_TEMPFAIL` of sysexits.h: whoever started the process may try again."""
FOR_GOOD: Final = frozenset({WRONG_SETTINGS, CANNOT_START, TAKEN})
"""Statuses after which another try is of no use."""


class CannotStart(Exception):
    """Something here is not as it must be, and trying again does not help; the text says what."""


class NotNow(Exception):
    """Something elsewhere that is needed is not there; the text says what."""


_STATUSES: Final[dict[type[Exception], int]] = {
    WrongSettings: WRONG_SETTINGS,
    CannotStart: CANNOT_START,
    Taken: TAKEN,
    NotNow: NOT_NOW,
    # Nothing of ours lets one out where the host is as it should be.
    OSError: CANNOT_START,
}


def run_program(name: str, run: Callable[[], int]) -> int:
    """Run until it ends by itself; return the status to exit with.

    2: the settings are wrong. 3: it cannot start. 4: another process has the folder. 75: something
    that it needs is not there now.
    """
    os.umask(0o077)
    try:
        log.start()
        parent.follow()
        return run()
    except Exception as error:
        status = said(name, error)
        if status is None:
            raise
        return status


def said(name: str, error: BaseException) -> int | None:
    """Say in one line why a program ends, and return its status; None: it is a fault of ours."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            sys.stderr.write(f"forepost {name}: {' '.join(str(error).split())}\n")
            return status
    return None
