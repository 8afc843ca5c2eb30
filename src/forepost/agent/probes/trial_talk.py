"""Trials in the conversation with a controller of ours."""

from collections import deque
from collections.abc import Set as AbstractSet
from typing import Final

import anyio
import msgspec

from forepost.agent.probes.trials import Trials
from forepost.agent.talk import Say, TooMuch, frame_of
from forepost.wire.probes.trial import (
    MOST_AT_ONCE,
    TRIAL,
    TRIAL_ENDED,
    TRIALS,
    TrialEnded,
    TrialWanted,
)
from forepost.wire.uplink.messages import FOREPOST
from forepost.wire.uplink.neffos import Frame

MOST_WAITING: Final = 16
BUSY: Final = f"{MOST_AT_ONCE} trials are under way already"
_wanted = msgspec.json.Decoder(TrialWanted)


class TrialTalk:
    """A Talk."""

    capabilities: Final = (TRIALS,)
    events: Final = ((FOREPOST, TRIAL), (FOREPOST, TRIAL_ENDED))

    def __init__(self, trials: Trials) -> None:
        self._trials = trials

    def begin(self, say: Say, able: AbstractSet[str]) -> "TrialDialogue":
        return TrialDialogue(self._trials, say)


class TrialDialogue:
    """A Dialogue. What is under way ends with it: nobody else waits for the answer."""

    def __init__(self, trials: Trials, say: Say) -> None:
        self._trials, self._say = trials, say
        self._waiting: deque[TrialWanted] = deque()
        self._news = anyio.Event()
        self._under_way = 0

    def heard(self, frame: Frame) -> None:
        if frame.is_error or frame.event != TRIAL:
            return
        if len(self._waiting) >= MOST_WAITING:
            raise TooMuch(f"{MOST_WAITING} trials wait already")
        self._waiting.append(_wanted.decode(frame.body))
        self._news.set()

    async def run(self) -> None:
        async with anyio.create_task_group() as tasks:
            while True:
                while self._waiting:
                    wanted = self._waiting.popleft()
                    if self._under_way >= MOST_AT_ONCE:
                        await self._tell(TrialEnded(request=wanted.request, problem=BUSY))
                    else:
                        self._under_way += 1
                        tasks.start_soon(self._run, wanted)
                self._news = anyio.Event()
                await self._news.wait()

    async def _run(self, wanted: TrialWanted) -> None:
        try:
            ended = await self._trials.run(wanted)
        finally:
            self._under_way -= 1
        await self._tell(ended)

    async def _tell(self, ended: TrialEnded) -> None:
        await self._say(frame_of(FOREPOST, TRIAL_ENDED, ended))
