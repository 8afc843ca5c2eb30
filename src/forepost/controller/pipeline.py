"""From a result that arrived to a result that is kept: commit, then acknowledge, then live.

The order of this file is the order of things. `accept` returns after the commit, so whoever awaits
it may acknowledge; live clients hear of a result only when it can be read back.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from forepost.controller import measures
from forepost.controller.series.port import Row, Series
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.wire.uplink import ProbePost

FIRST_PAUSE_SEC, LONGEST_PAUSE_SEC = 0.5, 30.0
SUBJECT: Final = "series"
_SIXTY_THREE_BITS: Final = 2**63 - 1

_log = logging.getLogger(__name__)

Publish = Callable[[int, Sequence[Row]], None]


class Pipeline:
    """Holds nothing itself: a caller waits until its rows are committed, and that is the bound.

    A connection that waits does not read, so a store that is slow or full slows its senders down;
    their results stay in their spools.
    """

    def __init__(self, series: Series, publish: Publish, clock: Clock, health: Health) -> None:
        self._series, self._publish = series, publish
        self._clock, self._health = clock, health
        self.stored = 0
        """Results committed since the start."""
        self.replayed = 0
        """Results that were there already."""

    async def accept(self, workspace_id: int, rows: Sequence[Row]) -> None:
        """Return when `rows` are durable. A store that fails is tried again until it works."""
        pause = FIRST_PAUSE_SEC
        while True:
            try:
                new = await self._series.add(rows)
            except Exception as error:  # noqa: BLE001 - said once by health, tried again
                _log.debug("commit failed", exc_info=True)
                self._health.ill(SUBJECT, f"{type(error).__name__}: {error}")
                await self._clock.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SEC)
            else:
                self._health.well(SUBJECT)
                self.stored += new
                self.replayed += len(rows) - new
                self._publish(workspace_id, rows)
                return


def identity_of(boot: int, seq: int) -> int:
    """What tells results of one line and microsecond apart, the same when one is sent again.

    Our agent numbers its results: (boot, seq), boot being 62 random bits. One that numbers nothing
    has 0 for both: its result is known by agent, probe, type, target and time alone, which are the
    rest of the key that rows are stored by.
    """
    return (boot + seq) & _SIXTY_THREE_BITS


def row_of(
    post: ProbePost, *, identity: int, agent_id: int, probe_agent_id: int, received: datetime
) -> Row:
    payload = bytes(post.payload)
    found = measures.of(post.type, payload)
    return Row(
        identity=identity,
        probe_id=post.probe_id,
        probe_agent_id=probe_agent_id,
        agent_id=agent_id,
        created_us=_micros(post.created_at),
        received_us=_micros(received),
        type=post.type,
        payload=payload,
        target=post.target,
        target_agent=post.target_agent,
        triggered=post.triggered,
        triggered_reason=post.triggered_reason,
        rtt_ms=found.rtt_ms,
        rtt_min_ms=found.rtt_min_ms,
        rtt_max_ms=found.rtt_max_ms,
        jitter_ms=found.jitter_ms,
        loss_pct=found.loss_pct,
        mos=found.mos,
    )


def _micros(at: datetime) -> int:
    return round(at.timestamp() * 1e6)
