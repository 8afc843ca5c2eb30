"""Results out of the spool and up the line, one batch at a time, as large as the line bears."""

from collections.abc import Awaitable, Callable
from typing import Final

import anyio

from forepost.agent.uplink.batch_size import BatchSize
from forepost.agent.uplink.record import Record
from forepost.agent.uplink.session import Session
from forepost.agent.uplink.spool import Spool
from forepost.kit.clock import Clock
from forepost.wire.uplink.messages import MAX_BATCH, MAX_BATCH_BYTES

Send = Callable[[str | bytes], Awaitable[None]]
ONE: Final = 1


class Pump:
    """Sends results of the spool in one conversation: a batch, its acknowledgement, the next."""

    def __init__(
        self, spool: Spool, session: Session, send: Send, clock: Clock, size: BatchSize
    ) -> None:
        self._spool, self._session, self._send = spool, session, send
        self._clock, self._size = clock, size
        self._acked = anyio.Event()

    async def run(self, batched: bool) -> None:
        """Send what goes next, wait until it is kept, forget it; for ever."""
        self._spool.begin()
        self._size.connected()
        while True:
            await self._spool.wait()
            batch = (
                self._spool.batch(MAX_BATCH, self._size.bytes)
                if batched
                else self._spool.batch(ONE, MAX_BATCH_BYTES)
            )
            if batch is None:
                continue
            self._acked = anyio.Event()
            self._size.sent(sum(len(record.data) for record in batch.records))
            began = self._clock.monotonic()
            await self._send(self._words(batched, batch.boot, batch.records))
            await self._acked.wait()
            self._size.acknowledged(self._clock.monotonic() - began)
            self._spool.ack(batch)

    def acked(self) -> None:
        """What was sent last is kept."""
        self._acked.set()

    def _words(self, batched: bool, boot: int, records: list[Record]) -> str | bytes:
        return self._session.report(boot, records) if batched else self._session.post(records[0])
