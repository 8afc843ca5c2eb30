"""Whether an agent is there: the one definition, for lists, maps, health and panels. Pure."""

from datetime import datetime
from typing import Final

from forepost.wire.rest.topology import Standing

ONLINE_SEC: Final = 90.0
"""How long a word of an agent is evidence; it speaks every 30 s."""


def standing(last_seen: datetime | None, now: datetime) -> Standing:
    if last_seen is None:
        return "unknown"
    return "online" if (now - last_seen).total_seconds() <= ONLINE_SEC else "offline"
