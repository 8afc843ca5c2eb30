"""How much a controller may say to its agent: it may be somebody else's by now. Pure.

What it may want of a subject is the subject's to know (agent/document.py).
"""

from datetime import UTC, datetime
from typing import Final

from forepost.agent.talk import TooMuch
from forepost.wire.uplink.clock import TimeIs

LARGEST_MESSAGE: Final = 16 << 20
MOST_VALUES: Final = 1_000_000
"""Of one message, by its commas and brackets: 10,000 targets have a tenth."""
LONGEST_TEXT: Final = 500
"""Of what a controller says in words, in logs and problems."""
EARLIEST, LATEST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def check_message(body: str) -> None:
    """Before it is decoded. Raises TooMuch."""
    values = body.count(",") + body.count("{") + body.count("[")
    if values > MOST_VALUES:
        raise TooMuch(f"a message of {values:,} values; {MOST_VALUES:,} are the most")


def impossible(answer: TimeIs) -> str:
    """Why a controller's clock is not believed; "" where it may be right."""
    for ns in (answer.received_ns, answer.sent_ns):
        if not EARLIEST.timestamp() <= ns / 1e9 < LATEST.timestamp():
            said = datetime.fromtimestamp(ns / 1e9, UTC)
            return f"it says {said:%Y-%m-%d}: it is not believed"
    return ""
