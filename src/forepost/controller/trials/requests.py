"""What is asked of connected agents now, and what waits for their answers."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Final, Protocol

import anyio
import msgspec

from forepost.kit.errors import Conflict, TimedOut, TooMany, Unavailable
from forepost.wire.probes.probe import Probe
from forepost.wire.probes.trial import LONGEST_SEC, MOST_AT_ONCE, TrialEnded, TrialWanted

MOST_OF_A_WORKSPACE: Final = 20
AGAIN_SEC: Final = 5
ANSWER_SEC: Final = LONGEST_SEC + 5.0
AWAY: Final = "the agent is not connected"
CANNOT: Final = "the agent cannot be asked so: it is of an earlier version, or not of forepost"
LEFT: Final = "the agent has gone meanwhile"


class TrialLine(Protocol):
    """The way to one agent that is connected, as long as this conversation lasts."""

    def ask(self, word: TrialWanted) -> None:
        """Have the agent told. Never waits. Raises Unavailable where too much waits already."""
        ...


class _Wait:
    def __init__(self, agent_id: int) -> None:
        self.agent_id = agent_id
        self.ended: TrialEnded | None = None
        self.over = anyio.Event()

    def end(self, ended: TrialEnded | None) -> None:
        """The first end counts."""
        if not self.over.is_set():
            self.ended = ended
            self.over.set()


class TrialRequests:
    def __init__(self, is_live: Callable[[int], bool], *, answer_sec: float = ANSWER_SEC) -> None:
        self._is_live, self._answer_sec = is_live, answer_sec
        self._numbers = count(1)
        self._lines: dict[int, TrialLine] = {}
        self._waits: dict[int, _Wait] = {}
        self._of_workspace: Counter[int] = Counter()

    def connected(self, agent_id: int, line: TrialLine) -> None:
        self._lines[agent_id] = line

    def left(self, agent_id: int) -> None:
        """The agent's conversation is over: what it was asked is answered by nobody."""
        self._lines.pop(agent_id, None)
        for wait in self._waits.values():
            if wait.agent_id == agent_id:
                wait.end(None)

    async def run(self, workspace_id: int, agent_id: int, probe: Probe) -> TrialEnded:
        """Raises Conflict, TooMany, TimedOut and Unavailable."""
        if not self._is_live(agent_id):
            raise Conflict(f"agent {agent_id}: {AWAY}")
        line = self._lines.get(agent_id)
        if line is None:
            raise Conflict(f"agent {agent_id}: {CANNOT}")
        with self._place(workspace_id, agent_id) as (number, wait):
            line.ask(TrialWanted(request=number, probe=msgspec.Raw(msgspec.json.encode(probe))))
            try:
                with anyio.fail_after(self._answer_sec):
                    await wait.over.wait()
            except TimeoutError:
                raise TimedOut(
                    f"agent {agent_id}: has not answered within {self._answer_sec:.0f} s"
                ) from None
        if wait.ended is None:
            raise Unavailable(f"agent {agent_id}: {LEFT}")
        return wait.ended

    def ended(self, agent_id: int, ended: TrialEnded) -> None:
        wait = self._waits.get(ended.request)
        if wait is not None and wait.agent_id == agent_id:
            wait.end(ended)

    @contextmanager
    def _place(self, workspace_id: int, agent_id: int) -> Iterator[tuple[int, _Wait]]:
        of_agent = sum(wait.agent_id == agent_id for wait in self._waits.values())
        if of_agent >= MOST_AT_ONCE or self._of_workspace[workspace_id] >= MOST_OF_A_WORKSPACE:
            raise TooMany(AGAIN_SEC)
        number, wait = next(self._numbers), _Wait(agent_id)
        self._waits[number] = wait
        self._of_workspace[workspace_id] += 1
        try:
            yield number, wait
        finally:
            del self._waits[number]
            self._of_workspace[workspace_id] -= 1
            if not self._of_workspace[workspace_id]:
                del self._of_workspace[workspace_id]
