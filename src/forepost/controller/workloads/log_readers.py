"""Readers of logs: all lines at once, or a stream for as long as somebody may and does read."""

from collections.abc import AsyncIterator
from typing import Final

import anyio
import msgspec

from forepost.controller.access.guard import Caller
from forepost.controller.db.derived import still_may
from forepost.controller.db.engine import Database
from forepost.controller.db.failures import LOST
from forepost.controller.workloads.requests import LEFT, WorkloadRequests
from forepost.controller.workloads.store import Microservices
from forepost.kit.clock import Clock
from forepost.kit.errors import NotFound, Refusal, Unauthenticated
from forepost.wire.workloads.delivery import LogLine
from forepost.wire.workloads.rest import MicroserviceLogs

MOST_LINES: Final = 1_000
"""In an answer that is not a stream."""
ANSWER_SEC: Final = 20.0
"""How long an agent has for all the lines of such an answer."""
PULSE_SEC: Final = 5.0
"""Between two looks at whether the agent is there and the reader still may read."""
ROLE: Final = "USER"
"""Logs may hold passwords, as the environment does that a VIEWER is not shown."""
OVER: Final = "what let this request in has ended"

NOT_WANTED: Final = "the agent is not to have this microservice any more"


class LogRequest(msgspec.Struct, frozen=True, kw_only=True):
    agent_id: int
    microservice_id: int
    uuid: str
    tail: int
    workspace_id: int
    caller: Caller


class LogReaders:
    def __init__(
        self, requests: WorkloadRequests, store: Microservices, db: Database, clock: Clock
    ) -> None:
        self.requests = requests
        self._store, self._db, self._clock = store, db, clock

    async def last(self, asked: LogRequest) -> MicroserviceLogs:
        """Raises Conflict where the agent is away."""
        found: list[LogLine] = []
        with self.requests.reading(asked.agent_id, asked.uuid, asked.tail, follow=False) as reading:
            with anyio.move_on_after(ANSWER_SEC) as patience:
                while (some := await reading.next()) is not None:
                    found += some
            problem = reading.problem
        if patience.cancelled_caught:
            problem = f"the agent has not said all within {ANSWER_SEC:.0f} s"
        return MicroserviceLogs(data=found[-MOST_LINES:], problem=problem)

    async def stream(self, asked: LogRequest) -> AsyncIterator[bytes]:
        """JSON texts, one in a line."""
        looked_sec = self._clock.monotonic()
        try:
            with self.requests.reading(
                asked.agent_id, asked.uuid, asked.tail, follow=True
            ) as reading:
                while True:
                    some: list[LogLine] | None = []
                    with anyio.move_on_after(PULSE_SEC):
                        some = await reading.next()
                    if some is None:
                        break
                    for line in some:
                        yield msgspec.json.encode(line) + b"\n"
                    if not some:
                        yield b"{}\n"
                    if self._clock.monotonic() - looked_sec >= PULSE_SEC:
                        looked_sec = self._clock.monotonic()
                        if why := await self._why_over(asked):
                            reading.end(why)
                problem = reading.problem
        except Refusal as refusal:
            problem = str(refusal)
        yield msgspec.json.encode({"problem": problem}) + b"\n"

    async def _why_over(self, asked: LogRequest) -> str:
        """Of one who may not read any more, of an agent that has gone, and of what it is not to
        have any more.
        """
        if not self.requests.is_live(asked.agent_id):
            return LEFT
        now = self._clock.now()
        try:
            async with self._db.read() as connection:
                await still_may(connection, asked.caller, ROLE, asked.workspace_id, now)
            head = (await self._store.get(asked.workspace_id, asked.microservice_id)).head
        except Unauthenticated:
            return OVER
        except NotFound:
            return NOT_WANTED
        except LOST:
            return ""  # nobody's right ended by that
        return "" if head.labels or asked.agent_id in head.agent_ids else NOT_WANTED
