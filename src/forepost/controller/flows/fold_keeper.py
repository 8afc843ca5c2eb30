"""Keeps the sums of traffic up to date with the reports that are committed to the series.

What is committed is noted in RAM and folded some seconds later, off the way of results. How far
that has come is kept: after a crash, or when there was no room, the series say what is missing. A
report that is folded already is not counted again.
"""

import logging
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

import anyio.to_thread

from forepost.controller.db.failures import LOST
from forepost.controller.flows.fold import DAY, HOUR, MINUTE
from forepost.controller.flows.minutes import Minute, UnreadableMinute, opened
from forepost.controller.flows.store import FlowStore
from forepost.controller.series.port import Find, Row, Series
from forepost.controller.settings import FlowsSection as FlowsSettings
from forepost.kit.clock import Clock
from forepost.wire.flows.rollup import FLOWS

TURN_SEC: Final = 2.0
WAITING: Final = 5_000
"""Reports noted at most; of more, the series are asked later."""
AT_ONCE: Final = 32
"""Reports in one transaction: some 0.1 s of the one writer that SQLite has."""
PAGE: Final = 500
REFUSED: Final = 1_000
"""Refusals that are remembered as said."""
SETTLED_SEC: Final = 600
"""A day is summed when it is over for so long."""
DAYS_AT_ONCE: Final = 50
DAYS_SEC: Final = 60.0
FORGET_SEC: Final = 3_600.0
MARGIN_US: Final = 3_600_000_000
"""How long a result may wait, at most, between its arrival and its commit."""
LATEST_US: Final = 31 * DAY * 1_000_000
"""How late a report may come: agents keep results for 30 days unless told otherwise."""

_log = logging.getLogger(__name__)


class FoldKeeper:
    def __init__(
        self, store: FlowStore, series: Series, clock: Clock, settings: FlowsSettings
    ) -> None:
        self._store, self._series, self._clock = store, series, clock
        self._settings = settings
        self._waiting: list[tuple[int, Row]] = []
        self._too_many = False
        self._refused: set[tuple[int, str]] = set()
        self._summed_sec = self._forgot_sec = -FORGET_SEC

    def consider(self, workspace_id: int, rows: Sequence[Row]) -> None:
        """Called after the commit."""
        for row in rows:
            if row.type != FLOWS or row.probe_id:
                continue
            if len(self._waiting) < WAITING:
                self._waiting.append((workspace_id, row))
            else:
                self._too_many = True

    async def run(self) -> None:
        await self._catch_up()
        while True:
            await self._clock.sleep(TURN_SEC)
            await self.turn()

    async def turn(self) -> None:
        """Fold what waits; sum days that are over; forget what is old."""
        now_us = self._now_us()
        if self._too_many:
            self._too_many = False
            await self._catch_up()
        if self._waiting:
            await self._fold_waiting()
            await self._store.set_progress(now_us)
        now_sec = self._clock.monotonic()
        if now_sec - self._summed_sec >= DAYS_SEC:
            await self.sum_days()
            self._summed_sec = now_sec
        if now_sec - self._forgot_sec >= FORGET_SEC:
            await self._forget()
            self._forgot_sec = now_sec

    async def flush(self) -> None:
        """Before the end: what waits. What cannot be folded is found at the next start."""
        try:
            await self._fold_waiting()
        except LOST as error:
            _log.warning("traffic is not summed up to now: %s", error)

    async def sum_days(self) -> None:
        before = round(self._clock.now().timestamp()) - DAY - SETTLED_SEC
        while days := await self._store.stale_days(before, DAYS_AT_ONCE):
            for workspace_id, day in days:
                await self._store.sum_day(workspace_id, day)

    async def _fold_waiting(self) -> None:
        while waiting := self._waiting[:PAGE]:
            await self._fold(waiting)
            del self._waiting[: len(waiting)]

    async def _fold(self, rows: Sequence[tuple[int, Row]]) -> None:
        ordered = sorted(rows, key=itemgetter(0))
        for workspace_id, some in groupby(ordered, key=itemgetter(0)):
            minutes = await anyio.to_thread.run_sync(self._opened, [row for _, row in some])
            for chunk in _chunks(minutes):
                await self._fold_chunk(workspace_id, chunk)

    def _opened(self, rows: Sequence[Row]) -> list[Minute]:
        now = round(self._clock.now().timestamp())
        oldest, newest = now - self._settings.hours_days * DAY, now + DAY
        minutes = []
        for row in rows:
            try:
                minute = opened(row)
            except UnreadableMinute as wrong:
                self._refuse(row.agent_id, str(wrong))
                continue
            if oldest <= minute.start <= newest:
                minutes.append(minute)
            else:
                self._refuse(row.agent_id, "of too long ago, or of a time to come")
        return sorted(minutes, key=lambda one: (one.start, one.agent_id))

    def _refuse(self, agent_id: int, why: str) -> None:
        """Say it once: whoever sends one such report sends many."""
        if (agent_id, why) not in self._refused:
            if len(self._refused) >= REFUSED:
                self._refused.clear()
            self._refused.add((agent_id, why))
            _log.warning("agent %d: its traffic is not counted: %s", agent_id, why)

    async def _fold_chunk(self, workspace_id: int, minutes: Sequence[Minute]) -> None:
        try:
            await self._store.fold(workspace_id, minutes)
        except LOST:
            raise
        except Exception:  # noqa: BLE001 - logged, and the others go on
            if len(minutes) > 1:
                for minute in minutes:  # one wrong report must not cost the others
                    await self._fold_chunk(workspace_id, [minute])
                return
            _log.exception("agent %d: a report of traffic cannot be counted", minutes[0].agent_id)

    async def _catch_up(self) -> None:
        """Fold what the series have and the sums may not."""
        since_us = await self._store.progress()
        now_us = self._now_us()
        if since_us is not None:
            for agent_id, workspace_id in (await self._store.workspaces()).items():
                await self._catch_up_with(workspace_id, agent_id, since_us - MARGIN_US)
        await self._store.set_progress(now_us)

    async def _catch_up_with(self, workspace_id: int, agent_id: int, received_us: int) -> None:
        from_us = received_us - LATEST_US
        while True:
            rows = await self._series.find(
                Find(
                    streams=[-agent_id],
                    type=FLOWS,
                    from_us=from_us,
                    received_from_us=received_us,
                    limit=PAGE,
                    ascending=True,
                )
            )
            if rows:
                await self._fold([(workspace_id, row) for row in rows])
            if len(rows) < PAGE:
                return
            # Those of one microsecond may go on in the next page; a page of nothing else ends it.
            last_us = rows[-1].created_us
            from_us = last_us + (rows[0].created_us == last_us)

    async def _forget(self) -> None:
        now = round(self._clock.now().timestamp())
        for step, days in (
            (MINUTE, self._settings.minutes_days),
            (HOUR, self._settings.hours_days),
            (DAY, self._settings.days_days),
        ):
            # An hour is kept until its whole day may go: days are made of their hours.
            await self._store.forget(step, (now - days * DAY) // DAY * DAY)
        folded_us = await self._store.progress()
        if folded_us is not None:  # the reports themselves: where minutes of one agent are read
            await self._series.thin(
                FLOWS,
                before_us=(now - self._settings.minutes_days * DAY) * 1_000_000,
                received_before_us=folded_us - MARGIN_US,
            )

    def _now_us(self) -> int:
        return round(self._clock.now().timestamp() * 1e6)


def _chunks(minutes: Sequence[Minute]) -> Iterator[Sequence[Minute]]:
    return (minutes[at : at + AT_ONCE] for at in range(0, len(minutes), AT_ONCE))
