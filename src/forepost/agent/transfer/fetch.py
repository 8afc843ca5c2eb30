"""Fetches what a folder lacks from one member, on one connection, in a thread of its own."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from forepost.agent.edges.peers.channel import Channel
from forepost.agent.transfer.growth import ChunkPlace
from forepost.agent.transfer.intake import FetchedBytes
from forepost.agent.transfer.picker import RUN
from forepost.agent.transfer.rate import RateLimit
from forepost.agent.transfer.target import Lacking, Target
from forepost.wire.jobs.members import (
    ANSWER,
    HAS_NOT,
    LENGTH,
    MOST_ANSWER,
    Ask,
    WantedChunk,
    WrongWord,
    packed,
)

AHEAD: Final = 3
"""Requests that are under way at a time, so that the line is never empty."""
QUICK_SEC: Final = 0.1
"""An answer that takes less than that: the next request is for more pieces."""
SLOW_SEC: Final = 0.4
"""An answer that takes more: what is under way longer than that was asked of the source by others
too, who do not know that it comes here.
"""
WAIT_SEC: Final = 0.5
SILENT_SEC: Final = 60.0


class Intake(Protocol):
    """Takes what was fetched to the disk. Of several threads."""

    def place(self, item: Lacking) -> ChunkPlace:
        """Return what to ask for."""
        ...

    def has_room(self, item: Lacking, place: ChunkPlace) -> bool:
        """Whether it may be written; not: the disk is full, and nothing more is asked for."""
        ...

    def from_here(self, item: Lacking, place: ChunkPlace) -> bool:
        """Whether the bytes were found on this disk, and written."""
        ...

    def take(self, came: Sequence[FetchedBytes]) -> None:
        """Write verified bytes; waits where too much is unfinished. What cannot be written is
        reported, and given up.
        """
        ...


class _Under(msgspec.Struct, frozen=True):
    """A thing that was asked for."""

    target: Target
    item: Lacking
    place: ChunkPlace


class Fetcher:
    """Of one member."""

    def __init__(
        self,
        channel: Channel,
        peer: str,
        target: Callable[[], Target | None],
        intake: Intake,
        rate: RateLimit,
        came: Callable[[int], None],
        is_right: Callable[[memoryview, bytes], bool],
        bad: Callable[[bytes], None],
        monotonic: Callable[[], float],
    ) -> None:
        """`target`: what is to be fetched now. `came`: told of bytes. `bad`: told of a hash that
        bytes of this member do not have.
        """
        self._channel, self._peer = channel, peer
        self._target, self._intake = target, intake
        self._rate, self._came, self._is_right, self._bad = rate, came, is_right, bad
        self._under_way: deque[list[_Under]] = deque()
        self._monotonic, self._came_at = monotonic, monotonic()
        self._most = 1
        """Pieces of a request."""
        self._buffer = memoryview(bytearray(MOST_ANSWER))

    def run(self) -> None:
        """Fetch until there is no target. Raises ChannelEnded, WrongWord; also what is wrong with
        recipes and pages that were kept.
        """
        self._channel.bound(SILENT_SEC)
        try:
            while (target := self._target()) is not None:
                while len(self._under_way) < AHEAD:
                    asked = self._ask(target, 0.0 if self._under_way else WAIT_SEC)
                    if not asked:
                        break
                if self._under_way:
                    self._receive(self._under_way.popleft())
            while self._under_way:
                self._receive(self._under_way.popleft())
        finally:
            self._channel.close()

    def _ask(self, target: Target, wait_sec: float) -> bool:
        """Ask for more, or take what is here already; whether anything was asked for."""
        found: list[_Under] = []
        for item in target.next(self._peer, wait_sec, self._most):
            place = self._intake.place(item)
            if not self._intake.has_room(item, place):
                continue
            if self._intake.from_here(item, place):
                target.came_here((item,))
            else:
                found.append(_Under(target, item, place))
        if not found:
            return False
        asks: Ask = [_asked(one.item, one.place) for one in found]
        self._channel.write(packed(asks))
        self._under_way.append(found)
        return True

    def _receive(self, asked: list[_Under]) -> None:
        done = 0
        while done < len(asked):
            (length,) = LENGTH.unpack(self._channel.read(LENGTH.size))
            if not ANSWER.size <= length <= MOST_ANSWER:
                raise WrongWord("an answer of no or too many bytes")
            self._rate.take(length)
            answer = self._buffer[:length]
            self._channel.read_exactly(answer)
            self._came(length)
            done += self._take(asked[done:], answer)
        before, self._came_at = self._came_at, self._monotonic()
        if self._came_at - before < QUICK_SEC:
            self._most = min(RUN, 2 * self._most)
        elif self._came_at - before > SLOW_SEC:
            self._most = max(1, self._most // 2)

    def _take(self, asked: Sequence[_Under], answer: memoryview) -> int:
        """Take what one answer has of it; return of how many things."""
        came: list[FetchedBytes] = []
        at = count = 0
        while at < len(answer):
            if count == len(asked) or at + ANSWER.size > len(answer):
                raise WrongWord("an answer to more than was asked")
            one, count = asked[count], count + 1
            (length,) = ANSWER.unpack_from(answer, at)
            at += ANSWER.size
            if length == HAS_NOT:
                one.target.has_not(self._peer, one.item)
                continue
            view = answer[at : at + length]
            at += length
            if length != one.place.length or len(view) != length:
                raise WrongWord("an answer of another length than asked")
            if self._is_right(view, one.place.hash):
                came.append(FetchedBytes(one.item, one.place, view))
            else:
                one.target.has_not(self._peer, one.item)
                self._bad(one.place.hash)
        if came:
            self._intake.take(came)
            asked[0].target.came_here([one.item for one in came])
        return count


def _asked(item: Lacking, place: ChunkPlace) -> WantedChunk:
    if item.chunk < 0:
        return WantedChunk(place.hash, place.length)
    return WantedChunk(place.hash, place.length, item.row.content, place.offset)
