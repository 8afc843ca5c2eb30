"""Results in memory that are on no disk yet."""

from collections import deque
from typing import NamedTuple

from forepost.agent.uplink.record import Record


class Came(NamedTuple):
    """A result, and when it came."""

    record: Record
    at_sec: float


class Unwritten:
    """In the order of their coming. Those that are on their way to the controller stay first."""

    def __init__(self) -> None:
        self._results: deque[Came] = deque()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._results)

    @property
    def first(self) -> Came:
        return self._results[0]

    def put(self, record: Record, at_sec: float) -> None:
        self._results.append(Came(record, at_sec))
        self.bytes += len(record.data)

    def take(self) -> None:
        """Away with the first."""
        self.bytes -= len(self._results.popleft().record.data)

    def some(self, count: int, size: int) -> list[Record]:
        """The first ones: `count` and about `size` bytes at most, one at least."""
        records, bytes_ = list[Record](), 0
        for one in self._results:
            bytes_ += len(one.record.data)
            if records and (len(records) == count or bytes_ > size):
                break
            records.append(one.record)
        return records
