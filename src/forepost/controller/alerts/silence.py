"""Whether agents went silent together: then it is not they that are down, but what they speak to.

Pure.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

FEWEST: Final = 3
SILENT: Final = timedelta(seconds=45)
"""An agent speaks every 30 s."""
APART: Final = timedelta(seconds=60)
"""So far apart may their last words be."""
LIVING: Final = timedelta(days=1)
"""Who was not heard for longer was gone before."""


def silent_together(words: Mapping[int, datetime], now: datetime) -> frozenset[int]:
    """The agents that fell silent within one minute, where they are more than half of all.

    `words`: agent to when it was heard last.
    """
    alive = {agent: at for agent, at in words.items() if now - at < LIVING}
    silent = sorted((at, agent) for agent, at in alive.items() if now - at > SILENT)
    best: list[tuple[datetime, int]] = []
    first = 0
    for last in range(len(silent)):
        while silent[last][0] - silent[first][0] > APART:
            first += 1
        if last - first + 1 > len(best):
            best = silent[first : last + 1]
    if len(best) < FEWEST or 2 * len(best) <= len(alive):
        return frozenset()
    return frozenset(agent for _, agent in best)
