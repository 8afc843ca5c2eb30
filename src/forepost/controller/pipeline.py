"""From a result that arrived to a result that is kept: commit, then acknowledge, then live.

The order of this file is the order of things: an offer is acknowledged after its commit, and live
clients hear of a result only when it can be read back.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import anyio
import anyio.lowlevel
import msgspec

from forepost.controller import payloads
from forepost.controller.payloads import Report
from forepost.controller.series.port import Row, Series
from forepost.kit.clock import Clock
from forepost.kit.errors import Unavailable
from forepost.kit.health import Health
from forepost.kit.one_target import one_target
from forepost.wire.disclosure import public_target, reason_without_secrets, without_secrets
from forepost.wire.uplink.messages import ProbePost

FIRST_PAUSE_SEC, LONGEST_PAUSE_SEC = 0.5, 30.0
SUBJECT: Final = "series"
GROUP: Final = 350
"""Offers in one commit at most: while one commits, the next are read."""
TOGETHER: Final = 8
"""Rows that are published at once: each may be judged by thousands of rules ..."""
TURN_SEC: Final = 0.02
"""... and after so long everybody else has a turn."""
_SIXTY_THREE_BITS: Final = 2**63 - 1

_log = logging.getLogger(__name__)

Publish = Callable[[int, Sequence[Row]], None]


class Follower(msgspec.Struct, frozen=True):
    """Who looks at results after their commit."""

    consider: Publish
    """Takes rows of one workspace. Never waits."""
    types: frozenset[str] | None = None
    """Of results that it follows; None: of all."""


def each_in_turn(followers: Sequence[Follower]) -> Publish:
    """All of them as one, as they are at each commit; a fault of one does not keep the rows from
    the next.
    """

    def publish(workspace_id: int, rows: Sequence[Row]) -> None:
        for one in followers:
            followed = rows if one.types is None else [r for r in rows if r.type in one.types]
            if not followed:
                continue
            try:
                one.consider(workspace_id, followed)
            except Exception:  # noqa: BLE001 - see above
                _log.exception("results are kept, and were not followed up")

    return publish


class Offer(msgspec.Struct, frozen=True):
    """Rows of one workspace, and whom to tell when they are kept."""

    workspace_id: int
    rows: Sequence[Row]
    kept: Callable[[str], None]
    """Called once, after the commit with "", or with why the rows can never be stored."""


class Pipeline:
    """Commits what waits in one transaction, then tells those who offered it, then the live ones.

    Bounded by those who offer: a connection has no more than a few dozen results on their way, and
    is not read while it has. So a store that is slow or full slows its senders down, and their
    results stay in their spools.
    """

    def __init__(
        self,
        series: Series,
        publish: Publish,
        clock: Clock,
        health: Health,
        has_room: Callable[[], bool] = lambda: True,
    ) -> None:
        """`has_room`: whether the disk has any for results now."""
        self._series, self._publish, self._has_room = series, publish, has_room
        self._clock, self._health = clock, health
        self._waiting: list[Offer] = []
        self._some = anyio.Event()
        self.stored = 0
        """Results committed since the start."""
        self.replayed = 0
        """Results that were there already."""

    def offer(self, offer: Offer) -> None:
        if not self._waiting:
            self._some.set()
        self._waiting.append(offer)

    async def run(self) -> None:
        while True:
            if not self._waiting:
                self._some = anyio.Event()
                await self._some.wait()
            offers, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            await self._commit(offers)

    async def _commit(self, offers: Sequence[Offer]) -> None:
        rows = [row for offer in offers for row in offer.rows]
        try:
            new = await self._store(rows)
        except Exception as error:  # noqa: BLE001 - said to those whose rows they are
            if len(offers) > 1:
                for offer in offers:  # one wrong row must not cost the others
                    await self._commit([offer])
                return
            _log.exception("a result that cannot be stored")
            offers[0].kept(f"cannot be stored: {error}")
            return
        self.stored += new
        self.replayed += len(rows) - new
        began = self._clock.monotonic()
        for offer in offers:
            try:
                offer.kept("")
                for first in range(0, len(offer.rows), TOGETHER):
                    self._publish(offer.workspace_id, offer.rows[first : first + TOGETHER])
                    if self._clock.monotonic() - began > TURN_SEC:
                        await anyio.lowlevel.checkpoint()
                        began = self._clock.monotonic()
            except Exception:  # noqa: BLE001 - who cannot be told must not keep it from others
                _log.exception("a result is kept, and its sender or a panel could not be told")

    async def _store(self, rows: Sequence[Row]) -> int:
        """Try until the disk takes them. Raises what is the rows' own fault."""
        pause = FIRST_PAUSE_SEC
        while True:
            try:
                if not self._has_room():
                    raise Unavailable("the disk is nearly full")
                new = await self._series.add(rows)
            except Unavailable as error:
                self._health.ill(SUBJECT, str(error))
                await self._clock.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SEC)
            else:
                self._health.well(SUBJECT)
                return new


def identity_of(boot: int, seq: int) -> int:
    """What tells results of one line and microsecond apart, the same when one is sent again.

    Our agent numbers its results: (boot, seq), boot being 62 random bits. One that numbers nothing
    has 0 for both: its result is known by agent, probe, type, target and time alone, which are the
    rest of the key that rows are stored by.
    """
    return (boot + seq) & _SIXTY_THREE_BITS


def report_of(
    post: ProbePost,
    *,
    identity: int,
    agent_id: int,
    probe_agent_id: int,
    target_agent: int,
    received: datetime,
) -> Report:
    """What a URL hides is not kept with results: everybody who may look sees them."""
    payload, target, reason = bytes(post.payload), post.target, post.triggered_reason
    shown = one_target(public_target(target))
    if shown != one_target(target):
        payload = without_secrets(payload, target)
        reason = reason_without_secrets(reason, target)
    said = payloads.read(post.type, payload)
    found = payloads.measures_of(said)
    return Report(
        identity=identity,
        probe_id=post.probe_id,
        probe_agent_id=probe_agent_id,
        agent_id=agent_id,
        created_us=_micros(post.created_at),
        received_us=_micros(received),
        type=post.type,
        payload=payload,
        target=shown,
        target_agent=target_agent,
        triggered=post.triggered,
        triggered_reason=reason,
        rtt_ms=found.rtt_ms,
        rtt_min_ms=found.rtt_min_ms,
        rtt_max_ms=found.rtt_max_ms,
        jitter_ms=found.jitter_ms,
        loss_pct=found.loss_pct,
        mos=found.mos,
        sent=found.sent,
        received=found.received,
        rtts=found.rtts,
        said=said,
        grade=payloads.grade_in(said, found),
    )


def _micros(at: datetime) -> int:
    return round(at.timestamp() * 1e6)
