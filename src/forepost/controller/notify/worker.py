"""Claims what is due, sends it, and says what became of it."""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import anyio
from anyio.abc import TaskGroup

from forepost.controller.notify.outbox import Outbox
from forepost.controller.notify.outcome import Outcome, pause_after, shortened
from forepost.controller.notify.send_slots import AT_ONCE, SendSlots
from forepost.controller.notify.store import ClaimedDelivery, DueDelivery, FullSlots, Look
from forepost.kit.clock import Clock

LEASE_SEC: Final = 120.0
"""Longer than any sender may take."""
POLL_SEC: Final = 5.0
SETTLE_SEC: Final = 0.05
"""From a nudge to the look: the commit that it announces is on its way."""
PRUNE_SEC: Final = 3_600.0
RELEASE_SEC: Final = 2.0

Send = Callable[[ClaimedDelivery], Awaitable[Outcome]]

_log = logging.getLogger(__name__)


class DeliveryRows(Protocol):
    """What `store.Store` does for the worker."""

    async def look(self, now: datetime, full: FullSlots, limit: int) -> Look:
        """Return what is due where it is not `full`, `limit` of a workspace at most, and what
        waits.
        """
        ...

    async def take_back(self, now: datetime) -> None:
        """Give back what was on its way when the worker before ended."""
        ...

    async def claim(
        self, ids: Collection[int], now: datetime, lease_end: datetime
    ) -> list[ClaimedDelivery]:
        """Take those of `ids` that nobody else took, until `lease_end`."""
        ...

    async def sent(self, row: ClaimedDelivery, status: int | None, now: datetime) -> None:
        """Note that a delivery arrived, with the receiver's status."""
        ...

    async def not_sent(
        self, row: ClaimedDelivery, outcome: Outcome, again_at: datetime | None
    ) -> None:
        """Note what became of an attempt, and when there is another; None: it is given up."""
        ...

    async def release(self, row: ClaimedDelivery, now: datetime) -> None:
        """Give a claimed delivery back, for an attempt that was cut short."""
        ...

    async def prune(self, before: datetime) -> None:
        """Drop what was sent or given up before."""
        ...


class Worker:
    """At least once: a crash after a sending and before its mark sends it again.

    How many are on their way at once is bounded (`send_slots`), so that one who never answers does
    not hold up the others. That somebody cannot be reached is in the log of deliveries and in the
    counters; the controller is well all the same. `settled`: by which what is old is known.
    """

    def __init__(
        self,
        rows: DeliveryRows,
        outbox: Outbox,
        senders: Mapping[str, Send],
        clock: Clock,
        *,
        settled: Clock,
        pauses: Sequence[float],
        keep_days: int,
    ) -> None:
        self._rows, self._outbox, self._senders = rows, outbox, senders
        self._clock, self._settled, self._pauses = clock, settled, pauses
        self._keep = timedelta(days=keep_days)
        self._slots = SendSlots()
        self.sent = 0
        """Deliveries that arrived, since the start."""
        self.retried = 0
        """Attempts that failed and are made again."""
        self.failed = 0
        """Deliveries that were given up."""
        self.waiting = 0
        """Deliveries not yet sent or given up, at the last look."""

    async def run(self) -> None:
        self._slots = SendSlots()
        await self._rows.take_back(self._clock.now())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._prune)
            while True:
                look = await self._look()
                while await self._start_some(tasks, look.due):
                    look = await self._look()
                await self._wait(look.next_at)

    async def _look(self) -> Look:
        look = await self._rows.look(self._clock.now(), self._slots.full, AT_ONCE)
        self.waiting = look.waiting
        return look

    async def _start_some(self, tasks: TaskGroup, due: Sequence[DueDelivery]) -> bool:
        """False when nothing that is due has a free place."""
        slots = self._slots.copied()
        chosen = []
        for one in due:
            if slots.has_room(one):
                slots.take(one.host, one.workspace_id)
                chosen.append(one.id)
        if not chosen:
            return False
        now = self._clock.now()
        claimed = await self._rows.claim(chosen, now, now + timedelta(seconds=LEASE_SEC))
        for row in claimed:
            self._slots.take(row.host, row.workspace_id)
            tasks.start_soon(self._deliver, row)
        return bool(claimed)

    async def _wait(self, next_at: datetime | None) -> None:
        """Until a nudge, a place that became free, or the next turn."""
        pause = POLL_SEC
        if next_at is not None:
            pause = min(pause, max(0.0, (next_at - self._clock.now()).total_seconds()))

        async def turn() -> None:
            await self._clock.sleep(pause)
            waiting.cancel_scope.cancel()

        async with anyio.create_task_group() as waiting:
            waiting.start_soon(turn)
            await self._outbox.nudged()
            await self._clock.sleep(SETTLE_SEC)
            waiting.cancel_scope.cancel()

    async def _deliver(self, row: ClaimedDelivery) -> None:
        try:
            outcome = await self._attempt(row)
        except anyio.get_cancelled_exc_class():
            with anyio.move_on_after(RELEASE_SEC, shield=True):
                await self._rows.release(row, self._clock.now())
            raise
        await self._note(row, outcome)
        self._slots.leave(row)
        self._outbox.nudge()

    async def _attempt(self, row: ClaimedDelivery) -> Outcome:
        try:
            return await self._senders[row.kind](row)
        except Exception as error:  # noqa: BLE001 - it costs its own delivery, not the others
            _log.exception("delivery %d: a fault of the sender", row.id)
            return Outcome("again", shortened(f"internal: {type(error).__name__}"))

    async def _note(self, row: ClaimedDelivery, outcome: Outcome) -> None:
        now = self._clock.now()
        if outcome.verdict == "sent":
            await self._rows.sent(row, outcome.status, now)
            self.sent += 1
            return
        pause = pause_after(outcome, row.attempt, self._pauses)
        if pause is None:
            await self._rows.not_sent(row, outcome, None)
            self.failed += 1
            _log.warning("delivery %d given up: %s", row.id, outcome.error)
            return
        await self._rows.not_sent(row, outcome, now + timedelta(seconds=pause))
        self.retried += 1

    async def _prune(self) -> None:
        while True:
            await self._rows.prune(self._settled.now() - self._keep)
            await self._clock.sleep(PRUNE_SEC)
