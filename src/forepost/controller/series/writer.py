"""The one thread that writes: adds that wait together are committed together.

The thread begins, commits and waits for the disk; the rows of a group are put into the open
transaction on the loop, while the thread waits. SQLite gives the interpreter lock away at every
step and has to win it back: from a second thread, beside a busy loop, that cost most of all.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar, cast

import anyio
import anyio.to_thread
import apsw

from forepost.controller.series.ingest import RowIngest
from forepost.controller.series.port import Row
from forepost.controller.series.rollup_keeper import TURN_ROWS, Roller
from forepost.controller.series.schema import transaction
from forepost.kit.clock import Clock
from forepost.kit.errors import Unavailable
from forepost.kit.health import Health

T = TypeVar("T")

GROUP_ROWS: Final = 2_000
"""A commit that has this many rows takes no further add in: some 20 ms of the loop."""
WAITING: Final = 4_096
"""Calls that wait for the writer; a further one waits until there is room."""
_IDLE_SEC = 5.0
_REST_SEC = 30.0
_STORE, _ROLLUPS = "series", "series roll-ups"
_OF_THE_ROW = (apsw.ConstraintError, apsw.MismatchError, apsw.TooBigError)

_log = logging.getLogger(__name__)


class _Waiter:
    """Somebody on the loop, waiting for an add (`rows`) or another piece of work (`job`)."""

    __slots__ = ("error", "future", "job", "result", "rows")

    def __init__(
        self,
        future: asyncio.Future[Any],
        rows: Sequence[Row] = (),
        job: Callable[[], Any] | None = None,
    ) -> None:
        self.future = future
        self.rows = rows
        self.job = job
        self.result: Any = None
        self.error: Exception | None = None


def _tell(waiters: Sequence[_Waiter]) -> None:
    for waiter in waiters:
        # Done already: it was cancelled. Its rows may be stored all the same.
        if waiter.future.done():
            continue
        if waiter.error is not None:
            waiter.future.set_exception(waiter.error)
        else:
            waiter.future.set_result(waiter.result)


class Writer:
    """Owns the write connection from `start` on; must be started on the loop that will call it."""

    def __init__(
        self,
        connection: apsw.Connection,
        ingest: RowIngest,
        roller: Roller,
        clock: Clock,
        health: Health,
    ) -> None:
        self.connection = connection
        self._ingest = ingest
        self._roller = roller
        self._clock = clock
        self._health = health
        self._queue: SimpleQueue[_Waiter | None] = SimpleQueue()
        self._waiting = 0
        self._room = anyio.Event()
        self._thread = threading.Thread(target=self._main, name="series-writer", daemon=True)
        self._next: tuple[_Waiter | None, bool] = None, False
        """What was taken from the queue and is no add: its turn is after the group."""
        self._closing = False
        self._rows_since_turn = 0
        self._rest_until_sec = 0.0

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def add(self, rows: Sequence[Row]) -> int:
        """As `Series.add`. Cancelled, it leaves open whether the rows are stored."""
        return cast("int", await self._ask(rows, None)) if rows else 0

    async def call(self, job: Callable[[], T]) -> T:
        """Run `job` in the thread, outside any transaction."""
        return cast("T", await self._ask((), job))

    async def close(self) -> None:
        """What was asked before is still done. A second time, it does nothing."""
        if not self._closing:
            self._closing = True
            self._queue.put(None)
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._thread.join)
        self.connection.close()

    def turn(self, *, at_once: bool) -> bool:
        """In the thread: one bounded turn of roll-ups; whether there was something to do."""
        if not self._roller.due(at_once=at_once):
            return False
        try:
            with transaction(self.connection):
                self._roller.turn()
        except BaseException:
            self._roller.revert()
            raise
        self._rows_since_turn = 0
        return True

    async def _ask(self, rows: Sequence[Row], job: Callable[[], Any] | None) -> object:
        while self._waiting >= WAITING:
            self._room = anyio.Event()
            await self._room.wait()
        if self._closing:
            raise Unavailable("the series store is closed")
        waiter = _Waiter(self._loop.create_future(), rows, job)
        self._queue.put(waiter)
        self._waiting += 1
        try:
            return await waiter.future
        finally:
            self._waiting -= 1
            self._room.set()

    def _main(self) -> None:
        try:
            while self._serve():
                pass
        except BaseException as error:
            self._health.ill(_STORE, f"the writer stopped: {error!r}")
            raise
        finally:
            self._closing = True
            left: list[_Waiter] = []
            with contextlib.suppress(Empty):
                while True:
                    if (waiter := self._queue.get_nowait()) is not None:
                        waiter.error = Unavailable("the series store is closed")
                        left.append(waiter)
            self._answer(left)

    def _serve(self) -> bool:
        """One group, one job or one turn; False when there will be no more."""
        first, found = self._next
        self._next = None, False
        if not found:
            try:
                first = self._queue.get(timeout=0 if self._may_turn() else _IDLE_SEC)
            except Empty:
                self._turn()
                return True
        if first is None:
            return False
        if first.job is not None:
            self._do(first)
            return True
        group = [first]
        self._commit(group, more=True)
        # Under load there is no idle time: the roll-ups then keep pace with the rows.
        self._rows_since_turn += sum(len(waiter.rows) for waiter in group)
        if self._rows_since_turn >= TURN_ROWS // 2 and self._may_turn():
            self._turn()
        return True

    def _commit(self, group: list[_Waiter], *, more: bool) -> None:
        """Store these adds, and with `more` those that wait behind them: they join the group."""

        def store() -> list[int]:
            if more:
                self._join(group)
            return self._ingest.store([waiter.rows for waiter in group], self._roller.mark)

        try:
            with transaction(self.connection):
                new = self._on_loop(store)
        except Exception as error:  # noqa: BLE001 - raised in every add
            _log.debug("a commit of %d adds failed", len(group), exc_info=True)
            self._ingest.revert()
            if isinstance(error, apsw.Error) and not isinstance(error, _OF_THE_ROW):
                self._health.ill(_STORE, f"cannot write: {error}")
                for waiter in group:
                    waiter.error = Unavailable(f"the series store cannot write: {error}")
            elif len(group) > 1:
                # One wrong row must not cost the others.
                for waiter in group:
                    self._commit([waiter], more=False)
                return
            else:
                group[0].error = error
        else:
            self._ingest.settle()
            self._health.well(_STORE)
            for waiter, count in zip(group, new, strict=True):
                waiter.result = count
        self._answer(group)

    def _join(self, group: list[_Waiter]) -> None:
        rows = len(group[0].rows)
        while rows < GROUP_ROWS:
            try:
                waiter = self._queue.get_nowait()
            except Empty:
                return
            if waiter is None or waiter.job is not None:
                self._next = waiter, True
                return
            group.append(waiter)
            rows += len(waiter.rows)

    def _on_loop(self, work: Callable[[], T]) -> T:
        """Run `work` on the loop, and wait for it."""
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(work())
            except BaseException as error:  # noqa: BLE001 - raised in the thread
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result()

    def _do(self, waiter: _Waiter) -> None:
        assert waiter.job is not None
        try:
            waiter.result = waiter.job()
        except Exception as error:  # noqa: BLE001 - raised where it was asked for
            _log.debug("a job of the series writer failed", exc_info=True)
            waiter.error = error
        self._answer([waiter])

    def _may_turn(self) -> bool:
        return self._clock.monotonic() >= self._rest_until_sec and self._roller.due()

    def _turn(self) -> None:
        if self._clock.monotonic() < self._rest_until_sec:
            return
        try:
            self.turn(at_once=False)
        except Exception as error:  # noqa: BLE001 - the thread outlives it
            _log.debug("a turn of roll-ups failed", exc_info=True)
            # Nothing is lost: what is not rolled up is read from the rows.
            self._health.ill(_ROLLUPS, f"{type(error).__name__}: {error}")
            self._rest_until_sec = self._clock.monotonic() + _REST_SEC
        else:
            self._health.well(_ROLLUPS)

    def _answer(self, waiters: Sequence[_Waiter]) -> None:
        # The loop is gone only where nobody closed the store, and then nobody waits.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_tell, waiters)
