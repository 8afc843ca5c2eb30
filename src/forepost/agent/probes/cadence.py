"""When each measurement is due: start + k * interval, for thousands of them. Pure."""

import heapq
import math
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

FORGOTTEN: Final = 64
"""So many entries of what is gone, or a half of all, may stay in the heap."""


class _Beat:
    __slots__ = ("interval_sec", "number", "start_sec")

    def __init__(self, start_sec: float, interval_sec: float) -> None:
        self.start_sec, self.interval_sec, self.number = start_sec, interval_sec, 0

    @property
    def due_sec(self) -> float:
        return self.start_sec + self.number * self.interval_sec


class Cadence(Generic[K]):
    """One heap, one entry for each key: no task and no timer belongs to a single one."""

    def __init__(self) -> None:
        self._beats: dict[K, _Beat] = {}
        self._heap: list[tuple[float, int, K, _Beat]] = []
        self._order = 0

    def __len__(self) -> int:
        return len(self._beats)

    def begin(self, key: K, start_sec: float, interval_sec: float) -> None:
        """From now on, instead of what was there for this key."""
        self._beats[key] = beat = _Beat(start_sec, interval_sec)
        self._push(key, beat)

    def end(self, key: K) -> None:
        del self._beats[key]
        if len(self._heap) > FORGOTTEN + 2 * len(self._beats):
            self._heap = [one for one in self._heap if self._beats.get(one[2]) is one[3]]
            heapq.heapify(self._heap)

    def next_sec(self) -> float | None:
        """When `due` has something to do; None where there is nothing at all."""
        while self._heap and self._beats.get(self._heap[0][2]) is not self._heap[0][3]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, now_sec: float) -> list[K]:
        """Whose turn it is, once each: turns that were missed meanwhile are left out."""
        keys: list[K] = []
        while (next_sec := self.next_sec()) is not None and next_sec <= now_sec:
            _, _, key, beat = heapq.heappop(self._heap)
            passed = math.floor((now_sec - beat.start_sec) / beat.interval_sec)
            beat.number = max(beat.number, passed) + 1
            while beat.due_sec <= now_sec:  # a quotient that was rounded down
                beat.number += 1
            self._push(key, beat)
            keys.append(key)
        return keys

    def _push(self, key: K, beat: _Beat) -> None:
        self._order += 1
        heapq.heappush(self._heap, (beat.due_sec, self._order, key, beat))
