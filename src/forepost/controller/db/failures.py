"""What it means when the metadata database says no: it is away, the disk is full, or our fault."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from forepost.kit.errors import Unavailable

LOST: Final = (OperationalError, InterfaceError, PoolTimeoutError, OSError)
"""The database cannot be used now; all else is a fault of ours, or of what is written."""
_FULL_WORDS: Final = ("disk is full", "no space left", "could not extend file")


class BrokenReferences(Exception):
    """A migration lost rows; it is rolled back."""


class UnknownRevision(Exception):
    """The schema is of a revision that this version does not know."""


Failure = Literal["away", "full"]
FAILURES: Final[dict[Failure, tuple[int, str]]] = {
    "away": (503, "the database cannot be reached now: try again"),
    "full": (507, "the controller's disk is full: nothing can be kept before some of it is freed"),
}
"""Status and words of an answer."""


def failure_of(error: BaseException) -> Failure | None:
    """None: it is no failure of the database, or not one that will pass."""
    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, OSError) and one.errno in (errno.ENOSPC, errno.EDQUOT):
            return "full"
        if isinstance(one, DBAPIError) and any(w in str(one).lower() for w in _FULL_WORDS):
            return "full"
    for one in chain:
        if isinstance(one, (OperationalError, InterfaceError, PoolTimeoutError)):
            return "away"
        if isinstance(one, DBAPIError) and (one.connection_invalidated or one.statement is None):
            return "away"  # without a statement it could not even connect
        if isinstance(one, (ConnectionError, TimeoutError)):
            return "away"
    return None


def as_lost(error: DBAPIError) -> DBAPIError:
    """The error as one of LOST where it means that the database is away: a server that lets nobody
    in says so in words of its own.
    """
    if isinstance(error, LOST) or failure_of(error) != "away":
        return error
    assert error.orig is not None
    return OperationalError(error.statement, error.params, error.orig)


@contextmanager
def unavailable_while_lost(what: str) -> Iterator[None]:
    """Let whoever reads `what` inside hear of a database that is away as Unavailable."""
    try:
        yield
    except LOST as error:
        raise Unavailable(f"{what}: {reason_of(error)}") from error


def reason_of(error: BaseException) -> str:
    """The driver's own words, in one line."""
    innermost = list(_chain(error))[-1]
    return " ".join(str(innermost).split()) or type(innermost).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was made of, the outermost first."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, BaseExceptionGroup):
            seen = seen.exceptions[0]
        yield seen
        original = seen.orig if isinstance(seen, DBAPIError) else None
        seen = original or seen.__cause__
