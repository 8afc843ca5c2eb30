"""Speed tests in the conversation with a controller, NetWatcher's and ours."""

import logging
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import anyio
import msgspec

from forepost.agent.speedtests.queue import SpeedtestQueue
from forepost.agent.talk import Say, frame_of
from forepost.kit.clock import Clock
from forepost.wire.speedtests.queue import AskedSpeedtest, SpeedtestResult
from forepost.wire.uplink.messages import AGENT, FOREPOST, SPEEDTEST
from forepost.wire.uplink.neffos import Frame

MOST_TESTS: Final = 100
"""Of one queue; the first ones count."""
LONGEST_TEXT: Final = 500
"""Of what a controller says in words, in logs."""
ASK_SEC: Final = 30.0
"""NetWatcher's controller never says by itself that there is a test; ours does after a question."""
QUEUE: Final = "speedtest_queue"
RESULT: Final = "speedtest_result"
RESULT_OK: Final = "speedtest_result_ok"

_log = logging.getLogger(__name__)
_list = msgspec.json.Decoder(list[msgspec.Raw] | None)
_test = msgspec.json.Decoder(AskedSpeedtest)


class SpeedtestTalk:
    """A Talk: asks for tests, tells how far one has come, and each result until it is kept."""

    capabilities: Final = (SPEEDTEST,)
    events: Final = ((AGENT, QUEUE), (AGENT, RESULT), (AGENT, RESULT_OK))

    def __init__(self, queue: SpeedtestQueue, clock: Clock) -> None:
        self._queue, self._clock = queue, clock

    def begin(self, say: Say, able: AbstractSet[str]) -> "SpeedtestDialogue":
        return SpeedtestDialogue(self._queue, self._clock, say, shows_progress=SPEEDTEST in able)


class SpeedtestDialogue:
    """A Dialogue of the speed tests. One result is on its way at a time."""

    def __init__(
        self, queue: SpeedtestQueue, clock: Clock, say: Say, *, shows_progress: bool
    ) -> None:
        self._queue, self._clock, self._say = queue, clock, say
        self._shows_progress = shows_progress
        self._sent = 0
        """The number of the test whose result is on its way; 0: none is."""

    def heard(self, frame: Frame) -> None:
        if frame.event == QUEUE:
            if not frame.is_error:
                self._queue.take(read_queue(frame.body))
        elif self._sent and (frame.event == RESULT_OK or frame.is_error):
            if frame.is_error:
                said = frame.body[:LONGEST_TEXT]
                _log.warning("speed test %d refused: %s", self._sent, said)
            kept, self._sent = self._sent, 0
            self._queue.kept(kept)

    async def run(self) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._ask)
            tasks.start_soon(self._tell)

    async def _ask(self) -> None:
        if servers := self._queue.servers:
            await self._say(frame_of(AGENT, "speedtest_servers", servers))
        while True:
            await self._say(Frame(AGENT, "speedtest_queue_get", "{}"))
            await self._clock.sleep(ASK_SEC)

    async def _tell(self) -> None:
        said = 0
        while True:
            if self._queue.progress is not None and self._shows_progress:
                await self._say(frame_of(FOREPOST, "speedtest_progress", self._queue.progress))
            if self._queue.results and (result := self._queue.results[0]).queue_id != said:
                said = result.queue_id
                await self._result(result)
            await self._queue.news()

    async def _result(self, result: SpeedtestResult) -> None:
        self._sent = result.queue_id
        await self._say(frame_of(AGENT, RESULT, result))


def read_queue(body: str) -> Sequence[AskedSpeedtest]:
    """Return the tests of a queue; what is not understood is logged, and costs the others nothing.

    Raises msgspec.MsgspecError for what is no list.
    """
    tests: list[AskedSpeedtest] = []
    for raw in (_list.decode(body) or [])[:MOST_TESTS]:
        try:
            tests.append(_test.decode(raw))
        except msgspec.ValidationError as error:
            said = str(error)[:LONGEST_TEXT]
            _log.warning("a speed test that is not understood: %s", said)
    return tests
