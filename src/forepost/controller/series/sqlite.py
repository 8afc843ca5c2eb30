"""The embedded series store: one SQLite file, one thread that writes, a few that read."""

import fcntl
import os
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
import anyio.to_thread
import apsw

from forepost.controller.series import arrivals, charts, mark, newest, payloads, search, traces
from forepost.controller.series import lines as lines_table
from forepost.controller.series.ingest import RowIngest
from forepost.controller.series.lines import PER_AGENT, Lines
from forepost.controller.series.mark import Mark, SeriesMark
from forepost.controller.series.payloads import Unpacker
from forepost.controller.series.port import (
    Arrived,
    ChartOf,
    Find,
    PageOf,
    Row,
    Spread,
    SpreadOf,
    Trace,
    TraceOf,
)
from forepost.controller.series.retention import FIRST, FIRST_DAY, DayAndLine, Place, Retention
from forepost.controller.series.rollup_keeper import Roller
from forepost.controller.series.schema import SECOND_US, open_reader, open_writer
from forepost.controller.series.writer import Writer
from forepost.kit.clock import Clock
from forepost.kit.errors import Unavailable
from forepost.kit.health import Health
from forepost.wire.rest.bodies import Chart

T = TypeVar("T")

READERS: Final = 3


class InUse(Exception):
    """Another process has the store open: there is one writer."""


class _Reader:
    def __init__(self, path: Path) -> None:
        self.connection = open_reader(path)
        self.unpacker = Unpacker(self.connection)


class SqliteSeries:
    """A `Series`. Made by `open`, on the loop that it is used on."""

    def __init__(
        self,
        lock: int,
        writer: Writer,
        forgetting: Retention,
        lines: Lines,
        readers: Sequence[_Reader],
    ) -> None:
        self._lock = lock
        self._writer = writer
        self._forgetting = forgetting
        self._lines = lines
        self._readers = readers
        self._idle = deque(readers)
        self._limiter = anyio.CapacityLimiter(len(readers))
        self._closed = False

    @classmethod
    async def open(
        cls, path: Path, clock: Clock, health: Health, *, lines_per_agent: int = PER_AGENT
    ) -> "SqliteSeries":
        """Open the store at `path`, whose folder must be there; make it where there is none.

        Raises `InUse`, `schema.UnknownFile`, `OSError` and `apsw.Error`.
        """
        make = partial(cls._open, path, clock, health, lines_per_agent)
        store, writer = await anyio.to_thread.run_sync(make)
        writer.start()
        return store

    @classmethod
    def _open(
        cls, path: Path, clock: Clock, health: Health, per_agent: int
    ) -> tuple["SqliteSeries", Writer]:
        lock = _lock(path)
        try:
            connection = open_writer(path, round(clock.now().timestamp() * SECOND_US))
            lines = lines_table.load(connection, per_agent=per_agent)
            ingest = RowIngest(connection, lines, payloads.load(connection))
            writer = Writer(connection, ingest, Roller(connection, clock), clock, health)
            forgetting = Retention(connection, ingest, lines)
            readers = [_Reader(path) for _ in range(READERS)]
        except BaseException:
            os.close(lock)
            raise
        return cls(lock, writer, forgetting, lines, readers), writer

    def add(self, rows: Sequence[Row]) -> Coroutine[Any, Any, int]:
        """Raises `Unavailable` when the disk does not take it. Cancelled, it leaves open whether
        the rows are stored; sent again they are stored once.
        """
        return self._writer.add(rows)

    async def find(self, query: Find) -> list[Row]:
        return await self._read(
            lambda reader: search.find(reader.connection, reader.unpacker, self._lines, query)
        )

    async def arrived(self, query: PageOf) -> Arrived:
        return await self._read(
            lambda reader: arrivals.page(reader.connection, reader.unpacker, self._lines, query)
        )

    async def newest(self, streams: Sequence[int], *, from_us: int, to_us: int) -> list[Row]:
        return await self._read(
            lambda reader: newest.newest(
                reader.connection, reader.unpacker, self._lines, streams, from_us, to_us
            )
        )

    async def chart(self, query: ChartOf) -> Chart:
        return await self._read(lambda reader: charts.chart(reader.connection, self._lines, query))

    async def traces(self, query: TraceOf) -> list[Trace]:
        return await self._read(
            lambda reader: traces.traces(reader.connection, reader.unpacker, self._lines, query)
        )

    async def spread(self, query: SpreadOf) -> list[Spread]:
        return await self._read(lambda reader: charts.spread(reader.connection, self._lines, query))

    async def forget(self, *, before_us: int) -> int:
        # A day is a job of its own, so that adds are committed in between.
        dropped = 0
        while await self._writer.call(partial(self._forgetting.drop_oldest, before_us)):
            dropped += 1
        after: Place | None = FIRST
        while after is not None:
            after = await self._writer.call(partial(self._forgetting.thin_skewed, before_us, after))
        return dropped

    async def thin(self, type_: str, *, before_us: int, received_before_us: int) -> int:
        deleted = 0
        at: DayAndLine | None = FIRST_DAY
        while at is not None:
            thin = partial(self._forgetting.thin, type_, at, before_us, received_before_us)
            count, at = await self._writer.call(thin)
            deleted += count
        return deleted

    async def standing(self) -> SeriesMark:
        """Whose they are, and what is in them."""
        return await self._writer.call(partial(mark.read, self._writer.connection))

    async def set_mark(self, new: Mark) -> None:
        """Raises `Unavailable` where it cannot be written."""
        try:
            await self._writer.call(partial(mark.write, self._writer.connection, new))
        except apsw.Error as error:
            raise Unavailable(f"the series store cannot write: {error}") from None

    async def roll_up(self) -> None:
        """Bring the roll-ups up to date now. They keep themselves up to date without it."""
        while await self._writer.call(partial(self._writer.turn, at_once=True)):
            pass

    async def close(self) -> None:
        """Waits for what was asked before. A second time, it does nothing."""
        if self._closed:
            return
        self._closed = True
        with anyio.CancelScope(shield=True):
            await self._close_readers()
            await self._writer.close()
            os.close(self._lock)

    async def _read(self, ask: Callable[[_Reader], T]) -> T:
        if self._closed:
            raise Unavailable("the series store is closed")

        def in_thread() -> T:
            # The limiter has as many tokens as there are readers: one is idle.
            reader = self._idle.pop()
            try:
                return ask(reader)
            finally:
                self._idle.append(reader)

        return await anyio.to_thread.run_sync(in_thread, limiter=self._limiter)

    async def _close_readers(self) -> None:
        for reader in self._readers:
            await self._limiter.acquire_on_behalf_of(reader)
        for reader in self._readers:
            reader.connection.close()


def _lock(path: Path) -> int:
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise InUse(f"{path} is in use by another process") from error
    return descriptor
