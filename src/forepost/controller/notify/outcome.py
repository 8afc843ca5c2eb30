"""What became of an attempt, and when there is another. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from forepost.controller.notify.retry_after import wait_sec
from forepost.controller.notify.words import one_line

MOST_REFUSALS: Final = 3
LONGEST_ERROR: Final = 500
LONGEST_WISH_SEC: Final = 3_600.0


class Outcome(msgspec.Struct, frozen=True):
    verdict: Literal["sent", "again", "refused", "never"]
    """again: it may pass. refused: the receiver does not want it, which a person may change soon.
    never: there is no use in trying.
    """
    error: str = ""
    status: int | None = None
    """Of HTTP."""
    wish_sec: float = 0.0
    """How long the receiver asks us to wait."""


def pause_after(outcome: Outcome, attempts: int, pauses: Sequence[float]) -> float | None:
    """Seconds until the next attempt, this one being number `attempts` from 1; None: no other."""
    if outcome.verdict in ("sent", "never") or attempts > len(pauses):
        return None
    if outcome.verdict == "refused" and attempts >= MOST_REFUSALS:
        return None
    return max(pauses[attempts - 1], min(outcome.wish_sec, LONGEST_WISH_SEC))


def of_status(status: int, said: str, retry_after: str, now: datetime) -> Outcome:
    """What an answer over HTTP means. Redirects are answers, not advice: none is followed."""
    if 200 <= status < 300:
        return Outcome("sent", status=status)
    error = shortened(f"HTTP {status}" + (f": {said}" if said.strip() else ""))
    if status == 410:
        return Outcome("never", error, status)
    if 300 <= status < 500 and status not in (408, 425, 429):
        return Outcome("refused", error, status)
    return Outcome("again", error, status, wait_sec(retry_after, now, LONGEST_WISH_SEC))


def shortened(text: str) -> str:
    """One line of printable characters, cut to what the log keeps."""
    line = one_line(text)
    return line if len(line) <= LONGEST_ERROR else line[: LONGEST_ERROR - 1] + "…"
