"""Readers of what a script writes: all that is kept, or a stream for as long as they may read."""

from collections.abc import AsyncIterator, Callable
from typing import Final

import anyio
import msgspec

from forepost.controller.access.guard import Caller
from forepost.controller.db.derived import still_may
from forepost.controller.db.engine import Database
from forepost.controller.db.failures import LOST
from forepost.controller.jobs.live_output import LiveOutput, OutputReading
from forepost.controller.jobs.run_store import KnownOutput, Runs
from forepost.kit.clock import Clock
from forepost.kit.errors import NotFound, Refusal, Unauthenticated
from forepost.wire.jobs.delivery import OVER
from forepost.wire.jobs.rest import OutputLine

PULSE_SEC: Final = 5.0
"""Between two looks at whether the run is under way and the reader still may read."""
ROLE: Final = "USER"
"""Output may hold passwords, as the environment does that only an ADMIN is shown."""
REVOKED: Final = "what let this request in has ended"
GONE: Final = "the run is not there any more"

IsLive = Callable[[int], bool]


class OutputRequest(msgspec.Struct, frozen=True, kw_only=True):
    workspace_id: int
    run_id: int
    agent_id: int
    caller: Caller


class OutputReaders:
    def __init__(self, live: LiveOutput, runs: Runs, db: Database, clock: Clock) -> None:
        self.live = live
        self._runs, self._db, self._clock = runs, db, clock

    async def stream(self, asked: OutputRequest) -> AsyncIterator[bytes]:
        """JSON texts, one in a line."""
        problem, known = "", await self._known(asked)
        try:
            if known.state in OVER:
                for line in _kept(known):
                    yield line
            else:
                with self.live.reading(asked.agent_id, known.uid) as reading:
                    async for line in self._follow(asked, reading):
                        yield line
                    problem = reading.problem
            known = await self._known(asked)
        except NotFound:
            problem = GONE
        except Refusal as refusal:
            problem = str(refusal)
        yield _line(OutputLine(state=known.state, problem=problem))

    async def _follow(self, asked: OutputRequest, reading: OutputReading) -> AsyncIterator[bytes]:
        looked_sec = self._clock.monotonic()
        is_over = False
        while True:
            piece, waited = None, True
            with anyio.move_on_after(0 if is_over else PULSE_SEC):
                piece = await reading.next()
                waited = False
            if piece is not None:
                yield _line(OutputLine(offset=piece.offset, text=piece.text))
            elif not waited or is_over:
                return
            else:
                yield b"{}\n"
            if self._clock.monotonic() - looked_sec >= PULSE_SEC:
                looked_sec = self._clock.monotonic()
                if why := await self._why_over(asked):
                    reading.end(why)
                is_over = (await self._known(asked)).state in OVER

    async def _known(self, asked: OutputRequest) -> KnownOutput:
        return await self._runs.output(asked.workspace_id, asked.run_id, asked.agent_id)

    async def _why_over(self, asked: OutputRequest) -> str:
        """Of one who may not read any more."""
        try:
            async with self._db.read() as connection:
                now = self._clock.now()
                await still_may(connection, asked.caller, ROLE, asked.workspace_id, now)
        except Unauthenticated:
            return REVOKED
        except LOST:
            return ""  # nobody's right ended by that
        return ""


def _kept(known: KnownOutput) -> list[bytes]:
    parts = [OutputLine(offset=0, text=known.output.head)] if known.output.head else []
    if known.output.tail:
        at = len(known.output.head.encode()) + known.output.left_out_bytes
        parts.append(OutputLine(offset=at, text=known.output.tail))
    return [_line(part) for part in parts]


def _line(line: OutputLine) -> bytes:
    return msgspec.json.encode(line) + b"\n"
