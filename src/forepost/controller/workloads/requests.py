"""What people ask of agents' microservices, and what comes back: logs and restarts, by number."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Final, Protocol

import anyio

from forepost.kit.errors import Conflict, Unavailable
from forepost.wire.workloads.delivery import (
    MOST_LOG_READERS,
    LogLine,
    LogLines,
    LogsEnough,
    LogsWanted,
    Restarted,
    RestartWanted,
)

MOST_READERS: Final = 100
"""Of logs, of all agents together."""
MOST_WAITING_CHARS: Final = 2 << 20
"""Lines that a reader has not taken yet; with more the reading ends, and says why."""
SLOW: Final = "the lines came faster than they were read"
AWAY: Final = "the agent is not connected"
LEFT: Final = "the agent has gone meanwhile"
ANEW: Final = "the agent has connected anew meanwhile"
RESTART_SEC: Final = 30.0

Word = LogsWanted | LogsEnough | RestartWanted


class AgentLine(Protocol):
    """The way to one agent that is connected, as long as this conversation lasts."""

    def ask(self, word: Word) -> None:
        """Have the agent told. Never waits. Raises Unavailable where too much waits already."""
        ...


class LogReading:
    """The lines of one reader, as they come from the agent."""

    def __init__(self) -> None:
        self.problem = ""
        """Why there are no more; "" where that is all."""
        self._waiting: deque[list[LogLine]] = deque()
        self._chars = 0
        self._ended = False
        self.is_whole = False
        """The agent has said that this is all."""
        self._news = anyio.Event()

    def put(self, more: LogLines) -> None:
        size = sum(len(line.text) + 64 for line in more.lines)
        if self._ended:
            return
        if self._chars + size > MOST_WAITING_CHARS:
            self.end(SLOW)
            return
        self._chars += size
        if more.lines:
            self._waiting.append(more.lines)
        if more.end:
            self.is_whole = True
            self.end(more.problem)
        self._news.set()

    def end(self, problem: str) -> None:
        if not self._ended:
            self._ended, self.problem = True, problem
        self._news.set()

    async def next(self) -> list[LogLine] | None:
        """The next lines; None at the end. Waits."""
        while not self._waiting:
            if self._ended:
                return None
            self._news = anyio.Event()
            await self._news.wait()
        lines = self._waiting.popleft()
        self._chars -= sum(len(line.text) + 64 for line in lines)
        return lines


class RestartWait:
    def __init__(self) -> None:
        self.problem = AWAY
        self.answered = anyio.Event()

    def answer(self, problem: str) -> None:
        self.problem = problem
        self.answered.set()


class WorkloadRequests:
    """All that is asked of connected agents now."""

    def __init__(self, is_live: Callable[[int], bool]) -> None:
        self.is_live = is_live
        self._numbers = count(1)
        self._lines: dict[int, AgentLine] = {}
        self._readings: dict[int, tuple[int, LogReading]] = {}
        self._restarts: dict[int, tuple[int, RestartWait]] = {}

    @property
    def readers(self) -> int:
        return len(self._readings)

    def connected(self, agent_id: int, line: AgentLine) -> None:
        """What an earlier conversation was asked is answered by nobody."""
        self._end(agent_id, ANEW)
        self._lines[agent_id] = line

    def check_room(self, agent_id: int) -> AgentLine:
        """Raises Conflict where the agent is away, or no more logs can be read now."""
        line = self._line(agent_id)
        here = sum(1 for of, _ in self._readings.values() if of == agent_id)
        if here >= MOST_LOG_READERS or self.readers >= MOST_READERS:
            raise Conflict(
                f"logs: {here} are read of this agent and {self.readers} in all; the most are"
                f" {MOST_LOG_READERS} and {MOST_READERS}"
            )
        return line

    @contextmanager
    def reading(self, agent_id: int, uuid: str, tail: int, *, follow: bool) -> Iterator[LogReading]:
        """Ask for logs; the agent is told at the end that nobody reads on. Raises Conflict."""
        line = self.check_room(agent_id)
        number, found = next(self._numbers), LogReading()
        line.ask(LogsWanted(request=number, uuid=uuid, tail=tail, follow=follow))
        self._readings[number] = agent_id, found
        try:
            yield found
        finally:
            del self._readings[number]
            if self._lines.get(agent_id) is line and not found.is_whole:
                self._enough(line, number)

    async def restart(self, agent_id: int, uuid: str) -> str:
        """Why it was not restarted; "" where it was."""
        try:
            line = self._line(agent_id)
        except Conflict as reason:
            return str(reason)
        number, wait = next(self._numbers), RestartWait()
        self._restarts[number] = agent_id, wait
        try:
            line.ask(RestartWanted(request=number, uuid=uuid))
            with anyio.fail_after(RESTART_SEC):
                await wait.answered.wait()
        except TimeoutError:
            return f"the agent has not answered within {RESTART_SEC:.0f} s"
        except Unavailable as reason:
            return str(reason)
        finally:
            del self._restarts[number]
        return wait.problem

    def lines_came(self, agent_id: int, lines: LogLines) -> bool:
        """False: nobody of this number reads them."""
        of, reading = self._readings.get(lines.request, (0, None))
        if reading is None or of != agent_id:
            return False
        reading.put(lines)
        return True

    def restarted(self, agent_id: int, answer: Restarted) -> None:
        of, wait = self._restarts.get(answer.request, (0, None))
        if wait is not None and of == agent_id:
            wait.answer(answer.problem)

    def _line(self, agent_id: int) -> AgentLine:
        line = self._lines.get(agent_id)
        if line is None or not self.is_live(agent_id):
            raise Conflict(f"agent {agent_id}: {AWAY}")
        return line

    def _enough(self, line: AgentLine, number: int) -> None:
        try:
            line.ask(LogsEnough(request=number))
        except Unavailable:
            return  # its next lines are answered with the same word

    def _end(self, agent_id: int, problem: str) -> None:
        for of, reading in self._readings.values():
            if of == agent_id:
                reading.end(problem)
        for of, wait in self._restarts.values():
            if of == agent_id:
                wait.answer(problem)
