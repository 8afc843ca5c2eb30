"""Moves that wait to be written: critical ones first, then each workspace in turn. Pure."""

from collections import deque
from typing import Final

from forepost.controller.alerts.change import Change
from forepost.controller.alerts.index import Watched
from forepost.controller.alerts.metrics import Line

WAITING: Final = 10_000
"""When so many wait no streak moves: its next sample tries again."""


class Move(Change, frozen=True, kw_only=True):
    """A change that the watch has seen."""

    watched: Watched

    @property
    def course(self) -> tuple[int, Line]:
        return self.rule_id, self.line


class MoveQueue:
    """Moves of one line of a rule keep their order."""

    def __init__(self) -> None:
        self._urgent: dict[int, deque[Move]] = {}
        self._usual: dict[int, deque[Move]] = {}
        """By workspace; whoever's turn was last is the last."""
        self._places: dict[tuple[int, Line], tuple[int, bool]] = {}
        """Where moves of a line wait: how many, and whether among the urgent."""
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def push(self, move: Move) -> None:
        count, is_urgent = self._places.get(move.course, (0, _is_urgent(move)))
        self._places[move.course] = (count + 1, is_urgent)
        queues = self._urgent if is_urgent else self._usual
        queues.setdefault(move.workspace_id, deque()).append(move)
        self._size += 1

    def first(self, most: int) -> list[Move]:
        """Take out what is to be written next."""
        found: list[Move] = []
        for queues in (self._urgent, self._usual):
            while queues and len(found) < most:
                workspace_id, waiting = next(iter(queues.items()))
                found.append(self._taken(waiting.popleft()))
                del queues[workspace_id]
                if waiting:
                    queues[workspace_id] = waiting
        return found

    def _taken(self, move: Move) -> Move:
        count, is_urgent = self._places[move.course]
        if count > 1:
            self._places[move.course] = (count - 1, is_urgent)
        else:
            del self._places[move.course]
        self._size -= 1
        return move


def _is_urgent(move: Move) -> bool:
    return move.begun is not None and move.begun.severity == "critical"
