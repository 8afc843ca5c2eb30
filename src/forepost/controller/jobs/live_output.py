"""What running scripts write, as it comes: to those who read, and the newest of it kept in RAM."""

from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import anyio

from forepost.kit.errors import Conflict
from forepost.wire.jobs.delivery import RunOutputPiece

MOST_READERS: Final = 100
MOST_WAITING_CHARS: Final = 2 << 20
"""Pieces that a reader has not taken yet; with more the reading ends, and says why."""
MOST_SCRIPTS: Final = 2_000
"""Running ones whose output is kept; beyond, those that began first are read without it."""
KEPT_CHARS: Final = 32 << 10
"""Of each."""
SLOW: Final = "the output came faster than it was read"

Key = tuple[int, str]
"""Agent and uid of a run."""


class OutputReading:
    """What one reader has not taken yet."""

    def __init__(self, recent: list[RunOutputPiece]) -> None:
        self.problem = ""
        """Why there is no more; "" where that is all."""
        self._waiting = deque(recent)
        self._chars = sum(len(piece.text) for piece in recent)
        self._ended = False
        self._news = anyio.Event()

    def put(self, piece: RunOutputPiece) -> None:
        if self._ended:
            return
        if self._chars + len(piece.text) > MOST_WAITING_CHARS:
            self.end(SLOW)
            return
        self._chars += len(piece.text)
        self._waiting.append(piece)
        self._news.set()

    def end(self, problem: str) -> None:
        if not self._ended:
            self._ended, self.problem = True, problem
        self._news.set()

    async def next(self) -> RunOutputPiece | None:
        """The next piece; None at the end. Waits."""
        while not self._waiting:
            if self._ended:
                return None
            self._news = anyio.Event()
            await self._news.wait()
        piece = self._waiting.popleft()
        self._chars -= len(piece.text)
        return piece


class _Recent:
    def __init__(self) -> None:
        self.pieces: deque[RunOutputPiece] = deque()
        self._chars = 0

    def put(self, piece: RunOutputPiece) -> None:
        self.pieces.append(piece)
        self._chars += len(piece.text)
        while self._chars > KEPT_CHARS and len(self.pieces) > 1:
            self._chars -= len(self.pieces.popleft().text)


class LiveOutput:
    """Of runs that agents have said to be running."""

    def __init__(self) -> None:
        self._recent: OrderedDict[Key, _Recent] = OrderedDict()
        self._readings: dict[Key, list[OutputReading]] = {}

    @property
    def readers(self) -> int:
        return sum(len(some) for some in self._readings.values())

    def begun(self, agent_id: int, uid: str) -> None:
        """The agent may say what this run writes."""
        self._recent.setdefault((agent_id, uid), _Recent())
        while len(self._recent) > MOST_SCRIPTS:
            self._recent.popitem(last=False)

    def ended(self, agent_id: int, uid: str) -> None:
        self._recent.pop((agent_id, uid), None)
        for reading in self._readings.get((agent_id, uid), ()):
            reading.end("")

    def put(self, agent_id: int, piece: RunOutputPiece) -> bool:
        """False: nothing is known of such a run."""
        recent = self._recent.get((agent_id, piece.uid))
        if recent is None:
            return False
        recent.put(piece)
        for reading in self._readings.get((agent_id, piece.uid), ()):
            reading.put(piece)
        return True

    def check_room(self) -> None:
        """Raises Conflict."""
        if self.readers >= MOST_READERS:
            raise Conflict(f"output: {MOST_READERS} read already, and no more can")

    @contextmanager
    def reading(self, agent_id: int, uid: str) -> Iterator[OutputReading]:
        """From what is in RAM on. Raises Conflict."""
        self.check_room()
        key = agent_id, uid
        recent = self._recent.get(key)
        reading = OutputReading(list(recent.pieces) if recent is not None else [])
        self._readings.setdefault(key, []).append(reading)
        try:
            yield reading
        finally:
            self._readings[key].remove(reading)
            if not self._readings[key]:
                del self._readings[key]
