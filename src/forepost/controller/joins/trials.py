"""Joins trials to the agents that are connected, and to what is refused of probes."""

from collections import deque
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

import msgspec

from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.store import Enrolled
from forepost.controller.fleet.talks import Say
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.probes.options import check_options
from forepost.controller.probes.targets import check_targets
from forepost.controller.trials import api
from forepost.controller.trials.requests import TrialRequests
from forepost.controller.trials.store import TrialStore
from forepost.kit.errors import Unavailable
from forepost.wire.probes.probe import NewProbe
from forepost.wire.probes.trial import (
    MOST_BYTES,
    TRIAL,
    TRIAL_ENDED,
    TRIALS,
    TrialEnded,
    TrialNumber,
    TrialWanted,
)
from forepost.wire.uplink import neffos
from forepost.wire.uplink.messages import FOREPOST, Hello
from forepost.wire.uplink.neffos import Frame

MOST_WORDS: Final = 16
LONGEST: Final = 500
UNREADABLE: Final = "the agent's answer is not understood"


class _Numbered(msgspec.Struct):
    request: TrialNumber


_ended = msgspec.json.Decoder(TrialEnded)
_numbered = msgspec.json.Decoder(_Numbered)


async def build(core: Core) -> Built:
    requests = TrialRequests(core.roster.is_live)
    core.roster.left_followers.append(requests.left)
    return Built(
        routers=[api.routes(TrialStore(core.db), requests, _check, core.clock)],
        talks=[TrialTalk(requests, core.roster)],
    )


def _check(probe: NewProbe) -> None:
    """Raises Invalid for what would be refused of a probe."""
    check_targets(probe.type, probe.targets, [], probe.metadata)
    check_options(probe)


class TrialTalk:
    """The talk `trials`."""

    name = TRIALS
    events: AbstractSet[tuple[str, str]] = frozenset({(FOREPOST, TRIAL_ENDED)})

    def __init__(self, requests: TrialRequests, roster: Roster) -> None:
        self._requests, self._roster = requests, roster

    def begin(self, agent: Enrolled, say: Say) -> "TrialDialogue":
        self._requests.left(agent.agent_id)
        return TrialDialogue(self._requests, self._roster, agent, say)


class TrialDialogue:
    """One agent. Words for it wait until the one task that sends unasked takes them."""

    def __init__(self, requests: TrialRequests, roster: Roster, agent: Enrolled, say: Say) -> None:
        self._requests, self._roster = requests, roster
        self._agent, self._say = agent, say
        self._words: deque[TrialWanted] = deque()

    def met(self, hello: Hello) -> None:
        if TRIALS in hello.capabilities:
            self._requests.connected(self._agent.agent_id, self)

    def ask(self, word: TrialWanted) -> None:
        """See `trials.requests.TrialLine`."""
        if len(self._words) >= MOST_WORDS:
            raise Unavailable(f"agent {self._agent.agent_id}: too much waits to be said to it")
        self._words.append(word)
        self._roster.due(self._agent.agent_id, TRIALS)

    def due(self) -> None:
        """What is due is in the queue already."""

    async def heard(self, frame: Frame, _received: datetime) -> None:
        """Whoever waits for an answer that cannot be read hears so."""
        try:
            ended = _ended.decode(frame.body)
        except msgspec.MsgspecError as error:
            number = _numbered.decode(frame.body).request
            self._end(TrialEnded(request=number, problem=f"{UNREADABLE}: {error}"[:LONGEST]))
            raise
        if len(ended.payload) > MOST_BYTES:
            size = f"a result of {len(ended.payload):,} bytes; {MOST_BYTES:,} are the most"
            ended = TrialEnded(request=ended.request, problem=size)
        self._end(ended)

    def _end(self, ended: TrialEnded) -> None:
        self._requests.ended(self._agent.agent_id, ended)

    async def give(self) -> None:
        while self._words:
            body = msgspec.json.encode(self._words.popleft()).decode()
            await self._say(neffos.encode(Frame(FOREPOST, TRIAL, body)))
